"""Which dead letters are meant, by what they are told apart by; and those that were found so."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from heapq import merge
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from operations.status.daily import day_number

NONE: Final = "-"
"""What a filter calls letters without a field, or without a TikTok event."""


class Facts(msgspec.Struct, frozen=True, gc=False):
    """What one letter is told apart by, beside its cell; times in Unix milliseconds."""

    id: str
    connection: str
    event_id: str | None
    first_unknown_ms: int


class Cell(NamedTuple):
    """What many letters have in common: where they died of what, and on which day (of days.py) they had come."""

    connection: str
    stage: str
    reason: str
    field: str | None
    tiktok_event: str | None
    day: int


class Group(NamedTuple):
    """Letters that died of the same."""

    connection: str
    stage: str
    reason: str
    field: str | None
    letters: int


@dataclass(frozen=True, slots=True)
class Filter:
    """Which letters are meant; "" means any. `search` is a letter's id, or the beginning of an event's."""

    id: str = ""
    connection: str = ""
    reason: str = ""
    field: str = ""
    tiktok_event: str = ""
    received: str = ""
    """A day (UTC) as 2026-11-24; what is no day means none."""
    search: str = ""
    before_ms: int = 0
    """Only those that died no later than this; 0: any."""
    after: str = ""
    """Only those with later ids."""

    def between(self, after: str, before_ms: int) -> "Filter":
        """The same, of letters that had died by then and have later ids than `after`."""
        return replace(self, after=after, before_ms=before_ms)

    def takes(self, cell: Cell) -> bool:
        """Whether letters of this cell may be meant."""
        return (
            self.connection in ("", cell.connection)
            and self.reason in ("", cell.reason)
            and self.field in ("", cell.field or NONE)
            and self.tiktok_event in ("", cell.tiktok_event or NONE)
            and (not self.received or _day(self.received) == cell.day)
        )

    def of(self, letters: Sequence[Facts]) -> Sequence[Facts]:
        """Those that are meant of a cell's, which stand in the order of their ids, and so of their deaths."""
        if self.before_ms or self.after:
            end = f"{self.before_ms + 1:012x}" if self.before_ms else "~"
            start = bisect_right(letters, self.after, key=_id)
            letters = letters[start : max(start, bisect_left(letters, end, key=_id))]
        if self.id:
            letters = [one for one in letters if one.id == self.id]
        if self.search:
            wanted = self.search
            letters = [one for one in letters if one.id == wanted or (one.event_id or "").startswith(wanted)]
        return letters


class Found:
    """Letters that were found, by their cells."""

    def __init__(self, cells: Sequence[tuple[Cell, Sequence[Facts]]]) -> None:
        self.cells = [(cell, letters) for cell, letters in cells if letters]

    def __len__(self) -> int:
        return sum(len(letters) for _, letters in self.cells)

    def oldest(self) -> Iterator[Facts]:
        """All of them, the oldest first."""
        return merge(*(letters for _, letters in self.cells), key=_id)

    def newest(self, start: int, number: int) -> list[Facts]:
        """So many of them from that place on, the newest first."""
        backwards = merge(*(reversed(letters) for _, letters in self.cells), key=_id, reverse=True)
        return list(islice(backwards, start, start + number))

    def groups(self) -> list[Group]:
        """They by what they died of, the most frequent first."""
        counted: Counter[tuple[str, str, str, str | None]] = Counter()
        for cell, letters in self.cells:
            counted[cell[:4]] += len(letters)
        return [Group(*key, number) for key, number in sorted(counted.items(), key=lambda row: (-row[1], row[0][2]))]


def _id(one: Facts) -> str:
    return one.id


def _day(text: str) -> int:
    try:
        return day_number(date.fromisoformat(text))
    except ValueError:
        return -1
