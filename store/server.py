"""What the server reports about its memory, and the shares of it that relay may use."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import redis
from redis.exceptions import NoPermissionError

from store.diagnosis.trouble import translate_errors


class MemoryUse(NamedTuple):
    """Bytes used, and the limit (0 for none); None for what the server does not report."""

    used: int | None
    limit: int | None


UNKNOWN_MEMORY = MemoryUse(None, None)


DEAD_LETTER_SHARE: Final = 4
"""A connection's dead letters may hold a quarter of Redis's memory."""


def dead_letter_share_of(limit: int | None) -> int:
    """Return how many bytes a connection's dead letters may use; 0, no bound, where no limit is known."""
    return (limit or 0) // DEAD_LETTER_SHARE


def memory_use(client: redis.Redis) -> MemoryUse:
    """Return how much memory the server uses. Raise RedisAway."""
    with translate_errors:
        try:
            return memory_of(client.info("memory"))
        except NoPermissionError:
            return UNKNOWN_MEMORY


def memory_of(info: Mapping[str, Any]) -> MemoryUse:
    """Return the memory use from a reply to INFO; managed servers omit some fields."""
    return MemoryUse(_number(info.get("used_memory")), _number(info.get("maxmemory")))


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) else None
