"""Compute the lines of a small chart of shares over days, in a field of 100 by 20; a template draws them."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

WIDTH: Final = 100.0
HEIGHT: Final = 20.0
_EDGE: Final = 1.0
"""Room above and below, so that no line is cut."""


def trend_of(shares: Sequence[float | None]) -> list[str]:
    """Return the points of each line: shares from 0 to 1, oldest first; a day without events (None) ends a line."""
    step = WIDTH / max(1, len(shares))
    points = [(None if share is None else _points(place * step, step, share)) for place, share in enumerate(shares)]
    runs = (list(run) for is_there, run in groupby(points, key=lambda point: point is not None) if is_there)
    return [" ".join(point for point in run if point is not None) for run in runs]


def _points(x: float, step: float, share: float) -> str:
    """Return the beginning and the end of a day's level, so that a single day is a line as well."""
    y = round(_EDGE + (1.0 - share) * (HEIGHT - 2 * _EDGE), 2)
    return f"{round(x, 2)},{y} {round(x + step, 2)},{y}"
