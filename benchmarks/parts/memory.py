"""Measure the memory of the processes under a constant load."""

import threading
import time
from statistics import median
from typing import Final

from benchmarks.report.figures import figure
from benchmarks.report.result import Result
from benchmarks.support.bed import Bed
from benchmarks.support.data import batches, bulk
from benchmarks.support.load import drive
from benchmarks.support.processes import Process

MB: Final = 1_000_000
EVERY_S: Final = 0.5
CONNECTIONS: Final = 2


def run(quick: bool) -> list[Result]:
    """Measure the PSS of a worker and of ingest while both are busy; growth is from the second quarter to the last."""
    seconds = 8 if quick else 60
    with Bed() as bed:
        ingest, url = bed.ingest()
        worker = bed.worker()
        bodies = [bulk(batches(20, 5, seed=seed)) for seed in range(50)]
        load = threading.Thread(target=drive, args=(url, "/v2/bulkevents", bodies, CONNECTIONS, seconds))
        load.start()
        workers, ingests = _watch(load, [worker, ingest])
        load.join()
        events = bed.tiktok.count()
    note = f"PSS over {seconds} s and {events:,} events; make soak watches it for an hour"
    return [
        figure("memory", "worker, at most", "MB", [max(workers)], better="less", target=110.0, note=note),
        figure("memory", "worker's growth", "MB", [_growth(workers)], better="less"),
        figure("memory", "ingest", "MB", ingests, better="less"),
    ]


def _watch(load: threading.Thread, processes: list[Process]) -> list[list[float]]:
    """Return each process's MB, every half second while the load lasts."""
    seen: list[list[float]] = [[] for _ in processes]
    while load.is_alive():
        for process, kept in zip(processes, seen, strict=True):
            kept.append(process.pss_bytes() / MB)
        time.sleep(EVERY_S)
    return seen


def _growth(seen: list[float]) -> float:
    quarter = len(seen) // 4
    return median(seen[-quarter:]) - median(seen[quarter : 2 * quarter])
