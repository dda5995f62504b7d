"""Discard the backlog of a connection that was removed from the configuration."""

from typing import Final, NamedTuple

import redis

from lanes.scripts import lane_scripts

PAGE: Final = 1_000


class Discarded(NamedTuple):
    """Events discarded by one call, and the number of lanes that were left alone because a worker holds them."""

    events: int
    leased: int


def discard_page(client: redis.Redis, connection: str, chunks: int = PAGE, now_ms: int | None = None) -> Discarded:
    """Discard at most `chunks` chunks; repeat until nothing is discarded. Raise RedisAway."""
    return Discarded(*lane_scripts(client).call("discard_backlog", connection, chunks, now_ms=now_ms))
