"""Hold one figure of a benchmark. Every part returns such results; tables, JSON and plots show them."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Result:
    """`value` is the median of several rounds, `low` and `high` the worst and best of them as numbers go.

    Every part in `benchmarks/parts/` is a module with `def run(quick: bool) -> list[Result]`; `quick` costs seconds and
    is for trying out.
    """

    part: str
    """The part of the system, such as `mapping`."""
    what: str
    """The name of the figure, unlike every other of the part with the same unit."""
    unit: str
    """Its unit, such as `events/s` or `µs CPU/event`."""
    value: float
    low: float
    high: float
    target: float | None = None
    """The figure to reach; None without one."""
    better: Literal["more", "less"] = "more"
    note: str = ""
    """A note on what the figure includes, or why it misses its target."""

    @property
    def ratio(self) -> float | None:
        """The ratio of figure and target, in the sense that 1 or more is met; None without a target."""
        if self.target is None:
            return None
        return self.value / self.target if self.better == "more" else self.target / self.value
