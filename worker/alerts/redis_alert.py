"""Alert when Redis cannot be used. This needs no Redis: each worker process alerts for itself."""

import time
from collections.abc import Callable
from typing import Final

import structlog

from operations.alerts.catalogue import lasts_ms
from operations.alerts.messages import redis_again, redis_trouble
from operations.alerts.outage import Outage
from operations.alerts.rules import Notice
from operations.alerts.webhook import post
from store.errors import Trouble

NOTIFY_AFTER_S: Final = lasts_ms("redis_trouble") / 1000
"""How long Redis must be unusable before the alert is sent: a restart of Redis is not worth one."""
RETRY_AFTER_S: Final = (5.0, 30.0, 120.0, 600.0)

log = structlog.get_logger("relay.worker.alerts")


class RedisAlert:
    """What this process has notified about Redis, and the notice that is still to be sent."""

    def __init__(
        self, url: str, outage: Outage, monotonic: Callable[[], float] = time.monotonic, cell: str = ""
    ) -> None:
        self._url, self._cell = url, cell
        self._outage, self._monotonic = outage, monotonic
        self._notified: Trouble | None = None
        self._unsent: Notice | None = None
        self._attempts, self._next_s = 0, 0.0

    def check(self) -> None:
        """Send what is due. This takes at most 5 s, when the webhook hangs."""
        trouble = self._outage.trouble
        now_ms = time.time_ns() // 1_000_000
        if trouble is not None and self._notified is None and self._outage.lasted_s >= NOTIFY_AFTER_S:
            self._notified = trouble
            self._queue(redis_trouble(trouble, now_ms))
        elif trouble is None and self._notified is not None:
            self._notified = None
            self._queue(redis_again(now_ms))
        self._send()

    def notify_now(self) -> None:
        """Send the alert at once, before the process exits; not if Redis was unusable when the process started."""
        trouble = self._outage.trouble
        if trouble is not None and self._notified is None and self._outage.ever_worked:
            self._notified = trouble
            self._queue(redis_trouble(trouble, time.time_ns() // 1_000_000))
            self._send()

    def _queue(self, notice: Notice) -> None:
        self._unsent, self._attempts, self._next_s = notice, 0, 0.0

    def _send(self) -> None:
        if self._unsent is None or self._monotonic() < self._next_s:
            return
        alert_log = log.bind(alert=self._unsent.fields["alert"])
        problem = post(self._url, self._unsent, self._cell)
        if problem is None:
            alert_log.info("alert_sent")
            self._unsent = None
        elif self._attempts == len(RETRY_AFTER_S):
            alert_log.error("alert_dropped", problem=problem, tries=self._attempts + 1)
            self._unsent = None
        else:
            alert_log.warning("alert_failed", problem=problem)
            self._next_s = self._monotonic() + RETRY_AFTER_S[self._attempts]
            self._attempts += 1
