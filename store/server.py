"""What the server says of itself."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import redis
from redis.exceptions import NoPermissionError

from store.trouble import translate_errors


class MemoryUse(NamedTuple):
    """Bytes used, and allowed at most (0 for no limit); None where the server does not tell."""

    used: int | None
    limit: int | None


UNTOLD = MemoryUse(None, None)


DEAD_LETTER_SHARE: Final = 4
"""A connection's dead letters may hold a quarter of Redis's memory."""


ADDRESS_SHARE: Final = 16
"""Remembered addresses may hold a sixteenth of Redis's memory."""


def address_share_of(limit: int) -> int:
    """Return how many bytes remembered addresses may hold of Redis's limit; 0 where there is none."""
    return limit // ADDRESS_SHARE


def dead_letter_share_of(limit: int | None) -> int:
    """Return how many bytes a connection's dead letters may hold of Redis's limit; 0, no bound, where none is known."""
    return (limit or 0) // DEAD_LETTER_SHARE


def memory_use(client: redis.Redis) -> MemoryUse:
    """How much memory the server uses. Raises RedisAway."""
    with translate_errors:
        try:
            return memory_of(client.info("memory"))
        except NoPermissionError:
            return UNTOLD


def memory_of(info: Mapping[str, Any]) -> MemoryUse:
    """The same from INFO; managed servers leave some of it out."""
    return MemoryUse(_number(info.get("used_memory")), _number(info.get("maxmemory")))


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None
