"""Keep counters from falling: after a failover the counts in Redis may be a little lower than those exposed before.

Prometheus reads a counter that fell as one that began again at zero: 1,000,000 and then 999,974 is an increase of
999,974. So each process exposes the highest value that it has exposed.
"""

from dataclasses import dataclass
from typing import Final

from operations.metrics.histograms import Distribution

NEW_BEGINNING_BELOW: Final = 0.5
"""A value below this part of the highest one is a new beginning, as with an emptied Redis."""


@dataclass(slots=True)
class _Series:
    highest: float = 0.0
    before: float = 0.0
    """What was counted before the last new beginning."""


class RisingCounters:
    """What one process has exposed of each series so far."""

    def __init__(self) -> None:
        self._series: dict[tuple[object, ...], _Series] = {}

    def rising(self, name: str, labels: tuple[str, ...], value: float | Distribution) -> float | Distribution:
        """Return the value to expose: never less than before."""
        if not isinstance(value, Distribution):
            return self._rising((name, labels), value)
        buckets = [(bound, self._rising((name, labels, bound), count)) for bound, count in value.buckets]
        return Distribution(
            [(bound, int(count)) for bound, count in buckets], self._rising((name, labels), value.total)
        )

    def _rising(self, key: tuple[object, ...], value: float) -> float:
        series = self._series.setdefault(key, _Series())
        if value < series.highest * NEW_BEGINNING_BELOW:
            series.before += series.highest
            series.highest = 0.0
        series.highest = max(series.highest, value)
        whole = series.before + series.highest
        return int(whole) if isinstance(value, int) else whole
