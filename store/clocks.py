"""Compare Redis's clock with this process's: nothing is removed because only one of them says that it is time."""

import time
from typing import Final, NamedTuple

import redis

from store.diagnosis.trouble import translate_errors

TOLERATED_MS: Final = 60_000
"""Clocks that a time service sets differ by less than a second; a reply of Redis may take two seconds."""


class Clocks(NamedTuple):
    """The readings of two clocks at about the same moment, Unix milliseconds."""

    redis_ms: int
    own_ms: int

    @property
    def disagree(self) -> bool:
        """Whether one of them must be wrong."""
        return abs(self.redis_ms - self.own_ms) > TOLERATED_MS

    @property
    def earliest_ms(self) -> int:
        """The time that both clocks have reached."""
        return min(self.redis_ms, self.own_ms)

    @property
    def latest_ms(self) -> int:
        """The later time of both clocks: nothing dated by it ever seems older than it is."""
        return max(self.redis_ms, self.own_ms)


def own_ms() -> int:
    """Return this machine's time, Unix milliseconds."""
    return time.time_ns() // 1_000_000


def now_ms(client: redis.Redis) -> int:
    """Return Redis's time, Unix milliseconds: dead letters and chunks are dated by it. Raise RedisAway."""
    with translate_errors:
        seconds, micros = client.time()
    return int(seconds) * 1000 + int(micros) // 1000
