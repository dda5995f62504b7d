"""Giving up what waits in a group that is no more: the one way in which waiting events end unsent, on request."""

from typing import Final, NamedTuple

import redis

from lanes.scripts import lane_scripts

PAGE: Final = 1_000


class Abandoned(NamedTuple):
    """Events given up in one step, and how many lanes a worker holds, which were not touched."""

    events: int
    leased: int


def abandon(client: redis.Redis, group: str, chunks: int = PAGE, now_ms: int | None = None) -> Abandoned:
    """Give up what waits, at most so many chunks of it; again until nothing is given up. Raises RedisAway."""
    return Abandoned(*lane_scripts(client).call("abandon", group, chunks, now_ms=now_ms))
