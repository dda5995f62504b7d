"""The audit: who was shown personal data, who erased some, and when; the newest entries, opaque here."""

from typing import Final, Literal, cast

import redis
from redis.exceptions import RedisError

from lanes.scripts import refusal

MOST_ENTRIES: Final = 10_000

Deed = Literal["reveals", "erasures"]


def keep_entry(client: redis.Redis, deed: Deed, entry: bytes) -> None:
    """Keep this entry, and of older ones the newest. Raises RedisAway or RedisFull."""
    try:
        with client.pipeline(transaction=True) as together:
            together.lpush(_key(deed), entry)
            together.ltrim(_key(deed), 0, MOST_ENTRIES - 1)
            together.execute()
    except RedisError as error:
        raise refusal(error) from None


def entries(client: redis.Redis, deed: Deed) -> list[bytes]:
    """Those that are kept, newest first. Raises RedisAway."""
    try:
        return cast("list[bytes]", client.lrange(_key(deed), 0, -1))
    except RedisError as error:
        raise refusal(error) from None


def _key(deed: Deed) -> str:
    return f"audit:{deed}"
