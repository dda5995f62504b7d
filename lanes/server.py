"""What the server says of itself."""

from typing import NamedTuple

import redis
from redis.exceptions import RedisError

from lanes.scripts import refusal


class MemoryUse(NamedTuple):
    """Bytes used, and allowed at most; 0 for no limit."""

    used: int
    limit: int


def memory_use(client: redis.Redis) -> MemoryUse:
    """How much memory the server uses. Raises RedisAway."""
    try:
        info = client.info("memory")
    except RedisError as error:
        raise refusal(error) from None
    return MemoryUse(int(info["used_memory"]), int(info["maxmemory"]))
