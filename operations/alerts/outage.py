"""Track whether this process can use Redis: log each change, and tell how long an outage has lasted."""

import threading
import time
from collections.abc import Callable
from typing import Any

import structlog

from store.errors import Trouble

log = structlog.get_logger("relay.redis")


class Outage:
    """The current problem of a process with Redis, if any; safe for threads."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._since = 0.0
        self.trouble: Trouble | None = None
        self.ever_worked = False

    @property
    def lasted_s(self) -> float:
        """Seconds since it began; 0 while Redis can be used."""
        return self._monotonic() - self._since if self.trouble else 0.0

    def begin(self, trouble: Trouble) -> None:
        """Record that Redis cannot be used; log it once for each reason."""
        with self._lock:
            former, self.trouble = self.trouble, trouble
            if former is None:
                self._since = self._monotonic()
        if former is None or former.code != trouble.code:
            log.warning("redis_unusable", **as_fields(trouble))

    def end(self) -> None:
        """Record that Redis can be used, after a successful write."""
        with self._lock:
            former, self.trouble = self.trouble, None
            self.ever_worked = True
        if former is not None:
            log.info("redis_usable", reason=former.code)


def as_fields(trouble: Trouble) -> dict[str, Any]:
    """Return the problem as fields of a log line."""
    fields = {"reason": trouble.code, "problem": trouble.problem, "what_to_do": trouble.what_to_do}
    return {**fields, "redis_error": trouble.error_text} if trouble.error_text else fields
