"""Report how the events of each day ended: the daily counts, by TikTok event and reason."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import redis

from delivery.outcome_names import read_outcome_name
from lanes.daily_counts import day_of, read_days
from lanes.ledger import RECEIVED
from lanes.names import DAYS_KEPT

EPOCH: Final = date(1970, 1, 1)
MOST_DAYS: Final = DAYS_KEPT

UNSENT: Final = ("unsupported", "erased", "discarded")
"""How events end, besides withheld, that were neither sent to TikTok nor dead-lettered."""


@dataclass(slots=True)
class Day:
    """The events that connections received on one day (UTC), and how they have ended until now.

    `delivered` is by TikTok event; `dead_lettered` by TikTok event ("" if the event could not be read) and reason. A
    dead letter that was replayed is counted in `replayed`, and its event once more by how it then ended.
    """

    date: date
    delivered: Counter[str] = field(default_factory=Counter)
    dead_lettered: Counter[tuple[str, str]] = field(default_factory=Counter)
    withheld: Counter[str] = field(default_factory=Counter)
    """By rule; "" where an older version counted without."""
    others: Counter[str] = field(default_factory=Counter)
    """`accepted`, `extra`, `replayed`, `unsupported`, `erased`, `discarded`, as in the ledger."""

    def add(self, counts: Iterable[tuple[str, int]]) -> None:
        """Add what a connection counted on this day."""
        for name, number in counts:
            end = read_outcome_name(name)
            match end.name:
                case "delivered":
                    self.delivered[end.tiktok_event] += number
                case "dead_lettered":
                    self.dead_lettered[end.tiktok_event, end.reason] += number
                case "withheld":
                    self.withheld[end.reason] += number
                case other:
                    self.others[other] += number

    @property
    def total(self) -> int:
        """How many events had to end: those accepted, the extra ones made of them, and those replayed."""
        return sum(self.others[name] for name in RECEIVED)

    @property
    def waiting(self) -> int:
        """How many have not ended yet."""
        return max(0, self.total - self.delivered.total() - self.dead_lettered.total() - self.unsent)

    @property
    def unsent(self) -> int:
        """How many were neither sent to TikTok nor dead-lettered."""
        return self.withheld.total() + sum(self.others[name] for name in UNSENT)

    @property
    def tiktok_events(self) -> list[str]:
        """The TikTok events of that day, the most frequent first; "" stands for events that could not be read."""
        both = self.delivered.copy()
        for (name, _), number in self.dead_lettered.items():
            both[name] += number
        return [name for name, _ in sorted(both.items(), key=lambda entry: (-entry[1], entry[0]))]

    def reasons(self, tiktok_event: str) -> list[tuple[str, int]]:
        """Return why events of that name were dead-lettered, the most frequent reason first."""
        return [(reason, number) for (name, reason), number in self.dead_lettered.most_common() if name == tiktok_event]

    def as_object(self) -> dict[str, Any]:
        """Return the day's object in `relay status --days N --json`."""
        names = (*RECEIVED, *UNSENT)
        dead_lettered = {name: dict(self.reasons(name)) for name in self.tiktok_events if self.reasons(name)}
        return {
            "day": self.date.isoformat(),
            **{name: self.others[name] for name in names},
            "delivered": dict(self.delivered.most_common()),
            "dead_lettered": dead_lettered,
            "withheld": dict(self.withheld.most_common()),
            "waiting": self.waiting,
        }


def days_of(client: redis.Redis, connections: Sequence[str], number: int, now_ms: int) -> list[Day]:
    """Return the last `number` days, today first, of these connections together. Raise RedisAway."""
    today = day_of(now_ms)
    numbers = range(today, today - min(number, MOST_DAYS), -1)
    days = [Day(EPOCH + timedelta(days=since_epoch)) for since_epoch in numbers]
    for connection in connections:
        for day, counts in zip(days, read_days(client, connection, numbers), strict=True):
            day.add(counts.items())
    return days


def day_number(day: date) -> int:
    """Return the number of the day in the daily counts."""
    return (day - EPOCH).days
