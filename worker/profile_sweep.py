"""Remove from profiles what has expired, some at a time, and the least recently used ones beyond their memory."""

from typing import Final

import redis

from store.client import connect
from store.leader_lock import is_first
from worker.runtime import Runtime

SWEEP_EVERY_S: Final = 1.0
IDLE_EVERY_S: Final = 60
"""How often what is left is swept where no connection remembers anything any more."""
PAGES: Final = 5


class ProfileSweeper:
    """Goes through all profiles, again and again. Of several workers, one sweeps at a time."""

    def __init__(self, redis_url: str) -> None:
        self._client: redis.Redis = connect(redis_url)
        self._place = 0

    def step(self, runtime: Runtime) -> None:
        """Sweep the next profiles if no other worker does. Raise RedisAway or RedisFull."""
        connections = runtime.file.current.connections.values()
        is_used = any(connection.remembers for connection in connections)
        if not is_first(self._client, "profiles", round(SWEEP_EVERY_S) if is_used else IDLE_EVERY_S):
            return
        for _ in range(PAGES):
            self._place = runtime.profiles.store.sweep(self._place)
            if not self._place:
                return
