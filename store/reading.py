"""Read several things of Redis at one instant, also at maxmemory."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import redis

from store.scripts import Scripts, pack


class Together(NamedTuple):
    """Redis's time at that instant, Unix ms, and the commands' replies in their order."""

    now_ms: int
    replies: list[Any]


def read_together(client: redis.Redis, commands: Sequence[Sequence[str]]) -> Together:
    """Run reading commands in one script. Raise RedisAway.

    A transaction would do the same, but Redis 6.2 refuses transactions at maxmemory.
    """
    now_ms, *replies = Scripts(client).call("read_together", pack(list(commands)))
    return Together(int(now_ms), replies)
