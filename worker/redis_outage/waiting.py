"""Wait for a Redis that cannot be used: without limit for a transient error, else for a few attempts."""

import threading
import time
from collections.abc import Callable
from typing import Final

import structlog
from redis.exceptions import RedisError

from operations.alerts.outage import Outage, as_fields
from store.client import connect
from store.diagnosis.probe import Probe, ask_further, permission_trouble
from store.diagnosis.trouble import diagnose
from store.errors import Trouble
from worker.app import app
from worker.messaging.broker import trouble_of_celery

MOST_ATTEMPTS: Final = 6
EXIT_CODE: Final = 78
"""EX_CONFIG of sysexits.h: the operator has to change something."""

log = structlog.get_logger("relay.worker")


class RedisWait:
    """Try everything that a worker needs of Redis, on its own connection and on Celery's; count permanent failures."""

    def __init__(self, redis_url: str, outage: Outage) -> None:
        self._client = connect(redis_url)
        self._probe, self._outage = Probe(self._client), outage
        self._permanent_failures = 0
        self.full = False
        """Whether Redis was at its maxmemory at the last attempt."""

    def try_again(self) -> bool:
        """Return whether Redis can be used now, and begin or end the outage accordingly."""
        trouble = self._probe.trouble() or trouble_of_celery(app) or self._trouble_of_permissions()
        if trouble is not None:
            trouble = ask_further(trouble, self._client)
        self.full = trouble is not None and trouble.code == "oom"
        if trouble is None or self.full:  # at maxmemory settling still works, and frees memory
            self._permanent_failures = 0
            self._outage.end()
            return True
        self._permanent_failures = 0 if trouble.passes else self._permanent_failures + 1
        self._outage.begin(trouble)
        return False

    def _trouble_of_permissions(self) -> Trouble | None:
        """Return which permission is missing, at start and while one was missing: a probe needs only some of them."""
        current = self._outage.trouble
        if self._outage.ever_worked and (current is None or current.code != "noperm"):
            return None
        try:
            return permission_trouble(self._client)
        except (RedisError, OSError) as error:
            return diagnose(error)

    def is_full(self) -> bool:
        """Try again, and return whether Redis is at its maxmemory: then settling works and Celery does not."""
        self.try_again()
        return self.full

    @property
    def is_permanent(self) -> bool:
        """Whether an error that waiting cannot cure was found in enough attempts."""
        return self._permanent_failures >= MOST_ATTEMPTS

    @property
    def pause_s(self) -> float:
        """Seconds until the next attempt: 1, 1, 2, 4, 8 for a permanent error, 16 in all; 1 for a transient one."""
        return float(1 << max(self._permanent_failures - 2, 0))

    def wait(self, sleep: Callable[[float], None] = time.sleep) -> bool:
        """Return True once Redis can be used, False once its error is permanent."""
        while not self.try_again():
            if self.is_permanent:
                return False
            sleep(self.pause_s)
        return True


def log_permanent_error(outage: Outage) -> None:
    """Log why this worker ends."""
    fields = as_fields(outage.trouble) if outage.trouble else {}
    log.error("redis_error_permanent", **fields)


class RedisMonitor(threading.Thread):
    """A thread that tries Redis again while it cannot be used, and calls `on_permanent` once its error is permanent."""

    def __init__(self, redis_wait: RedisWait, outage: Outage, on_permanent: Callable[[], None]) -> None:
        super().__init__(name="relay-redis-monitor", daemon=True)
        self._redis_wait, self._outage, self._on_permanent = redis_wait, outage, on_permanent
        self._stopped = threading.Event()

    def run(self) -> None:
        """Run the thread."""
        while not self._stopped.wait(self._redis_wait.pause_s):
            if self._outage.trouble is None:
                continue
            try:
                self._redis_wait.try_again()
            except Exception:
                log.exception("alert_check_failed")
            if self._redis_wait.is_permanent:
                self._on_permanent()
                return

    def stop(self) -> None:
        """Stop trying."""
        self._stopped.set()
