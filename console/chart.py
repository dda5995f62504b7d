"""The books over time as columns: what to draw, in a field of 1000 by 100; a template draws it."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from operations.status.daily import UNSENT, Day

WIDTH: Final = 1000.0
HEIGHT: Final = 100.0
_GAP: Final = 0.3


class Part(NamedTuple):
    """One rectangle; `kind` is its class in the style sheet."""

    kind: str
    x: float
    y: float
    width: float
    height: float


class Column(NamedTuple):
    """One day, oldest first."""

    day: Day
    parts: tuple[Part, ...]
    x: float
    width: float


class Chart(NamedTuple):
    """The columns, and what the full height stands for."""

    columns: tuple[Column, ...]
    most: int


def unsent(day: Day) -> int:
    """What was never meant to reach TikTok, or was given up."""
    return sum(day.others[name] for name in UNSENT)


def chart_of(days: Sequence[Day]) -> Chart:
    """Columns of what became of each day's events; `days` are newest first."""
    most = _round(max((day.came for day in days), default=0))
    step = WIDTH / max(1, len(days))
    columns = []
    for place, day in enumerate(reversed(days)):
        x, width = round((place + _GAP / 2) * step, 2), round(step * (1 - _GAP), 2)
        columns.append(Column(day, tuple(_parts(day, most, x, width)), round(place * step, 2), round(step, 2)))
    return Chart(tuple(columns), most)


def _parts(day: Day, most: int, x: float, width: float) -> Iterator[Part]:
    """From the ground up; what is there at all is at least a line."""
    counts = {
        "delivered": day.delivered.total(),
        "unsent": unsent(day),
        "open": day.open,
        "dead": day.dead.total(),
    }
    ground = HEIGHT
    for kind, number in counts.items():
        if number:
            height = max(1.0, round(number / most * HEIGHT, 2))
            ground = round(max(0.0, ground - height), 2)
            yield Part(kind, x, ground, width, height)


def _round(number: int) -> int:
    """The next round number that is not below it."""
    size = 1
    while True:
        for step in (1, 2, 3, 4, 5, 6, 8):
            if number <= step * size:
                return step * size
        size *= 10
