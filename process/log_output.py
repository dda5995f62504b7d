"""Write log lines in a thread, so that a stalled reader delays neither work nor signals."""

import logging
import os
import threading
import time
from collections import deque
from typing import Any, Final, TextIO

import structlog

MOST_BYTES: Final = 4 << 20
"""The most bytes that wait to be written; further lines are dropped and counted."""
FLUSH_WITHIN_S: Final = 1.0
"""How long a process that ends waits for the reader."""


class LineWriter:
    """Writes whole lines to a stream, in order; `write` never blocks."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._descriptor = stream, _descriptor_of(stream)
        self._lines: deque[bytes] = deque()
        self._bytes = 0
        self._dropped = 0
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None

    def write(self, line: str) -> None:
        """Queue a line to be written; drop it if too many bytes wait."""
        if self._descriptor is None:  # a test's own stream, which does not block
            self._stream.write(f"{line}\n")
            return
        data = f"{line}\n".encode(errors="replace")
        with self._changed:
            if self._bytes + len(data) > MOST_BYTES:
                self._dropped += 1
                return
            self._lines.append(data)
            self._bytes += len(data)
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="relay-log", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def take_dropped(self) -> int:
        """Return and reset the number of dropped lines; return 0 while there is no room to log it."""
        with self._changed:
            if self._bytes > MOST_BYTES // 2:
                return 0
            dropped, self._dropped = self._dropped, 0
            return dropped

    @property
    def has_more(self) -> bool:
        """Whether lines wait to be written."""
        with self._changed:
            return self._bytes > 0

    def flush(self, within_s: float = FLUSH_WITHIN_S) -> None:
        """Return once all lines are written, or after `within_s` seconds."""
        deadline = time.monotonic() + within_s
        with self._changed:
            while self._bytes and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._lines:
                    self._changed.wait()
                data = self._lines.popleft()
            self._write_out(data)
            with self._changed:
                self._bytes -= len(data)
                self._changed.notify_all()

    def _write_out(self, data: bytes) -> None:
        assert self._descriptor is not None  # noqa: S101 - the thread runs only then
        while data:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:  # the pipe is non-blocking
                time.sleep(0.01)
            except OSError:  # the reader is gone: no reason to stop
                return


class LineHandler(logging.Handler):
    """A logging handler that writes to a LineWriter."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self.writer = LineWriter(stream)

    def emit(self, record: logging.LogRecord) -> None:
        """Write the line; before the first one after a stall, log how many were dropped."""
        try:
            if dropped := self.writer.take_dropped():
                structlog.get_logger("relay.log").warning("log_lines_dropped", lines=dropped)
            self.writer.write(self.format(record))
        except Exception:  # noqa: BLE001 - as in logging: a line that cannot be formatted is no reason to stop
            self.handleError(record)

    def flush(self) -> None:
        """Write the lines that wait, at the end of the process."""
        self.writer.flush()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Ignore a line that cannot be formatted: the error may quote a secret."""


def flush_logs() -> None:
    """Write the lines that wait, before a process ends without Python's usual cleanup."""
    for handler in logging.getLogger().handlers:
        handler.flush()


def _descriptor_of(stream: Any) -> int | None:
    try:
        descriptor: int = stream.fileno()
    except (OSError, ValueError, AttributeError):
        return None
    return descriptor
