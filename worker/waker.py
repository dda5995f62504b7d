"""Send a wake-up for each lane as soon as it is due: block until Redis signals one, or until the next is due."""

import threading
from collections.abc import Callable
from typing import Final

from kombu.exceptions import OperationalError

from lanes.lanes import Lanes
from store.client import connect
from store.diagnosis.trouble import diagnose
from store.errors import RedisAway
from worker.app import QUEUE, app
from worker.runtime import Runtime

WAKE_UP_EXPIRES_S: Final = 60
"""Longer than hosts' clocks differ, and short enough that wake-ups do not pile up while all threads are busy."""
AFTER_ERROR_S: Final = 0.2


def wake_lanes(runtime: Runtime) -> float:
    """Publish one wake-up for each lane that is due; return in how many seconds the next one is."""
    woken = runtime.lanes.wake()
    for lane in woken.lanes:
        publish(lane, runtime)
    return woken.next_ms / 1000


def publish(lane: str, runtime: Runtime) -> None:
    """Publish a wake-up for the lane; if Redis has no room for the message, drain the lane in this process."""
    try:
        app.send_task("relay.deliver", args=[lane], queue=QUEUE, expires=WAKE_UP_EXPIRES_S, retry=False)
    except OperationalError as error:
        if runtime.drain_directly is None or diagnose(error).code != "oom":
            raise
        runtime.drain_directly(lane)


class Waker(threading.Thread):
    """A thread that wakes lanes until it is stopped. `attempt` calls a function and handles its errors.

    `first`: what jobs need before any of them runs.
    """

    def __init__(
        self,
        runtime: Runtime,
        attempt: Callable[[Callable[[Runtime], object]], None],
        first: Callable[[Runtime], object],
    ) -> None:
        super().__init__(name="relay-waker", daemon=True)
        self._runtime, self._attempt, self._first = runtime, attempt, first
        self._client = connect(runtime.redis_url)
        self._signals = Lanes(self._client)
        self._stopped = threading.Event()

    def run(self) -> None:
        """Run the thread."""
        self._attempt(self._first)
        while not (self._stopped.is_set() or self._runtime.stopping.is_set()):
            self._pause_s = AFTER_ERROR_S
            self._attempt(self._step)
            self._stopped.wait(self._pause_s)

    def stop(self) -> None:
        """Stop waiting and wake no more lanes."""
        self._stopped.set()
        self._client.connection_pool.disconnect()

    def _step(self, runtime: Runtime) -> None:
        next_s = wake_lanes(runtime)
        try:
            if next_s:
                self._signals.wait_for_signal(next_s)
        except (RedisAway, ValueError, AttributeError):  # the last two for a connection closed while the client reads
            if not self._stopped.is_set():  # `stop` has closed the connection
                raise
        self._pause_s = 0.0
