"""Histograms kept as counters in Redis: what a worker raises with a settlement, and how they read back."""

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import NamedTuple


class Distribution(NamedTuple):
    """A histogram read back: how many were at most each bound (the last is infinite), and the sum of all."""

    buckets: list[tuple[float, int]]
    total: float


class Histogram(NamedTuple):
    """One histogram: the prefix of its counters' names, its finite bounds, and how finely its sum is kept.

    `parts` is how many whole parts a unit has: 1000 where seconds are summed in milliseconds.
    """

    prefix: str
    bounds: tuple[float, ...]
    parts: int = 1

    def observe(self, observed: Iterable[tuple[float, int]]) -> dict[str, int]:
        """The counters to raise for values, each seen so many times."""
        raised: dict[str, int] = {}
        for value, times in observed:
            for name, more in ((self._bucket(value), times), (f"{self.prefix}:sum", round(value * self.parts) * times)):
                raised[name] = raised.get(name, 0) + more
        return raised

    def read(self, measures: Mapping[str, int]) -> Distribution:
        """The histogram in these counters. Those of bounds that a former version had count from the next one on."""
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
"""Seconds that TikTok took to answer a request, or not to."""
REQUEST_EVENTS = Histogram("request_events", (1, 2, 5, 10, 25, 50, 100, 250, 500, 1000))
REQUEST_BYTES = Histogram("request_bytes", (1 << 10, 1 << 12, 1 << 14, 1 << 16, 1 << 18, 1 << 19, 1 << 20))
