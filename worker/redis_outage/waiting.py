"""How long a worker waits for a Redis that cannot be used: for ever where that may help, else a few tries."""

import threading
import time
from collections.abc import Callable
from typing import Final

import structlog
from redis.exceptions import RedisError

from operations.alerts.outage import Outage, as_fields
from store.client import connect
from store.errors import Trouble
from store.probe import Probe, permission_trouble, with_acl_line
from store.trouble import diagnose
from worker.app import app
from worker.broker import trouble_of_celery

MOST_TRIES: Final = 6
EXIT_CODE: Final = 78
"""EX_CONFIG of sysexits.h: somebody has to change something."""

log = structlog.get_logger("relay.worker")


class RedisWait:
    """Tries all that a worker needs of Redis, on the lanes' connection and on Celery's, and counts what is in vain."""

    def __init__(self, redis_url: str, outage: Outage) -> None:
        self._client = connect(redis_url)
        self._probe, self._outage = Probe(self._client), outage
        self._in_vain = 0
        self.full = False
        """Whether Redis was at its maxmemory when it was tried last."""

    def try_again(self) -> bool:
        """Whether Redis can be used now. The outage is told either way."""
        trouble = self._probe.trouble() or trouble_of_celery(app) or self._trouble_of_permissions()
        if trouble is not None:
            trouble = with_acl_line(trouble, self._client)
        self.full = trouble is not None and trouble.code == "oom"
        if trouble is None or self.full:  # at maxmemory settling goes on, and frees memory
            self._in_vain = 0
            self._outage.end()
            return True
        self._in_vain = 0 if trouble.passes else self._in_vain + 1
        self._outage.begin(trouble)
        return False

    def _trouble_of_permissions(self) -> Trouble | None:
        """At start, and while a permission is what was missing: a probe needs only some of them."""
        current = self._outage.trouble
        if self._outage.ever_worked and (current is None or current.code != "noperm"):
            return None
        try:
            return permission_trouble(self._client)
        except (RedisError, OSError) as error:
            return diagnose(error)

    def is_full(self) -> bool:
        """Try again; whether Redis is at its maxmemory, so that settling works and Celery does not."""
        self.try_again()
        return self.full

    @property
    def is_over(self) -> bool:
        """Whether it was tried often enough in vain what waiting does not cure."""
        return self._in_vain >= MOST_TRIES

    @property
    def pause_s(self) -> float:
        """Until the next try: 1, 1, 2, 4, 8 s in vain, so a quarter of a minute in all; 1 s where waiting may help."""
        return float(1 << max(self._in_vain - 2, 0))

    def wait(self, sleep: Callable[[float], None] = time.sleep) -> bool:
        """Return True once Redis can be used, False once waiting is in vain."""
        while not self.try_again():
            if self.is_over:
                return False
            sleep(self.pause_s)
        return True


def log_hopeless_redis(outage: Outage) -> None:
    """Why this worker ends."""
    fields = as_fields(outage.trouble) if outage.trouble else {}
    log.error("redis_error_permanent", **fields)


class RedisMonitor(threading.Thread):
    """While Redis cannot be used, tries it again; calls `give_up` once waiting is in vain."""

    def __init__(self, redis_wait: RedisWait, outage: Outage, give_up: Callable[[], None]) -> None:
        super().__init__(name="relay-patience", daemon=True)
        self._redis_wait, self._outage, self._give_up = redis_wait, outage, give_up
        self._stopped = threading.Event()

    def run(self) -> None:
        """The thread's life."""
        while not self._stopped.wait(self._redis_wait.pause_s):
            if self._outage.trouble is None:
                continue
            try:
                self._redis_wait.try_again()
            except Exception:
                log.exception("alert_check_failed")
            if self._redis_wait.is_over:
                self._give_up()
                return

    def stop(self) -> None:
        """Try no more."""
        self._stopped.set()
