"""One figure of a benchmark: what every part yields, and what tables, JSON and plots are made of."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Result:
    """`value` is the median of several rounds, `low` and `high` the worst and best of them as numbers go.

    Every part of `benchmarks/` is a module with `def run(quick: bool) -> list[Result]`; `quick` costs seconds and
    is for trying out.
    """

    part: str
    """The part of the system, such as `mapping`."""
    what: str
    """What was measured, in words that tell it from every other result of the part."""
    unit: str
    """Such as `events/s` or `µs CPU/event`."""
    value: float
    low: float
    high: float
    target: float | None = None
    """What design.md asks for; None where it asks nothing."""
    better: Literal["more", "less"] = "more"
    note: str = ""
    """What the figure does and does not include, or why it misses its target."""

    @property
    def ratio(self) -> float | None:
        """How far the target is met: 1 or more is met, whichever way is better; None without one."""
        if self.target is None:
            return None
        return self.value / self.target if self.better == "more" else self.target / self.value
