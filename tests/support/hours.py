"""Hours of a connection, as relay counts them."""

from collections.abc import Callable, Mapping

from mapping.match_keys import MATCH_KEYS
from operations.alerts.drift.history import History
from operations.hourly_counts import EventHour, Hour, Kind

NOW = 500_000
"""An hour since 1970."""
WEEK = 168
PLACES = {key.code: place for place, key in enumerate(MATCH_KEYS)}


def counted(sent: int, keys: Mapping[str, int] | None = None, kinds: Mapping[Kind, int] | None = None) -> EventHour:
    """Return one event's hour."""
    carried = [0] * len(MATCH_KEYS)
    for code, number in (keys or {}).items():
        carried[PLACES[code]] = number
    return EventHour(sent, carried, dict(kinds or {}))


def history(count: Callable[[int], Hour], hours: int = 2 * WEEK + 2) -> History:
    """Return this number of hours until NOW; `count` takes the hours ago."""
    return History({NOW - ago: found for ago in range(hours) if (found := count(ago))})
