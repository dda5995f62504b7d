"""Daily counts: the ledger's counters by the day on which events were received, under finer names.

The scripts that move events raise them together with the ledger. So for each day, too, `accepted + extra + replayed`
equals the events that ended plus the events that wait.

A day is kept for 90 days. It has no expiry in Redis, whose clock may be wrong for a moment. It is removed when its date
and the time when one of its counts last began are both that old, by two clocks.
"""

from collections.abc import Sequence

import redis

from lanes.names import DAYS_KEPT
from lanes.scripts import DAY_MS, lane_scripts
from store.reading import read_together


def day_of(ms: int) -> int:
    """Return the day of Unix milliseconds: days since 1970, in UTC."""
    return ms // DAY_MS


def read_days(client: redis.Redis, connection: str, days: Sequence[int]) -> list[dict[str, int]]:
    """Return the counts of each of these days by name, read at one instant. Raise RedisAway."""
    return _read(client, [f"days:{connection}:{day}" for day in days])


def read_match_keys(client: redis.Redis, days: Sequence[tuple[str, int]]) -> list[dict[str, int]]:
    """Return the counts of match keys of each (connection, day), read at one instant. Raise RedisAway."""
    return _read(client, [f"match_keys:{connection}:{day}" for connection, day in days])


def _read(client: redis.Redis, hashes: Sequence[str]) -> list[dict[str, int]]:
    read = read_together(client, [("HGETALL", name) for name in hashes])
    return [
        {name.decode(): int(count) for name, count in zip(flat[::2], flat[1::2], strict=True)} for flat in read.replies
    ]


def remove_old_days(client: redis.Redis, connection: str, earliest_now_ms: int) -> int:
    """Remove the days that are older than 90 days; return how many. Raise RedisAway.

    `earliest_now_ms` is the earliest time that any clock at hand shows.
    """
    before_ms = earliest_now_ms - DAYS_KEPT * DAY_MS
    return int(lane_scripts(client).call("remove_days", connection, max(0, before_ms), max(0, day_of(before_ms))))
