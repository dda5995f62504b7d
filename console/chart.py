"""Compute the column chart of daily counts, in a field of 1000 by 100; a template draws it."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from operations.status.daily import Day

WIDTH: Final = 1000.0
HEIGHT: Final = 100.0
_GAP: Final = 0.3


class Bar(NamedTuple):
    """One rectangle; `kind` is its class in the style sheet."""

    kind: str
    x: float
    y: float
    width: float
    height: float


class Column(NamedTuple):
    """One day and its bars, bottom first."""

    day: Day
    bars: tuple[Bar, ...]
    x: float
    width: float


class Chart(NamedTuple):
    """The columns, oldest day first; `top` is the number of events at the full height."""

    columns: tuple[Column, ...]
    top: int


def chart_of(days: Sequence[Day]) -> Chart:
    """Return a column for each day that shows how its events ended; `days` are newest first."""
    top = _round_up(max((day.total for day in days), default=0))
    step = WIDTH / max(1, len(days))
    columns = []
    for position, day in enumerate(reversed(days)):
        x, width = round((position + _GAP / 2) * step, 2), round(step * (1 - _GAP), 2)
        columns.append(Column(day, tuple(_bars(day, top, x, width)), round(position * step, 2), round(step, 2)))
    return Chart(tuple(columns), top)


def _bars(day: Day, top: int, x: float, width: float) -> Iterator[Bar]:
    """Yield the bars from the bottom up; a number above 0 gives a bar of at least height 1."""
    counts = {
        "delivered": day.delivered.total(),
        "unsent": day.unsent,
        "waiting": day.waiting,
        "dead-lettered": day.dead_lettered.total(),
    }
    bottom = HEIGHT
    for kind, number in counts.items():
        if number:
            height = max(1.0, round(number / top * HEIGHT, 2))
            bottom = round(max(0.0, bottom - height), 2)
            yield Bar(kind, x, bottom, width, height)


def _round_up(number: int) -> int:
    """Return the smallest round number that is not below `number`."""
    size = 1
    while True:
        for step in (1, 2, 3, 4, 5, 6, 8):
            if number <= step * size:
                return step * size
        size *= 10
