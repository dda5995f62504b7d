"""What is logged of requests: who was refused what and why, and where a fault came up; never what a request held."""

import time
import traceback
from collections.abc import Callable
from pathlib import PurePath
from typing import Final

import structlog

from ingest.answers import Row

INTERVAL_S: Final = 1.0

log = structlog.get_logger("relay.ingest")


class RefusalLog:
    """A line per refusal, but no more than one a second for each input and status: a storm is counted, not written."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: dict[tuple[str | None, int], float] = {}
        self._unsaid: dict[tuple[str | None, int], int] = {}

    def note(self, input_id: str | None, row: Row, message: str, *, warn: bool = False) -> None:
        """Log it, or count it towards the next line of its kind."""
        kind, now = (input_id, row.status), self._clock()
        if now - self._last.get(kind, now - INTERVAL_S) < INTERVAL_S:
            self._unsaid[kind] = self._unsaid.get(kind, 0) + 1
            return
        self._last[kind] = now
        say = log.warning if warn or row.status >= 429 else log.info
        say("request refused", input=input_id, status=row.status, reason=message, unsaid=self._unsaid.pop(kind, 0))


def log_surprise(what: str, error: Exception, **facts: str | None) -> None:
    """An exception nobody foresaw: its type and place, not its message, which may quote a request."""
    frames = traceback.extract_tb(error.__traceback__)
    at = [f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in frames[-3:]]
    log.error(what, error=type(error).__name__, at=at, **facts)
