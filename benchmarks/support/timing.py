"""Measure contestants in turn, round after round, so that other load on the machine affects all of them alike."""

import gc
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Contestant:
    """One contestant. Each call of `work` handles `events` events."""

    name: str
    events: int
    work: Callable[[], object]


@dataclass(frozen=True, slots=True)
class Timed:
    """The figures of one contestant, one a round: events a second of time, and µs of CPU an event."""

    name: str
    rates: list[float]
    cpu_us: list[float]

    @property
    def rate(self) -> float:
        """The median of events a second."""
        return median(self.rates)

    @property
    def per_core(self) -> float:
        """The median of events a second of CPU: the rate of a core that does nothing else."""
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
    """Run each contestant for about `seconds` in each of `rounds` rounds, after one call to warm up."""
    timed = [Timed(contestant.name, [], []) for contestant in contestants]
    for contestant in contestants:
        contestant.work()
    for _ in range(rounds):
        for contestant, record in zip(contestants, timed, strict=True):
            rate, cpu_us = _measure(contestant, seconds)
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
