"""Contestants measured in turn, round after round, so that a busy minute of the machine strikes them all alike."""

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Contestant:
    """`work` does `events` events' worth of work whenever it is called."""

    name: str
    events: int
    work: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Timed:
    """What one contestant took, a figure for each round: events a second by the wall, µs of CPU an event."""

    name: str
    rates: list[float]
    cpu_us: list[float]

    @property
    def rate(self) -> float:
        """The median of events a second."""
        return median(self.rates)

    @property
    def per_core(self) -> float:
        """The median of events a second of CPU: what one core does that has nothing else to do."""
        return 1e6 / self.cpu

    @property
    def spread(self) -> tuple[float, float]:
        """The least and the most of events a second of CPU."""
        return 1e6 / max(self.cpu_us), 1e6 / min(self.cpu_us)

    @property
    def cpu(self) -> float:
        """The median of µs of this process's CPU an event."""
        return median(self.cpu_us)


def alternate(contestants: Sequence[Contestant], rounds: int, seconds: float) -> list[Timed]:
    """Each contestant for about `seconds` in each of `rounds` rounds, after one call that warms it up."""
    timed = [Timed(one.name, [], []) for one in contestants]
    for one in contestants:
        one.work()
    for _ in range(rounds):
        for one, record in zip(contestants, timed, strict=True):
            rate, cpu_us = _measure(one, seconds)
            record.rates.append(rate)
            record.cpu_us.append(cpu_us)
    return timed


def _measure(contestant: Contestant, seconds: float) -> tuple[float, float]:
    gc.collect()
    calls, began, cpu_began = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - began < seconds:
        contestant.work()
        calls += 1
    wall, cpu = time.perf_counter() - began, time.process_time() - cpu_began
    events = calls * contestant.events
    return events / wall, cpu * 1e6 / events
