"""Count the match keys of what a settlement delivered, by day and by hour of receipt, and its dead letters by hour."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from lanes.daily_counts import day_of
from lanes.hourly_counts import hour_of
from lanes.scripts import HOUR_MS
from mapping.match_keys import MATCH_KEYS, codes_of, filled_keys, lost_keys, places_of
from operations.hourly_counts import dead
from operations.match_keys import carried, filled, lost, sent
from worker.steps.compose import Draft
from worker.steps.outcomes import Ended

Days = dict[int, Counter[str]]
Hours = dict[int, dict[str, list[int]]]
_NUMBERS: Final = 1 + len(MATCH_KEYS)


def count_match_keys(ended: Mapping[Ended, Sequence[str | None]], draft: Draft) -> tuple[Days, Hours]:
    """Return how many delivered events carried each match key and how many lost it, and why; and the hourly counts."""
    alike: Counter[tuple[int, str, int]] = Counter()
    apart: Counter[tuple[int, str]] = Counter()
    days: Days = {}
    for (number, outcome, event, reason, _, _, _, keys, notes, _), ids in ended.items():
        if outcome == "delivered":
            received_ms = draft.chunks[number].received_ms
            alike[hour_of(received_ms), event or "", keys] += len(ids)
            fields = draft.plan.match_key_fields if notes else {}
            for code in filled_keys(notes, fields):
                days.setdefault(day_of(received_ms), Counter())[filled(event or "", code)] += len(ids)
            for code, why in lost_keys(notes, fields):
                name = lost(event or "", code, why)
                days.setdefault(day_of(received_ms), Counter())[name] += len(ids)
                apart[hour_of(received_ms), name] += len(ids)
        elif outcome == "dead_lettered":
            apart[hour_of(draft.chunks[number].received_ms), dead(event or "", reason or "")] += len(ids)
    hours: Hours = {}
    for (hour, event, keys), events in alike.items():
        counts = days.setdefault(day_of(hour * HOUR_MS), Counter())
        name = sent(event)
        counts[name] += events
        for code in codes_of(keys):
            counts[carried(event, code)] += events
        _add(hours.setdefault(hour, {}).setdefault(name, [0] * _NUMBERS), keys, events)
    for (hour, name), events in apart.items():
        hours.setdefault(hour, {})[name] = [events]
    return days, hours


def _add(numbers: list[int], keys: int, events: int) -> None:
    """Add events with these match keys: all of them at place 0, those with a key after the place of the key."""
    numbers[0] += events
    for place in places_of(keys):
        numbers[place + 1] += events
