"""Measure the CPU that a relay takes while nothing happens: ingest, two workers and the server."""

import time
from typing import Final

from benchmarks.report.figures import figure
from benchmarks.report.result import Result
from benchmarks.support.bed import Bed
from benchmarks.support.processes import Process

SETTLE_S: Final = 10.0
MOST_PERCENT: Final = 2.0
WORKERS: Final = 2


def run(quick: bool) -> list[Result]:
    """Let all processes start, then read their CPU before and after a minute without a request."""
    rounds, seconds = (1, 10.0) if quick else (3, 20.0)
    with Bed() as bed:
        ingest, _ = bed.ingest()
        parts: dict[str, list[Process]] = {
            "ingest": [ingest],
            "workers": [bed.worker() for _ in range(WORKERS)],
            "server": [bed.server],
        }
        time.sleep(SETTLE_S)
        measured = [_percent(parts, seconds) for _ in range(rounds)]
    sums = [sum(each.values()) for each in measured]
    note = f"ingest, {WORKERS} workers and the server"
    return [
        figure("idle", "CPU of an idle relay", "% of a core", sums, better="less", target=MOST_PERCENT, note=note),
        *(
            figure("idle", f"CPU, {name}", "% of a core", [each[name] for each in measured], better="less")
            for name in parts
        ),
    ]


def _percent(parts: dict[str, list[Process]], seconds: float) -> dict[str, float]:
    before = {name: sum(process.cpu_s() for process in processes) for name, processes in parts.items()}
    began = time.monotonic()
    time.sleep(seconds)
    passed = time.monotonic() - began
    return {
        name: 100 * (sum(process.cpu_s() for process in processes) - before[name]) / passed
        for name, processes in parts.items()
    }
