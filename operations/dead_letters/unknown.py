"""Name the conditions of a query for dead letters that relay does not know, or that no dead letter has."""

from collections.abc import Callable, Iterable, Iterator

from config.dead_letter_reasons import REASONS
from config.nearest import unknown
from config.vocabulary import TIKTOK_EVENTS
from operations.ages import parse_age
from operations.dead_letters.query import NONE, DeadLetterQuery, IndexKey, parse_day


def unknown_conditions(
    query: DeadLetterQuery, connections: Iterable[str], keys: Callable[[], Iterable[IndexKey]]
) -> Iterator[str]:
    """Yield the sentences about an unknown connection, reason and TikTok event.

    `keys` returns the keys of all dead letters. It is called only for a reason or a TikTok event that is in no table:
    dead letters may have reasons of another version, and custom events.
    """
    if query.connection is not None and query.connection not in connections:
        yield unknown("connection", query.connection, connections)
    if query.reason is not None and query.reason not in REASONS:
        reasons = {key.reason for key in keys()}
        if query.reason not in reasons:
            yield unknown("reason", query.reason, sorted({*REASONS, *reasons}))
    if query.tiktok_event not in (None, NONE, *TIKTOK_EVENTS):
        events = [key.tiktok_event for key in keys() if key.tiktok_event]
        if query.tiktok_event not in events:
            yield unknown("TikTok event", query.tiktok_event or "", dict.fromkeys([*TIKTOK_EVENTS, *sorted(events)]))


def malformed_conditions(query: DeadLetterQuery) -> Iterator[str]:
    """Yield the sentences about a day and ages that cannot be read: with them, a query finds nothing."""
    if query.received is not None and parse_day(query.received) is None:
        yield f'"{query.received}" is no day. Write a day as 2026-11-24.'
    for age in (query.older_than, query.newer_than):
        if age is not None and parse_age(age) is None:
            yield f'"{age}" is no age. Write an age as 7d, 36h or 90m.'


def absent_field(query: DeadLetterQuery, keys: Callable[[], Iterable[IndexKey]]) -> str | None:
    """Return the sentences about a field that no dead letter has. Any field may be right: there is no table of them."""
    if query.field in (None, NONE):
        return None
    fields = {key.field for key in keys() if key.field}
    return None if query.field in fields else unknown("field of dead letters", query.field or "", sorted(fields))
