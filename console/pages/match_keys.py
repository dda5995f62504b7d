"""Match keys: which identifiers delivered events carried, the trend over days, and why others were omitted."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from starlette.responses import Response

from console.filters import unknown_connection
from console.request import PageRequest
from console.services import Services
from console.trend import trend_of
from mapping.match_keys import MATCH_KEYS, MatchKey
from operations.match_keys import KeyCounts, MatchKeyDay, match_key_days
from operations.status.daily import MOST_DAYS

SHOWN_DAYS: Final = 14


class KeyRow(NamedTuple):
    """One match key over some days; `trend` has the lines of its share, oldest day first."""

    key: MatchKey
    carried: int
    filled: int
    share: float | None
    absent: int
    lost: Sequence[tuple[str, int]]
    trend: Sequence[str]


class EventKeys(NamedTuple):
    """The match keys of one connection's TikTok event: of all days together, then by day, newest first."""

    connection: str
    event: str
    total: KeyCounts
    rows: Sequence[KeyRow]
    days: Sequence[tuple[MatchKeyDay, KeyCounts]]

    @property
    def keys(self) -> list[MatchKey]:
        """The match keys that are shown."""
        return [row.key for row in self.rows]


def show(services: Services, request: PageRequest) -> Response:
    """Show the match keys of one connection or of all, for each TikTok event."""
    overview = services.overview()
    connections = [status.id for status in overview.statuses]
    chosen = [name for name in connections if request.field("connection") in ("", name)]
    number = max(1, request.number("days", SHOWN_DAYS, MOST_DAYS))
    days = match_key_days(services.redis, chosen, number, overview.reading.now_ms)
    return services.page(
        request,
        "match_keys.html",
        connections=connections,
        connection=request.field("connection"),
        unknown=unknown_connection(request, connections),
        number=number,
        events=[each for name in chosen for each in events_of([day for day in days if day.connection == name])],
    )


def events_of(days: Sequence[MatchKeyDay]) -> Iterator[EventKeys]:
    """Yield the TikTok events of one connection, the most frequent first; `days` are newest first."""
    totals: dict[str, KeyCounts] = {}
    for day in days:
        for event, counts in day.events.items():
            totals.setdefault(event, KeyCounts()).add(counts)
    for event, total in sorted(totals.items(), key=lambda each: -each[1].events):
        by_day = [(day, day.events.get(event, KeyCounts())) for day in days]
        rows = [_row(key, total, by_day) for key in MATCH_KEYS if _is_shown(key, total)]
        yield EventKeys(days[0].connection, event, total, rows, [each for each in by_day if each[1].events])


def _is_shown(key: MatchKey, counts: KeyCounts) -> bool:
    """Return whether a key has a row: TikTok matches by it alone, or an event carried or lost it."""
    return bool(key.grade != "none" or counts.sent[key.code] or counts.why_lost(key.code))


def _row(key: MatchKey, total: KeyCounts, by_day: Sequence[tuple[MatchKeyDay, KeyCounts]]) -> KeyRow:
    shares = [counts.share(key.code) for _, counts in reversed(by_day)]
    carried, filled, absent = total.carried(key.code), total.filled[key.code], total.absent(key.code)
    return KeyRow(key, carried, filled, total.share(key.code), absent, total.why_lost(key.code), trend_of(shares))
