"""Share a worker's threads among connections, so that connections in trouble leave threads for the others.

- A connection's first job always runs, except that connections in trouble together use at most half of the threads.
- A job waits for more events of its lane only while few jobs run at all.
- Its further jobs run only while few jobs run at all. Otherwise its lanes queue, and one of them is woken when one of
  its jobs ends.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Final

THREADS: Final = 32
"""Threads mostly wait for TikTok. A running job takes up to 7 MiB of memory, so there are not more."""
USUAL_JOBS: Final = 8
"""This many jobs keep a core busy; while fewer run, a connection may have as many jobs as it has lanes."""
QUEUED_FOR_S: Final = 2.0
"""How long a lane stays queued: by then the timer has woken it again."""


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
        """Return whether a job may drain the lane now. If so, the caller must call `leave` afterwards."""
        with self._lock:
            if not self._may_run(connection):
                if self._running[connection]:
                    self._queues.setdefault(connection, {})[lane] = self._monotonic() + QUEUED_FOR_S
                return False
            self._running[connection] += 1
            return True

    @property
    def has_spare(self) -> bool:
        """Return whether so few jobs run that one may wait for more events."""
        return self._running.total() <= self._usual

    def leave(self, connection: str, *, troubled: bool) -> str | None:
        """Note that the job has ended, and return a queued lane to wake, if any.

        `troubled`: its last request got no answer, or a slow one.
        """
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
        return sum(self._running[troubled] for troubled in self._troubled) < self._most_troubled

    def _next_lane(self, connection: str) -> str | None:
        queue = self._queues.get(connection, {})
        now = self._monotonic()
        while queue:
            lane = next(iter(queue))
            if queue.pop(lane) > now:
                return lane
        self._queues.pop(connection, None)
        return None
