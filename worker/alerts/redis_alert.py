"""The alert that needs no Redis, because it is about Redis: each worker process tells for itself."""

import time
from collections.abc import Callable
from typing import Final

import structlog

from operations.alerts.messages import redis_again, redis_trouble
from operations.alerts.outage import Outage
from operations.alerts.rules import Notice
from operations.alerts.webhook import post
from store.errors import Trouble

HOLD_S: Final = 60.0
"""How long Redis must have been of no use before it is told: a restart is no news."""
RETRY_AFTER_S: Final = (5.0, 30.0, 120.0, 600.0)

log = structlog.get_logger("relay.worker.alerts")


class RedisAlert:
    """What was told of Redis in this life of the process, and what is still to be told."""

    def __init__(self, url: str, outage: Outage, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._url, self._outage, self._monotonic = url, outage, monotonic
        self._told: Trouble | None = None
        self._unsent: Notice | None = None
        self._tries, self._next_s = 0, 0.0

    def look(self) -> None:
        """Tell what is due. Takes 5 s at most, where the webhook hangs."""
        trouble = self._outage.trouble
        now_ms = time.time_ns() // 1_000_000
        if trouble is not None and self._told is None and self._outage.lasted_s >= HOLD_S:
            self._told = trouble
            self._take(redis_trouble(trouble, now_ms))
        elif trouble is None and self._told is not None:
            self._told = None
            self._take(redis_again(now_ms))
        self._send()

    def tell_now(self) -> None:
        """Tell at once, before the process ends, what it found in this life; one that began so was told before."""
        trouble = self._outage.trouble
        if trouble is not None and self._told is None and self._outage.ever_worked:
            self._told = trouble
            self._take(redis_trouble(trouble, time.time_ns() // 1_000_000))
            self._send()

    def _take(self, notice: Notice) -> None:
        self._unsent, self._tries, self._next_s = notice, 0, 0.0

    def _send(self) -> None:
        if self._unsent is None or self._monotonic() < self._next_s:
            return
        alert_log = log.bind(alert=self._unsent.fields["alert"])
        problem = post(self._url, self._unsent)
        if problem is None:
            alert_log.info("alert_sent")
            self._unsent = None
        elif self._tries == len(RETRY_AFTER_S):
            alert_log.error("alert_dropped", problem=problem, tries=self._tries + 1)
            self._unsent = None
        else:
            alert_log.warning("alert_failed", problem=problem)
            self._next_s = self._monotonic() + RETRY_AFTER_S[self._tries]
            self._tries += 1
