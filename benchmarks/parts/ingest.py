"""Measure what an accepted request costs ingest, and requests a second: one process with a durable server.

In turn with uvicorn alone, which answers 202 at once to the same bodies: the floor of any ASGI server on it.
"""

import sys
from dataclasses import dataclass
from typing import Final

from benchmarks.report.figures import figure, ratios
from benchmarks.report.result import Result
from benchmarks.support.bed import Bed
from benchmarks.support.data import batches, bulk
from benchmarks.support.load import Outcome, drive
from benchmarks.support.processes import Process, free_port
from benchmarks.support.waiting import READY_WITHIN_S, answers, wait_for

CONNECTIONS: Final = (64, 8)
TARGET_US: Final = {False: 45.0, True: 80.0}
TARGET_TIMES: Final = {False: 1.7, True: 2.3}
"""CPU of a request against that of uvicorn alone, at 64 connections; then that at 8 connections against that at 64."""
TARGET_AT_FEW: Final = 2.0
BULK_BATCHES: Final = 100
NOTE: Final = "AOF always, the 202 after its own write; server and load have the other core"


@dataclass(frozen=True, slots=True)
class _Round:
    """One load: µs of ingest's CPU per accepted request, and the senders' result."""

    cpu_us: float
    outcome: Outcome


def run(quick: bool) -> list[Result]:
    """Measure CPU per accepted request at 64 and 8 connections, without and with encryption; then bulk posts."""
    rounds, seconds = (3, 1.0) if quick else (7, 3.0)
    single = batches(500 if quick else 5_000, 1)
    results: list[Result] = []
    for encrypted in (False, True):
        with Bed(encrypted=encrypted) as bed:
            process, url = bed.ingest()
            bare, bare_url = start_bare(bed)
            for each in (url, bare_url):
                drive(each, "/v2/events", single, 64, 1.0)  # to warm up
            cpu: dict[int, list[float]] = {}
            for connections in CONNECTIONS:
                pairs = [
                    (
                        _load(bed, process, url, single, connections, seconds),
                        _load(bed, bare, bare_url, single, connections, seconds),
                    )
                    for _ in range(rounds)
                ]
                results += _single([ours for ours, _ in pairs], single, connections, encrypted)
                cpu[connections] = [ours.cpu_us for ours, _ in pairs]
                results.append(_times(pairs, connections, encrypted))
            results.append(_few(cpu, encrypted))
            if not encrypted:
                results += _bulk(bed, process, url, rounds, seconds)
    return results


def _load(bed: Bed, process: Process, url: str, bodies: list[bytes], connections: int, seconds: float) -> _Round:
    bed.empty()
    path = "/v2/bulkevents" if bodies[0].startswith(b"[") else "/v2/events"
    before = process.cpu_s()
    outcome = drive(url, path, bodies, connections, seconds)
    return _Round((process.cpu_s() - before) / outcome.requests * 1e6, outcome)


def _single(rounds: list[_Round], bodies: list[bytes], connections: int, encrypted: bool) -> list[Result]:
    what = f"{connections} connections, {'with a key' if encrypted else 'no key'}"
    size = sum(map(len, bodies)) / len(bodies) / 1000
    target = TARGET_US[encrypted] if connections == CONNECTIONS[0] else None
    note = f"one {size:.1f} kB event a request; {NOTE}"
    cpu = [each.cpu_us for each in rounds]
    return [
        figure("ingest", f"CPU, {what}", "µs/request", cpu, better="less", target=target, note=note),
        figure("ingest", f"rate, {what}", "requests/s", [each.outcome.rate for each in rounds], better="more"),
        figure("ingest", f"median answer, {what}", "ms", [each.outcome.median_ms for each in rounds], better="less"),
        figure("ingest", f"p99 answer, {what}", "ms", [each.outcome.p99_ms for each in rounds], better="less"),
    ]


def start_bare(bed: Bed, ready_within_s: float = READY_WITHIN_S) -> tuple[Process, str]:
    """Start uvicorn with an application that answers 202 at once; return it with its URL once it is ready."""
    port = free_port()
    options = ["--port", str(port), "--no-access-log", "--log-level", "warning", "--lifespan", "off"]
    process = bed.start("bare", [sys.executable, "-m", "uvicorn", "benchmarks.plain.bare:app", *options])
    url = f"http://127.0.0.1:{port}"
    wait_for(lambda: answers(url), "uvicorn alone", ready_within_s)
    return process, url


def _times(pairs: list[tuple[_Round, _Round]], connections: int, encrypted: bool) -> Result:
    what = f"CPU, {connections} connections, {'with a key' if encrypted else 'no key'}"
    target = TARGET_TIMES[encrypted] if connections == CONNECTIONS[0] else None
    times = ratios([ours.cpu_us for ours, _ in pairs], [bare.cpu_us for _, bare in pairs])
    return figure("ingest", what, "× uvicorn alone", times, better="less", target=target, note="202 to the same body")


def _few(cpu: dict[int, list[float]], encrypted: bool) -> Result:
    many, few = (cpu[connections] for connections in CONNECTIONS)
    what = f"CPU at 8 connections, {'with a key' if encrypted else 'no key'}"
    return figure("ingest", what, "× that at 64", ratios(few, many), better="less", target=TARGET_AT_FEW)


def _bulk(bed: Bed, process: Process, url: str, rounds: int, seconds: float) -> list[Result]:
    events = BULK_BATCHES * 5
    bodies = [bulk(batches(BULK_BATCHES, 5, seed=seed)) for seed in range(4)]
    loads = [_load(bed, process, url, bodies, 4, seconds) for _ in range(rounds)]
    note = f"{BULK_BATCHES} batches of 5 events a request, 4 connections"
    return [
        figure("ingest", "CPU, bulk", "µs/event", [each.cpu_us / events for each in loads], better="less", note=note),
        figure("ingest", "rate, bulk", "events/s", [each.outcome.rate * events for each in loads], better="more"),
    ]
