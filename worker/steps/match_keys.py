"""Count the match keys of what a settlement delivered, by day and by hour of receipt, and its dead letters by hour."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final, TypeAlias

from lanes.daily_counts import day_of
from lanes.hourly_counts import hour_of
from lanes.scripts import HOUR_MS
from mapping.match_keys import MATCH_KEYS, filled_keys, lost_keys, places_of
from mapping.results import Note
from operations.hourly_counts import dead
from operations.match_keys import carried, filled, lost, sent
from worker.steps.compose import Draft
from worker.steps.ended import Ended

Days: TypeAlias = dict[int, Counter[str]]
Hours: TypeAlias = dict[int, dict[str, list[int]]]
_NUMBERS: Final = 1 + len(MATCH_KEYS)


class _Sums:
    """Items that ended, added up by what they have in common; the first key is the hour of receipt."""

    def __init__(self, ended: Sequence[Ended], draft: Draft) -> None:
        self.match_keys: dict[tuple[int, str], Counter[int]] = {}
        """Delivered events by their match keys, for each hour and TikTok event."""
        self.notes: Counter[tuple[int, str, tuple[Note, ...]]] = Counter()
        """Delivered events by their notes."""
        self.dead: Counter[tuple[int, str]] = Counter()
        for items in ended:
            hour = hour_of(draft.chunks[items.ending.chunk].received_ms)
            if items.ending.outcome == "delivered":
                self._add_delivered(items, hour)
            elif items.ending.outcome == "dead_lettered":
                for event, events in Counter(items.events).items():
                    self.dead[hour, dead(event or "", items.ending.reason or "")] += events

    def _add_delivered(self, items: Ended, hour: int) -> None:
        for (event, keys), events in Counter(zip(items.events, items.match_keys, strict=True)).items():
            self.match_keys.setdefault((hour, event or ""), Counter())[keys] += events
        if any(items.notes):
            for (event, notes), events in Counter(zip(items.events, items.notes, strict=True)).items():
                if notes:
                    self.notes[hour, event or "", notes] += events


def count_match_keys(ended: Sequence[Ended], draft: Draft) -> tuple[Days, Hours]:
    """Return how many delivered events carried each match key and how many lost it, and why; and the hourly counts.

    Items are first added up by what they have in common: where most items differ, little of this does.
    """
    days: Days = {}
    hours: Hours = {}
    sums = _Sums(ended, draft)
    apart = sums.dead
    for (hour, event), by_keys in sums.match_keys.items():
        numbers = _numbers(by_keys)
        hours.setdefault(hour, {})[sent(event)] = numbers
        days.setdefault(day_of(hour * HOUR_MS), Counter()).update(_names(event, numbers))
    for (hour, event, notes), events in sums.notes.items():
        counts = days.setdefault(day_of(hour * HOUR_MS), Counter())
        for code in filled_keys(notes, draft.plan.match_key_fields):
            counts[filled(event, code)] += events
        for code, why in lost_keys(notes, draft.plan.match_key_fields):
            name = lost(event, code, why)
            counts[name] += events
            apart[hour, name] += events
    for (hour, name), events in apart.items():
        hours.setdefault(hour, {})[name] = [events]
    return days, hours


def _numbers(by_keys: Mapping[int, int]) -> list[int]:
    """Return how many events there are, and how many of them carried the key at each place of MATCH_KEYS."""
    numbers = [0] * _NUMBERS
    for keys, events in by_keys.items():
        numbers[0] += events
        for place in places_of(keys):
            numbers[place + 1] += events
    return numbers


def _names(event: str, numbers: Sequence[int]) -> dict[str, int]:
    """Return the same numbers by the names of the daily counts."""
    named = {carried(event, key.code): number for key, number in zip(MATCH_KEYS, numbers[1:], strict=True) if number}
    return {sent(event): numbers[0], **named}
