"""Start the console's process, restart it when it has ended, and connect to it."""

import os
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import Final

import structlog

BETWEEN_STARTS_S: Final = 1.0
END_WITHIN_S: Final = 8.0

log = structlog.get_logger("relay.console")


class ConsoleProcess:
    """The console's process and its control socket. Use one object within one event loop."""

    def __init__(self, command: Callable[[int], Sequence[str]]) -> None:
        """`command` returns the command line of a process that serves the control socket with this descriptor."""
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._started = -BETWEEN_STARTS_S

    def connect(self) -> socket.socket:
        """Return a connection to the process; start the process if it is not running. Raise OSError."""
        if self._process is None or self._process.poll() is not None:
            self._start()
        assert self._control is not None  # noqa: S101 - set by _start
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._control, [b"1"], [theirs.fileno()])
            except BaseException:
                ours.close()
                raise
        ours.setblocking(False)
        return ours

    def _start(self) -> None:
        if self._process is not None:
            log.warning("console_process_ended", code=self._process.returncode)
        if time.monotonic() - self._started < BETWEEN_STARTS_S:
            raise OSError("the console's process was started less than a second ago")
        self.stop()
        self._started = time.monotonic()
        self._control, theirs = socket.socketpair()
        self._control.setblocking(False)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - relay's own command
                self._command(theirs.fileno()),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                process_group=0,  # Ctrl-C reaches only ingest, which then stops this process
                env={name: value for name, value in os.environ.items() if name != "RELAY_SUPERVISED"},
            )

    def stop(self) -> None:
        """Close the control socket, so that the process finishes its current pages and ends; kill it if it does not."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            try:
                self._process.wait(END_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = self._control = None
