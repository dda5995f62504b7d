"""Hourly counts: lists of numbers by name, for each connection and hour of receipt; the callers know the meanings.

The script that settles raises them. An hour is kept for 15 days, so that two weeks can be compared with a third. Like a
day, it has no expiry in Redis; it is removed when its time and the time when one of its names last began are that old.
"""

from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

import msgspec
import redis

from lanes.scripts import HOUR_MS, HOURS_KEPT, lane_scripts
from store.reading import read_together

Counts: TypeAlias = Mapping[str, Sequence[int]]
"""The numbers of an hour, by name."""

_PAGE: Final = 100
_decode = msgspec.msgpack.Decoder(list[int]).decode


def hour_of(ms: int) -> int:
    """Return the hour of Unix milliseconds: hours since 1970, in UTC."""
    return ms // HOUR_MS


def read_hours(client: redis.Redis, connection: str, hours: Sequence[int]) -> dict[int, Counts]:
    """Return the counts of those of these hours that have any. Raise RedisAway."""
    found: dict[int, Counts] = {}
    for page in (hours[at : at + _PAGE] for at in range(0, len(hours), _PAGE)):
        read = read_together(client, [("HGETALL", f"hours:{connection}:{hour}") for hour in page])
        for hour, flat in zip(page, read.replies, strict=True):
            if flat:
                names = (name.decode() for name in flat[::2])
                found[hour] = dict(zip(names, map(_decode, flat[1::2]), strict=True))
    return found


def remove_old_hours(client: redis.Redis, connection: str, earliest_now_ms: int) -> int:
    """Remove the hours that are older than 15 days; return how many. Raise RedisAway.

    `earliest_now_ms` is the earliest time that any clock at hand shows.
    """
    before_ms = max(0, earliest_now_ms - HOURS_KEPT * HOUR_MS)
    return int(lane_scripts(client).call("remove_hours", connection, before_ms, hour_of(before_ms)))
