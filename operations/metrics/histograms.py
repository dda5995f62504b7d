"""Keep histograms as counters in Redis: a worker adds to them with a settlement, and `/metrics` reads them."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Distribution(NamedTuple):
    """A histogram's content: how many values were at most each bound (the last is infinite), and the sum of all."""

    buckets: list[tuple[float, int]]
    total: float


class Histogram(NamedTuple):
    """One histogram: the prefix of its counters' names, its finite bounds, and the unit of its sum.

    `parts`: how many units of the sum make one unit of the values, 1000 if seconds are summed in milliseconds.
    """

    prefix: str
    bounds: tuple[float, ...]
    parts: int = 1

    def observe(self, observed: Iterable[tuple[float, int]]) -> dict[str, int]:
        """Return how much to add to which counter, for pairs of a value and how often it was seen."""
        added: dict[str, int] = {}
        for value, times in observed:
            for name, more in ((self._bucket(value), times), (f"{self.prefix}:sum", round(value * self.parts) * times)):
                added[name] = added.get(name, 0) + more
        return added

    def read(self, measures: Mapping[str, int]) -> Distribution:
        """Return the histogram in these counters. Bounds that only a former version had count for the next bound."""
        prefix = f"{self.prefix}:"
        named = {name.removeprefix(prefix): count for name, count in measures.items() if name.startswith(prefix)}
        total = named.pop("sum", 0) / self.parts
        counts = [(float(bound), count) for bound, count in named.items()]
        bounds = (*self.bounds, math.inf)
        return Distribution([(bound, sum(count for at, count in counts if at <= bound)) for bound in bounds], total)

    def _bucket(self, value: float) -> str:
        place = bisect_left(self.bounds, value)
        return f"{self.prefix}:{self.bounds[place] if place < len(self.bounds) else math.inf}"


DELIVERY = Histogram("delivery", (0.05, 0.1, 0.3, 1, 3, 10, 30, 60, 300, 1800, 7200, 21_600, 86_400, 172_800), 1000)
"""Seconds from the 202 to TikTok's answer, of each event delivered."""
ANSWER = Histogram("answer", (0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20), 1000)
"""Seconds until TikTok answered a request, or until waiting for its answer ended."""
REQUEST_EVENTS = Histogram("request_events", (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000))
REQUEST_BYTES = Histogram("request_bytes", (1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 19, 1 << 20))
