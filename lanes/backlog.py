"""Giving up what waits in a group that is no more: the one way in which waiting events end unsent, on request."""

from typing import Final, NamedTuple

import redis
from redis.exceptions import RedisError

from lanes.scripts import refusal, script_text

PAGE: Final = 1_000


class Abandoned(NamedTuple):
    """Events given up in one step, and how many lanes a worker holds, which were not touched."""

    events: int
    leased: int


def abandon(client: redis.Redis, group: str, chunks: int = PAGE, now_ms: int | None = None) -> Abandoned:
    """Give up what waits, at most so many chunks of it; again until nothing is given up. Raises RedisAway."""
    script = client.register_script(script_text("abandon"))
    try:
        return Abandoned(*script(args=["" if now_ms is None else now_ms, group, chunks]))
    except RedisError as error:
        raise refusal(error) from None
