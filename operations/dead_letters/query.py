"""Say which dead letters are meant: the one query of the commands and the console, and what it found."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from heapq import merge
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from operations.ages import parse_age
from operations.status.daily import day_number

NONE: Final = "-"
"""How a query names the absence of a field, or of a TikTok event."""
TEXT_CONDITIONS: Final = (
    *("connection", "reason", "field", "tiktok_event", "received", "job", "search", "older_than", "newer_than"),
)
"""The conditions that are texts; commands and console offer each of them."""


class IndexEntry(msgspec.Struct, frozen=True, gc=False):
    """One dead letter in an index, beside its key. Times are in Unix milliseconds."""

    id: str
    connection: str
    event_id: str | None
    job: str | None
    first_unknown_ms: int
    """When a request with it was first sent whose outcome stayed unknown; 0 if there was none."""


class IndexKey(NamedTuple):
    """What many dead letters have in common; `day` is the day of receipt, as `lanes/daily_counts.py` numbers days."""

    connection: str
    stage: str
    reason: str
    field: str | None
    tiktok_event: str | None
    day: int


class FailureCount(NamedTuple):
    """How many dead letters share a connection, a stage, a reason and a field."""

    connection: str
    stage: str
    reason: str
    field: str | None
    dead_letters: int


@dataclass(frozen=True, slots=True)
class DeadLetterQuery:
    """The conditions that a dead letter must meet, all of them; None stands for any. An empty text is a ValueError."""

    ids: tuple[str, ...] = ()
    connection: str | None = None
    reason: str | None = None
    field: str | None = None
    """The field at fault, or NONE."""
    tiktok_event: str | None = None
    """A TikTok event's name, or NONE."""
    received: str | None = None
    """A day of receipt (UTC) as 2026-11-24. A text that is no day finds nothing."""
    job: str | None = None
    search: str | None = None
    """A dead letter's id, or the beginning of an event's id."""
    older_than: str | None = None
    """An age as 7d, 36h or 90m, counted from when the event was dead-lettered. A text that is no age finds nothing."""
    newer_than: str | None = None
    until_ms: int = 0
    """Only those dead-lettered no later than this; ages count back from it. 0: no limit."""
    after: str = ""
    """Only those with later ids."""

    def __post_init__(self) -> None:
        for name in TEXT_CONDITIONS:
            value = getattr(self, name)
            if value is not None and not value.strip():
                raise ValueError(f"the condition `{name}` is empty: it must not mean any dead letter")

    @property
    def has_conditions(self) -> bool:
        """Whether the query selects fewer than all dead letters."""
        return self != DeadLetterQuery()

    @property
    def has_ages(self) -> bool:
        """Whether a condition is an age, so that the result depends on the time."""
        return self.older_than is not None or self.newer_than is not None

    def between(self, after: str, until_ms: int) -> "DeadLetterQuery":
        """Return the query, limited to dead letters up to `until_ms` whose ids come after `after`."""
        return replace(self, after=after, until_ms=until_ms)

    def missing(self, there: Collection[str]) -> list[str]:
        """Return the ids it asks for that are not `there`."""
        return [dead_letter_id for dead_letter_id in dict.fromkeys(self.ids) if dead_letter_id not in there]

    def matches(self, key: IndexKey) -> bool:
        """Return whether dead letters of this key can match."""
        return (
            self.connection in (None, key.connection)
            and self.reason in (None, key.reason)
            and self.field in (None, key.field or NONE)
            and self.tiktok_event in (None, key.tiktok_event or NONE)
            and (self.received is None or _day(self.received) == key.day)
        )

    def select(self, entries: Sequence[IndexEntry], now_ms: int) -> Sequence[IndexEntry]:
        """Return those of one key's entries that match. `entries` are in the order of their ids, and so of time."""
        start, end = self._bounds(now_ms)
        if start or end:
            first = bisect_right(entries, start, key=_id)
            entries = entries[first : max(first, bisect_left(entries, end or "~", key=_id))]
        if self.ids:
            entries = [entry for entry in entries if entry.id in self.ids]
        if self.job is not None:
            entries = [entry for entry in entries if entry.job == self.job]
        if wanted := self.search:
            entries = [entry for entry in entries if entry.id == wanted or (entry.event_id or "").startswith(wanted)]
        return entries

    def _bounds(self, now_ms: int) -> tuple[str, str]:
        """Return the id that all must come after and the id that all must come before; "" for no bound.

        An id begins with the time at which its event was dead-lettered.
        """
        until_ms = self.until_ms or now_ms
        start, end = self.after, _first_id(self.until_ms + 1) if self.until_ms else ""
        if self.newer_than is not None:
            age = parse_age(self.newer_than)
            start = "~" if age is None else max(start, _first_id(until_ms - age))
        if self.older_than is not None:
            age = parse_age(self.older_than)
            oldest = _first_id(0 if age is None else until_ms - age)
            end = min(end, oldest) if end else oldest
        return start, end


class Found:
    """The dead letters that a query found, by their keys."""

    def __init__(self, keys: Sequence[tuple[IndexKey, Sequence[IndexEntry]]]) -> None:
        self.keys = [(key, entries) for key, entries in keys if entries]

    def __len__(self) -> int:
        return sum(len(entries) for _, entries in self.keys)

    def oldest(self) -> Iterator[IndexEntry]:
        """Yield all of them, the oldest first."""
        return merge(*(entries for _, entries in self.keys), key=_id)

    def newest(self, start: int, number: int) -> list[IndexEntry]:
        """Return up to `number` of them, the newest first, without the first `start`."""
        backwards = merge(*(reversed(entries) for _, entries in self.keys), key=_id, reverse=True)
        return list(islice(backwards, start, start + number))

    def failure_counts(self) -> list[FailureCount]:
        """Return how many there are of each connection, stage, reason and field, the most frequent first."""
        counted: Counter[tuple[str, str, str, str | None]] = Counter()
        for key, entries in self.keys:
            counted[key[:4]] += len(entries)
        return [
            FailureCount(*key, number) for key, number in sorted(counted.items(), key=lambda row: (-row[1], row[0][2]))
        ]


def parse_day(text: str) -> date | None:
    """Return a day such as `2026-11-24`; None for any other text."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _id(entry: IndexEntry) -> str:
    return entry.id


def _first_id(ms: int) -> str:
    """Return an id that sorts before every id of this millisecond and after those of earlier ones."""
    return f"{max(0, ms):012x}"


def _day(text: str) -> int:
    day = parse_day(text)
    return -1 if day is None else day_number(day)
