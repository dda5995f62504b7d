"""Record who was shown personal data, who erased some, and when; the newest entries, opaque here."""

from typing import Final, Literal, cast

import redis

from store.diagnosis.trouble import translate_errors

MOST_ENTRIES: Final = 10_000

Deed = Literal["reveals", "erasures"]


def add_entry(client: redis.Redis, deed: Deed, entry: bytes) -> None:
    """Add an entry, and keep the newest of the older ones. Raise RedisAway or RedisFull."""
    with translate_errors, client.pipeline(transaction=True) as together:
        together.lpush(_key(deed), entry)
        together.ltrim(_key(deed), 0, MOST_ENTRIES - 1)
        together.execute()


def entries(client: redis.Redis, deed: Deed) -> list[bytes]:
    """Return the entries, newest first. Raise RedisAway."""
    with translate_errors:
        return cast("list[bytes]", client.lrange(_key(deed), 0, -1))


def _key(deed: Deed) -> str:
    return f"audit:{deed}"
