"""Deliver without Celery while Redis is at its maxmemory: Celery then cannot write anything, and cannot start.

The lanes' scripts work at maxmemory, because settling frees memory. So a due lane is drained in a thread of this
process. As soon as there is room, lanes are drained through Celery again.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

import structlog

from worker.runtime import Runtime
from worker.slots import USUAL_JOBS

CHECK_EVERY_S: Final = 0.5
LOG_EVERY_S: Final = 60.0
STOP_WITHIN_S: Final = 25.0

log = structlog.get_logger("relay.worker.direct")


class DirectDelivery:
    """Deliver lanes in threads of this process, a few at once. `deliver` does what a job does and raises nothing."""

    def __init__(self, runtime: Runtime, deliver: Callable[[str], None]) -> None:
        self._runtime, self._deliver = runtime, deliver
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._logged_s = -LOG_EVERY_S

    def take(self, lane: str) -> None:
        """Start delivering the lane in another thread. If all threads are busy, it is woken again in two seconds."""
        with self._lock:
            if len(self._threads) >= USUAL_JOBS or self._runtime.stopping.is_set():
                return
            thread = threading.Thread(target=self._run, args=(lane,), name=f"relay-direct-{lane}", daemon=True)
            self._threads.add(thread)
        if time.monotonic() - self._logged_s >= LOG_EVERY_S:
            log.warning("redis_full")
            self._logged_s = time.monotonic()
        thread.start()

    def wait_until_done(self) -> None:
        """Return when every lane taken is settled, at the latest after 25 s."""
        deadline = time.monotonic() + STOP_WITHIN_S
        for thread in list(self._threads):
            thread.join(timeout=max(0.0, deadline - time.monotonic()))

    def _run(self, lane: str) -> None:
        try:
            self._deliver(lane)
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())


def wait_for_room(is_full: Callable[[], bool], runtime: Runtime, direct: DirectDelivery) -> None:
    """Return once Celery can write; until then lanes are delivered directly. Settle them before a SystemExit leaves."""
    try:
        while is_full():
            time.sleep(CHECK_EVERY_S)
    except SystemExit:
        runtime.stopping.set()
        direct.wait_until_done()
        raise
