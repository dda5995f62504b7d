"""Log requests: refusals with their reason, and unexpected errors with their place; never what a request held."""

import logging
import time
import traceback
from collections.abc import Callable
from pathlib import PurePath
from typing import Final

import structlog

from ingest.answers import RefusalKind

INTERVAL_S: Final = 1.0

log = structlog.get_logger("relay.ingest")


class RefusalLog:
    """Log at most one refusal a second for each input and status, with the number that was suppressed before it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._logged_at: dict[tuple[str | None, int], float] = {}
        self._suppressed: dict[tuple[str | None, int], int] = {}

    def record(self, input_id: str | None, refusal: RefusalKind, message: str, *, warn: bool = False) -> None:
        """Log the refusal, or count it for the next line of the same input and status."""
        kind, now = (input_id, refusal.status), self._clock()
        if now - self._logged_at.get(kind, now - INTERVAL_S) < INTERVAL_S:
            self._suppressed[kind] = self._suppressed.get(kind, 0) + 1
            return
        self._logged_at[kind] = now
        suppressed = self._suppressed.pop(kind, 0)
        level = logging.WARNING if warn or refusal.status >= 429 else logging.INFO
        log.log(level, "request_refused", input=input_id, status=refusal.status, reason=message, suppressed=suppressed)


def log_unexpected_error(name: str, error: Exception, **fields: str | None) -> None:
    """Log an unexpected error under an event's name: its type and place, not its message, which may quote a request."""
    frames = traceback.extract_tb(error.__traceback__)
    at = [f"{PurePath(frame.filename).name}:{frame.lineno}" for frame in frames[-3:]]
    log.error(name, error=type(error).__name__, at=at, **fields)
