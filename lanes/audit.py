"""The audit: who was shown personal data, and when; the newest entries, opaque here."""

from typing import Final, cast

import redis
from redis.exceptions import RedisError

from lanes.scripts import refusal

MOST_ENTRIES: Final = 10_000

_KEY: Final = "audit:reveals"


def keep_entry(client: redis.Redis, entry: bytes) -> None:
    """Keep this entry, and of older ones the newest. Raises RedisAway or RedisFull."""
    try:
        with client.pipeline(transaction=True) as together:
            together.lpush(_KEY, entry)
            together.ltrim(_KEY, 0, MOST_ENTRIES - 1)
            together.execute()
    except RedisError as error:
        raise refusal(error) from None


def entries(client: redis.Redis) -> list[bytes]:
    """Those that are kept, newest first. Raises RedisAway."""
    try:
        return cast("list[bytes]", client.lrange(_KEY, 0, -1))
    except RedisError as error:
        raise refusal(error) from None
