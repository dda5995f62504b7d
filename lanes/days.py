"""The days of the books: what the books count, by the day on which events were received and under finer names.

Raised in the scripts that move the data, beside the books and never instead of them. So of each day, too,
`accepted + extra + replayed` is what ended of it and what waits; a day is kept for 90 days.
"""

from collections.abc import Sequence
from typing import Final

import redis

from lanes.reading import read_together

DAYS_KEPT: Final = 90
_DAY_MS: Final = 86_400_000


def day_of(ms: int) -> int:
    """The day, since 1970 and in UTC, of Unix milliseconds."""
    return ms // _DAY_MS


def read_days(client: redis.Redis, group: str, days: Sequence[int]) -> list[dict[str, int]]:
    """The counts of each of these days, by name. All at one instant. Raises RedisAway."""
    read = read_together(client, [("HGETALL", f"days:{group}:{day}") for day in days])
    return [
        {name.decode(): int(count) for name, count in zip(flat[::2], flat[1::2], strict=True)} for flat in read.replies
    ]
