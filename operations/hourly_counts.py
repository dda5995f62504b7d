"""Read hourly counts: TikTok events with their match keys, dead letters by reason, omissions by reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import redis

from lanes.hourly_counts import Counts, hour_of, read_hours
from lanes.scripts import HOURS_KEPT
from mapping.match_keys import MATCH_KEYS
from operations.match_keys import BETWEEN, LOST, SENT

_DEAD: Final = "dead"


class Kind(NamedTuple):
    """What went wrong with events of one kind: `key` is the match key that was omitted, "" for dead letters."""

    key: str
    reason: str


@dataclass(slots=True)
class EventHour:
    """One TikTok event in one hour: delivered events, those that carried each match key, and what went wrong."""

    sent: int = 0
    carried: Sequence[int] = ()
    """By the key's place in MATCH_KEYS."""
    kinds: dict[Kind, int] = field(default_factory=dict)

    @property
    def came(self) -> int:
        """How many came: they were delivered, or became dead letters."""
        return (
            self.sent + sum(number for kind, number in self.kinds.items() if not kind.key) if self.kinds else self.sent
        )

    def with_key(self, place: int) -> int:
        """Return how many carried the match key at this place."""
        return self.carried[place] if place < len(self.carried) else 0


Hour = Mapping[str, EventHour]
"""An hour of a connection, by TikTok event; "" for events that could not be read."""


def dead(tiktok_event: str, reason: str) -> str:
    """Return the name that counts dead letters with this TikTok event and reason."""
    return BETWEEN.join((_DEAD, tiktok_event, reason))


def hour_counts(counts: Counts) -> Hour:
    """Return an hour from its counts by name."""
    events: dict[str, EventHour] = {}
    for name, numbers in counts.items():
        match name.split(BETWEEN):
            case [kind, event] if kind == SENT:
                of_event = events.setdefault(event, EventHour())
                of_event.sent, of_event.carried = numbers[0], numbers[1 : 1 + len(MATCH_KEYS)]
            case [kind, event, reason] if kind == _DEAD:
                events.setdefault(event, EventHour()).kinds[Kind("", reason)] = numbers[0]
            case [kind, event, code, why] if kind == LOST:
                events.setdefault(event, EventHour()).kinds[Kind(code, why)] = numbers[0]
    return events


def read_history(client: redis.Redis, connection: str, now_ms: int) -> dict[int, Hour]:
    """Return the hours of the last 15 days that have counts. Raise RedisAway."""
    last = hour_of(now_ms)
    hours = read_hours(client, connection, range(last - HOURS_KEPT + 1, last + 1))
    return {hour: hour_counts(counts) for hour, counts in hours.items()}
