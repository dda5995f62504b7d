"""Share a worker's threads among connections, so that those that hang leave room for those that do not.

- A connection's first job always runs, except that troubled connections together take at most half of the threads.
- Its further jobs run only while few jobs run at all. Else their lanes queue, and are woken when one of its jobs ends.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

THREADS: Final = 32
"""They mostly wait for TikTok. A job in hand costs up to 7 MiB, so not more."""
USUAL_JOBS: Final = 8
"""So many jobs keep a core busy; up to these, a connection may have as many as it has lanes."""
QUEUED_FOR_S: Final = 2.0
"""By then the timer has woken the lane again."""


class Slots:
    """Which jobs of this process run; serves any number of threads."""

    def __init__(
        self, threads: int = THREADS, usual: int = USUAL_JOBS, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._most_troubled, self._usual, self._monotonic = threads // 2, usual, monotonic
        self._lock = threading.Lock()
        self._running: Counter[str] = Counter()
        self._troubled: set[str] = set()
        self._queues: dict[str, dict[str, float]] = {}

    def enter(self, connection: str, lane: str) -> bool:
        """Whether a job may drain the lane now; if so, `leave` must follow."""
        with self._lock:
            if not self._may_run(connection):
                if self._running[connection]:
                    self._queues.setdefault(connection, {})[lane] = self._monotonic() + QUEUED_FOR_S
                return False
            self._running[connection] += 1
            return True

    def leave(self, connection: str, *, troubled: bool) -> str | None:
        """The job is over; return a lane to wake in its place. `troubled`: its last request got no answer, or late."""
        with self._lock:
            self._running[connection] -= 1
            if not self._running[connection]:
                del self._running[connection]
            (self._troubled.add if troubled else self._troubled.discard)(connection)
            return self._next_lane(connection)

    def _may_run(self, connection: str) -> bool:
        if self._running[connection]:
            return self._running.total() < self._usual
        if connection not in self._troubled:
            return True
        return sum(self._running[one] for one in self._troubled) < self._most_troubled

    def _next_lane(self, connection: str) -> str | None:
        queue = self._queues.get(connection, {})
        now = self._monotonic()
        while queue:
            lane = next(iter(queue))
            if queue.pop(lane) > now:
                return lane
        self._queues.pop(connection, None)
        return None
