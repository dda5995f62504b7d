"""Make results from several rounds of measurements."""

from collections.abc import Sequence
from statistics import median
from typing import Literal

from benchmarks.report.result import Result

Better = Literal["more", "less"]


def figure(
    part: str,
    what: str,
    unit: str,
    rounds: Sequence[float],
    *,
    better: Better,
    target: float | None = None,
    note: str = "",
) -> Result:
    """Return a result with the median of the rounds, and their extremes."""
    return Result(part, what, unit, median(rounds), min(rounds), max(rounds), target, better, note)


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> list[float]:
    """Return, round by round, our figure divided by theirs."""
    return [our / their for our, their in zip(ours, theirs, strict=True)]
