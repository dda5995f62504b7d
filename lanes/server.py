"""What the server says of itself."""

from typing import Final, NamedTuple

import redis
from redis.exceptions import RedisError

from lanes.scripts import refusal


class MemoryUse(NamedTuple):
    """Bytes used, and allowed at most; 0 for no limit."""

    used: int
    limit: int


LETTER_SHARE: Final = 4
"""A connection's dead letters may hold a quarter of Redis's memory."""


def letter_share_of(limit: int) -> int:
    """Return how many bytes a connection's dead letters may hold of Redis's limit; 0 for no bound."""
    return limit // LETTER_SHARE


def memory_use(client: redis.Redis) -> MemoryUse:
    """How much memory the server uses. Raises RedisAway."""
    try:
        info = client.info("memory")
    except RedisError as error:
        raise refusal(error) from None
    return MemoryUse(int(info["used_memory"]), int(info["maxmemory"]))
