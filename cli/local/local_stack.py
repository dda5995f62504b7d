"""Run all of relay on one machine: the embedded server and the supervised programs, started and stopped in order."""

import asyncio
import contextlib
import signal
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Final

from cli.local.data_dir import DataDir
from cli.local.embedded import EmbeddedServer
from cli.local.server_binary import find_server
from cli.local.supervisor import (
    PATIENT_FROM,
    PAUSE_S,
    Program,
    Say,
    Supervisor,
    pause_before_restart,
    relay_command,
)
from cli.terminal.failures import reason_of
from operations.errors import OperatorError
from process.listening import CannotListen, listen

PORT_FREE_WITHIN_S: Final = 10.0
INGEST_STOP_S: Final = 15.0
WORKER_STOP_S: Final = 60.0
"""A job may wait for TikTok's answer and then settles its lane."""
CONSUME_STOP_S: Final = 20.0
"""It appends the messages that it has, and acknowledges them."""
SANDBOX_STOP_S: Final = 10.0
WATCH_EVERY_S: Final = 0.1

STOP_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def ingest_program() -> Program:
    return Program("ingest", relay_command("ingest"), INGEST_STOP_S)


def consume_program(is_wanted: Callable[[], bool]) -> Program:
    """Return `relay consume`, which starts once `is_wanted` returns True."""
    return Program("consume", relay_command("consume"), CONSUME_STOP_S, is_wanted=is_wanted)


def worker_programs(count: int) -> list[Program]:
    """Return `count` workers, with numbers if there are several."""
    names = ["worker"] if count == 1 else [f"worker {number}" for number in range(1, count + 1)]
    return [Program(name, relay_command("worker"), WORKER_STOP_S) for name in names]


def sandbox_program() -> Program:
    return Program("sandbox", relay_command("sandbox"), SANDBOX_STOP_S)


class Server:
    """The embedded server, restarted whenever it ends, until `stop`."""

    def __init__(self, data: DataDir, say: Say) -> None:
        """Start or adopt the server. Raise OperatorError when no server is installed or it does not start."""
        found = find_server()
        for remark in found.rejected:
            say("redis", remark)
        self._data, self._say, self._binary = data, say, found.path
        self._server = EmbeddedServer.start(data, found.path)
        action = "adopted the server that was still running" if self._server.adopted else f"started {found.path.name}"
        say("redis", f"{action} (process {self._server.pid}), data in {data.server}")

    async def watch(self, moved: Callable[[], None]) -> None:
        """Restart the server whenever it ends, until cancelled. Call `moved` when its URL has changed."""
        ends: deque[float] = deque(maxlen=PATIENT_FROM)
        while True:
            await asyncio.sleep(WATCH_EVERY_S)
            if self._server.is_alive:
                continue
            now = asyncio.get_running_loop().time()
            ends.append(now)
            self._say("redis", "ended; restarting it")
            await asyncio.sleep(pause_before_restart(ends, now))
            url = self._server.url
            await self._start_again()
            if self._server.url != url:
                moved()

    async def _start_again(self) -> None:
        """Try until the server runs, because nothing else can work. A full disk or a missing directory may recover."""
        last_reason = ""
        while True:
            # Shielded: an interrupted start would leave a server that relay does not know.
            starting = asyncio.create_task(asyncio.to_thread(EmbeddedServer.start, self._data, self._binary))
            try:
                self._server = await asyncio.shield(starting)
            except asyncio.CancelledError:
                self._server = await starting
                raise
            except (OperatorError, OSError) as error:
                why = str(error) if isinstance(error, OperatorError) else f"{self._data.path}: {reason_of(error)}"
                if why != last_reason:
                    self._say("redis", f"cannot be started: {why}; retrying")
                last_reason = why
                await asyncio.sleep(PAUSE_S)
            else:
                return

    def stop(self) -> None:
        self._server.stop()


@contextlib.asynccontextmanager
async def running(
    stages: Sequence[Sequence[Program]], environ: Mapping[str, str], data: DataDir | None, say: Say
) -> AsyncIterator[asyncio.Event]:
    """Run everything within the block; give the event that is set when a signal asks to stop.

    `data`: the directory of the embedded server, None for no server. A second signal during the stop kills the
    remaining programs. The server always stops last, with all writes on disk.
    """
    with _signals() as stop_request:
        server = await asyncio.to_thread(Server, data, say) if data else None
        supervisor = Supervisor([] if stop_request.is_set() else stages, environ, say)
        stop_request.then = supervisor.kill
        watching = asyncio.create_task(server.watch(supervisor.renew)) if server else None
        try:
            yield stop_request
        finally:
            stop_request.set()
            await supervisor.stop()
            if server and watching:
                watching.cancel()
                await asyncio.wait([watching])
                await asyncio.to_thread(server.stop)


class StopRequest(asyncio.Event):
    """An event that the first signal sets; the next signal calls `then`."""

    then: Callable[[], None] = staticmethod(lambda: None)

    def by_signal(self) -> None:
        if self.is_set():
            self.then()
        self.set()


@contextlib.contextmanager
def _signals() -> Iterator[StopRequest]:
    loop, stop_request = asyncio.get_running_loop(), StopRequest()
    nohup = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    signals = STOP_SIGNALS if nohup else (*STOP_SIGNALS, signal.SIGHUP)
    for sign in signals:
        loop.add_signal_handler(sign, stop_request.by_signal)
    try:
        yield stop_request
    finally:
        for sign in signals:
            loop.remove_signal_handler(sign)


def wait_for_port(host: str, port: int, variable: str) -> None:
    """Return when the port is free: a process killed just now may hold it. Raise OperatorError after 10 s."""
    deadline = time.monotonic() + PORT_FREE_WITHIN_S
    while True:
        try:
            listeners = listen(host, port, variable)
        except CannotListen as error:
            if not error.temporary or time.monotonic() > deadline:
                raise OperatorError(str(error)) from None
            time.sleep(WATCH_EVERY_S)
        else:
            for listener in listeners:
                listener.close()
            return
