"""Two clocks, Redis's and this process's: nothing is removed because one of them says that its time has come."""

import time
from typing import Final, NamedTuple

TOLERATED_MS: Final = 60_000
"""Clocks that a time service sets differ by less than a second; a reply of Redis's may be two seconds on its way."""


class Clocks(NamedTuple):
    """What two clocks say at about the same moment, Unix milliseconds."""

    redis_ms: int
    own_ms: int

    @property
    def disagree(self) -> bool:
        """Whether one of them must be wrong."""
        return abs(self.redis_ms - self.own_ms) > TOLERATED_MS

    @property
    def earliest_ms(self) -> int:
        """The time that both agree has come."""
        return min(self.redis_ms, self.own_ms)

    @property
    def latest_ms(self) -> int:
        """The time by which neither has come yet: what is dated so is not taken for older than it is."""
        return max(self.redis_ms, self.own_ms)


def own_ms() -> int:
    """Return this machine's time, Unix milliseconds."""
    return time.time_ns() // 1_000_000
