"""Measure the whole pipeline on two cores, stand-in TikTok included, against the version that most teams write."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from benchmarks.report.figures import figure, ratios
from benchmarks.report.result import Result
from benchmarks.support.bed import Bed
from benchmarks.support.data import batches, bulk
from benchmarks.support.load import drive
from benchmarks.support.processes import Process, free_port
from benchmarks.support.waiting import answers, wait_for

DONE_WITHIN_S: Final = 300.0
PLAIN_DOES: Final = "plain: task per batch, POST per event, no fsync; no ledger, isolation, dead letters or pausing"
RELAY_DOES: Final = "relay: every promise kept, AOF always"


@dataclass(frozen=True, slots=True)
class _Load:
    """Bodies of `events` events each for `path`; the plain version gets `for_plain` of them, which take it seconds."""

    name: str
    path: str
    bodies: list[bytes]
    events: int
    connections: int
    for_relay: int
    for_plain: int
    target: float


@dataclass(slots=True)
class _Contestant:
    """Processes behind `url`, and each round's events a second and µs of CPU an event."""

    bed: Bed
    url: str
    processes: Sequence[Process]
    rates: list[float] = field(default_factory=list)
    cpu_us: list[float] = field(default_factory=list)

    def take(self, load: _Load, requests: int) -> None:
        """Measure one round, from the first request to the last arrival."""
        self.bed.tiktok.clear()
        bodies = [load.bodies[n % len(load.bodies)] for n in range(requests)]
        cpu, events = self._cpu_s(), requests * load.events
        outcome = drive(self.url, load.path, bodies, load.connections, 0)
        wait_for(lambda: self.bed.tiktok.count() >= events, f"{events:,} events", DONE_WITHIN_S)
        self.rates.append(events / (self.bed.tiktok.arrivals()[-1].at_s - outcome.began_s))
        self.cpu_us.append((self._cpu_s() - cpu) / events * 1e6)

    def _cpu_s(self) -> float:
        return sum(process.cpu_s() for process in self.processes)


def run(quick: bool) -> list[Result]:
    """Measure single posts and bulk posts, both versions in turn."""
    scale, rounds = (4, 2) if quick else (1, 5)
    single = _Load("single posts", "/v2/events", batches(4_000, 1), 1, 64, 20_000 // scale, 1_000 // scale, 30.0)
    posts = [bulk(batches(100, 5, seed=seed)) for seed in range(8)]
    many = _Load("bulk posts", "/v2/bulkevents", posts, 500, 4, 400 // scale, 4 // scale or 1, 75.0)
    results: list[Result] = []
    with Bed() as bed, Bed(durable=False) as other:
        relay_parts, plain_parts = _relay(bed), _plain(other)
        for load in (single, many):
            relay, plain = _Contestant(bed, *relay_parts), _Contestant(other, *plain_parts)
            _warm_up(relay, plain, load)
            for _ in range(rounds):
                relay.take(load, load.for_relay)
                plain.take(load, load.for_plain)
            results += _results(load, relay, plain)
    return results


def _warm_up(relay: _Contestant, plain: _Contestant, load: _Load) -> None:
    for contestant in (relay, plain):
        contestant.take(load, max(1, load.for_plain // 2))
        contestant.rates.clear()
        contestant.cpu_us.clear()


def _results(load: _Load, relay: _Contestant, plain: _Contestant) -> list[Result]:
    name = load.name
    times = ratios(relay.rates, plain.rates)
    return [
        figure("pipeline", f"{name}: relay", "events/s", relay.rates, better="more", note=RELAY_DOES),
        figure("pipeline", f"{name}: plain", "events/s", plain.rates, better="more", note=PLAIN_DOES),
        figure("pipeline", f"{name}: relay against plain", "×", times, better="more", target=load.target),
        figure("pipeline", f"{name}: relay", "µs CPU/event", relay.cpu_us, better="less", note="all its processes"),
        figure("pipeline", f"{name}: plain", "µs CPU/event", plain.cpu_us, better="less", note="all its processes"),
    ]


def _relay(bed: Bed) -> tuple[str, Sequence[Process]]:
    """Start an ingest and two worker processes, as many as the plain version has."""
    ingest, url = bed.ingest()
    return url, (ingest, bed.worker(), bed.worker(), bed.server)


def _plain(bed: Bed) -> tuple[str, Sequence[Process]]:
    """Start the plain version: its endpoint on uvicorn, its worker with a process per core."""
    environment = {"REDIS_URL": bed.redis_url, "TIKTOK_URL": bed.tiktok.url}
    port, app = free_port(), "benchmarks.plain.app"
    serve = ["-m", "uvicorn", f"{app}:web", "--port", str(port), "--no-access-log", "--log-level", "warning"]
    work = ["-m", "celery", "--app", f"{app}:queue", "worker", "--concurrency", "2", "--loglevel", "WARNING"]
    web = bed.start("plain-web", [sys.executable, *serve], environment)
    worker = bed.start("plain-worker", [sys.executable, *work], environment)
    url = f"http://127.0.0.1:{port}"
    wait_for(lambda: answers(url), "the plain endpoint")
    return url, (web, worker, bed.server)
