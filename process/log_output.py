"""Where log lines go out: a thread writes them, so that a reader who has stalled stalls no work and no signal."""

import logging
import os
import threading
import time
from collections import deque
from typing import Any, Final, TextIO

import structlog

MOST_BYTES: Final = 4 << 20
"""What may wait to be written; more is dropped, and counted."""
LAST_WORDS_S: Final = 1.0
"""How long the end of a process waits for a reader."""


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
        """Write a line soon; drop it where too much waits already."""
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
        """How many lines were dropped since this was asked last; 0 while there is no room to say so."""
        with self._changed:
            if self._bytes > MOST_BYTES // 2:
                return 0
            dropped, self._dropped = self._dropped, 0
            return dropped

    @property
    def has_more(self) -> bool:
        """Whether anything is still to be written."""
        with self._changed:
            return self._bytes > 0

    def flush(self, within_s: float = LAST_WORDS_S) -> None:
        """Return once all is written, or after that long."""
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
            self._put_out(data)
            with self._changed:
                self._bytes -= len(data)
                self._changed.notify_all()

    def _put_out(self, data: bytes) -> None:
        assert self._descriptor is not None  # noqa: S101 - the thread runs only then
        while data:
            try:
                data = data[os.write(self._descriptor, data) :]
            except BlockingIOError:  # somebody made the pipe so
                time.sleep(0.01)
            except OSError:  # nobody reads any more: no reason to stop
                return


class LineHandler(logging.Handler):
    """Logging's end of a LineWriter."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self.writer = LineWriter(stream)

    def emit(self, record: logging.LogRecord) -> None:
        """Hand the line over; before the first after a stall, say how many are missing."""
        try:
            if dropped := self.writer.take_dropped():
                structlog.get_logger("relay.log").warning("log_lines_dropped", lines=dropped)
            self.writer.write(self.format(record))
        except Exception:  # noqa: BLE001 - logging's own way: a line that cannot be made is no reason to stop
            self.handleError(record)

    def flush(self) -> None:
        """For the end of the process."""
        self.writer.flush()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Say nothing of a line that cannot be made: its words may be secret."""


def flush_logs() -> None:
    """Write out what waits, before a process ends without Python's own ending."""
    for handler in logging.getLogger().handlers:
        handler.flush()


def _descriptor_of(stream: Any) -> int | None:
    try:
        descriptor: int = stream.fileno()
    except (OSError, ValueError, AttributeError):
        return None
    return descriptor
