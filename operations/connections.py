"""Pause and resume a connection; discard the backlog of one that was removed from the configuration."""

import redis

from lanes.backlog import Discarded, discard_page
from lanes.lanes import Lanes
from lanes.settlement import RECHECK_MS


def pause(client: redis.Redis, connection_id: str) -> str:
    """Stop delivering until an operator resumes it; return the command that does. Raise RedisAway."""
    command = f"relay connections resume {connection_id}"
    Lanes(client).pause(connection_id, "paused", RECHECK_MS, {"by": "operator", "what": command})
    return command


def resume(client: redis.Redis, connection_id: str) -> None:
    """Deliver again at once. Raise RedisAway."""
    Lanes(client).resume(connection_id)


def discard_backlog(client: redis.Redis, connection_id: str) -> Discarded:
    """Discard the backlog, page by page; what a worker holds at this moment stays. Raise RedisAway."""
    total = 0
    while (page := discard_page(client, connection_id)).events:
        total += page.events
    return Discarded(total, page.leased)
