"""Measure a backlog: bytes per waiting event in Redis, how fast it drains as it grows, and with a second worker."""

import itertools
from collections.abc import Sequence
from typing import Final

from benchmarks.report.figures import figure, ratios
from benchmarks.report.result import Result
from benchmarks.support.bed import Bed
from benchmarks.support.data import batches, bulk
from benchmarks.support.load import drive
from benchmarks.support.tiktok import Arrival
from benchmarks.support.waiting import wait_for

EVENTS_A_POST: Final = 500
BODIES: Final = [bulk(batches(100, 5, seed=seed)) for seed in range(8)]
DRAINED_WITHIN_S: Final = 300.0
NOTE: Final = "bulk posts of 100 five-event batches"


def run(quick: bool) -> list[Result]:
    """Measure bytes without and with a key; the last 100,000 of a million against 100,000; one worker against two."""
    small, large, rounds = (20_000, 100_000, 1) if quick else (100_000, 1_000_000, 3)
    results = [_bytes(small, encrypted=encrypted) for encrypted in (False, True)]
    with Bed() as bed:
        _, url = bed.ingest()
        drains = [_drain(bed, url, small, 1) for _ in range(rounds)]
        million = _drain(bed, url, large, 1)
        drains += [_drain(bed, url, small, 1) for _ in range(rounds)]
        pairs = [(_drain(bed, url, small, 1), _drain(bed, url, small, 2)) for _ in range(rounds)]
    alone, last = [_rate(drain, small) for drain in drains], _rate(million, small)
    single, double = zip(*((_rate(by_one, small), _rate(by_two, small)) for by_one, by_two in pairs), strict=True)
    return [
        *results,
        figure("backlog", f"drain of {small:,}", "events/s", alone, better="more", note=f"one worker; {NOTE}"),
        figure("backlog", f"drain of {large:,}, whole", "events/s", [_rate(million, large)], better="more"),
        figure(
            "backlog",
            f"last {small:,} of {large:,} against {small:,} alone",
            "×",
            [last / rate for rate in alone],
            better="more",
            target=0.9,
        ),
        figure("backlog", "two workers", "events/s", double, better="more"),
        figure(
            "backlog",
            "two workers against one",
            "×",
            ratios(double, single),
            better="more",
            note="two cores, which the server and the stand-in share",
        ),
    ]


def _bytes(events: int, *, encrypted: bool) -> Result:
    with Bed(encrypted=encrypted) as bed:
        _, url = bed.ingest()
        before = bed.redis.info("memory")["used_memory"]
        _fill(url, events)
        grown = bed.redis.info("memory")["used_memory"] - before
    what = f"Redis memory, {'with a key' if encrypted else 'no key'}"
    target = None if encrypted else 400.0
    return figure("backlog", what, "bytes/event", [grown / events], better="less", target=target, note=NOTE)


def _fill(url: str, events: int) -> None:
    drive(url, "/v2/bulkevents", list(itertools.islice(itertools.cycle(BODIES), events // EVENTS_A_POST)), 4, 0)


def _drain(bed: Bed, url: str, events: int, workers: int) -> Sequence[Arrival]:
    """Return what arrived at the stand-in; the workers start when all events wait."""
    bed.empty()
    _fill(url, events)
    started = [bed.worker() for _ in range(workers)]
    wait_for(lambda: bed.tiktok.count() >= events, f"a drain of {events:,}", DRAINED_WITHIN_S)
    for worker in started:
        worker.stop()
    return bed.tiktok.arrivals()


def _rate(arrivals: Sequence[Arrival], last: int) -> float:
    """Return the events a second over the `last` events, without those of the first of their requests."""
    count, at = 0, len(arrivals)
    while at > 1 and count < last:
        at -= 1
        count += arrivals[at].events
    return count / (arrivals[-1].at_s - arrivals[at - 1].at_s)
