"""The days of the books: what the books count, by the day on which events were received and under finer names.

Raised in the scripts that move the data, beside the books and never instead of them. So of each day, too,
`accepted + extra + replayed` is what ended of it and what waits.

A day is kept for 90 days, and not one expires by itself: Redis's clock may be wrong for a moment. It is removed when
both its date and Redis's time when one of its counts last began are that old, by two clocks.
"""

from collections.abc import Sequence
from typing import Final

import redis

from lanes.scripts import lane_scripts
from store.reading import read_together

DAYS_KEPT: Final = 90
_DAY_MS: Final = 86_400_000


def day_of(ms: int) -> int:
    """The day, since 1970 and in UTC, of Unix milliseconds."""
    return ms // _DAY_MS


def read_days(client: redis.Redis, connection: str, days: Sequence[int]) -> list[dict[str, int]]:
    """The counts of each of these days, by name. All at one instant. Raises RedisAway."""
    read = read_together(client, [("HGETALL", f"days:{connection}:{day}") for day in days])
    return [
        {name.decode(): int(count) for name, count in zip(flat[::2], flat[1::2], strict=True)} for flat in read.replies
    ]


def remove_old_days(client: redis.Redis, connection: str, earliest_now_ms: int) -> int:
    """Remove the days that are past their 90 days; return how many. Raises RedisAway.

    `earliest_now_ms` is the time by whichever of the clocks at hand is behind the others.
    """
    before_ms = earliest_now_ms - DAYS_KEPT * _DAY_MS
    return int(lane_scripts(client).call("remove_days", connection, max(0, before_ms), max(0, day_of(before_ms))))
