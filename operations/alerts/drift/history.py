"""The hourly counts of one connection, and what was usual at a time of the week."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from lanes.hourly_counts import hour_of
from operations.hourly_counts import EventHour, Hour, Kind

DAY: Final = 24
WEEK: Final = 7 * DAY
EVERY_EVENT: Final = "*"
"""Stands for all TikTok events together; no event has this name."""
STEADY: Final = 20
"""Events an hour from which on an event comes steadily."""
LOW_PART: Final = 5
"""Of this many days, one may be unlike the others: a campaign, an outage."""
LEAST_DAYS: Final = 5

_NO_EVENT: Final = EventHour()


@dataclass(frozen=True)
class History:
    """The hours that have counts. `hours` is by hour since 1970."""

    hours: Mapping[int, Hour]

    @cached_property
    def first_seen(self) -> Mapping[str, int]:
        """The first hour of each TikTok event, and of all together."""
        first: dict[str, int] = {}
        for hour in sorted(self.hours):
            for event, counts in self.hours[hour].items():
                if counts.came:
                    first.setdefault(event, hour)
                    first.setdefault(EVERY_EVENT, hour)
        return first

    @cached_property
    def _totals(self) -> dict[int, int]:
        return {}

    def _total(self, hour: int) -> int:
        total = self._totals.get(hour)
        if total is None:
            total = self._totals[hour] = sum(each.came for each in self.hours.get(hour, {}).values())
        return total

    def of(self, event: str, hour: int) -> EventHour:
        """Return the counts of an event in an hour."""
        return self.hours.get(hour, {}).get(event, _NO_EVENT)

    def came(self, event: str, hour: int) -> int:
        """Return how many of an event came in an hour; also of EVERY_EVENT."""
        return self._total(hour) if event == EVERY_EVENT else self.of(event, hour).came

    def known(self, hour: int) -> list[str]:
        """Return the events that were seen a week before this hour or earlier: the others are new."""
        old = {event for event, first in self.first_seen.items() if first <= hour - WEEK}
        return sorted(old - {EVERY_EVENT})

    def usual(self, event: str, hour: int) -> int:
        """Return how many of an event come at least at this time of the week; 0 when that is not known.

        The least of three hours counts, because a change to or from daylight-saving time moves the traffic by an hour,
        and the least of two weeks, because one of them may have had a campaign. A week says nothing when nothing at all
        came in one of these hours, or when the event was new.
        """
        weeks = []
        for middle in (hour - WEEK, hour - 2 * WEEK):
            around = (middle - 1, middle, middle + 1)
            is_new = around[0] < self.first_seen.get(event, hour)
            if not is_new and all(self.came(EVERY_EVENT, each) for each in around):
                weeks.append(min(self.came(event, each) for each in around))
        return min(weeks, default=0)

    def days_before(self, hours: Sequence[int]) -> Iterator[list[int]]:
        """Yield the same hours of each of the 14 days before."""
        for day in range(1, 15):
            yield [hour - day * DAY for hour in hours]


def running_hour(until_ms: int) -> int:
    """Return the hour that ends at this time or later; at the end of an hour, that hour."""
    return hour_of(until_ms - 1)


def usually_at_least(values: Iterable[float]) -> float | None:
    """Return the value that all but every fifth are not below; None when there are too few."""
    ranked = sorted(values)
    return ranked[len(ranked) // LOW_PART] if len(ranked) >= LEAST_DAYS else None


def usually_at_most(values: Iterable[float]) -> float | None:
    """Return the value that all but every fifth are not above; None when there are too few."""
    ranked = sorted(values, reverse=True)
    return ranked[len(ranked) // LOW_PART] if len(ranked) >= LEAST_DAYS else None


def kinds_in(history: History, events: Sequence[str], hours: Iterable[int]) -> tuple[dict[Kind, int], int]:
    """Return what went wrong with these events in these hours, by kind, and how many came."""
    found: dict[Kind, int] = {}
    came = 0
    for hour in hours:
        for event in events:
            counts = history.of(event, hour)
            came += counts.came
            for kind, number in counts.kinds.items():
                found[kind] = found.get(kind, 0) + number
    return found, came
