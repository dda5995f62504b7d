"""Pausing and resuming a connection, and giving up what waits for one that is no more."""

import redis

from lanes.backlog import Abandoned, abandon
from lanes.lanes import Lanes
from lanes.settlement import RECHECK_MS


def pause(client: redis.Redis, connection_id: str) -> str:
    """Stop delivering, until somebody resumes it; what ends the pause, as a command. Raises RedisAway."""
    what = f"relay connections resume {connection_id}"
    Lanes(client).rest(connection_id, "paused", RECHECK_MS, {"by": "operator", "what": what})
    return what


def resume(client: redis.Redis, connection_id: str) -> None:
    """Deliver again, at once. Raises RedisAway."""
    Lanes(client).resume(connection_id)


def give_up(client: redis.Redis, connection_id: str) -> Abandoned:
    """Forget what waits, page by page until nothing is left that may be given up. Raises RedisAway."""
    total = 0
    while (page := abandon(client, connection_id)).events:
        total += page.events
    return Abandoned(total, page.leased)
