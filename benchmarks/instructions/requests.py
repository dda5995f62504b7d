"""`python -m benchmarks.instructions.requests`: count what a request with one event takes of ingest.

Ingest runs under callgrind behind real HTTP and appends to a durable server. In the same way, uvicorn answers 202 at
once to the same bodies. What ingest does beside requests does not run.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import click

from benchmarks.instructions.callgrind import Counter, folder_of_counts, is_there
from benchmarks.instructions.counted_bed import READY_WITHIN_S, CountedBed
from benchmarks.parts.ingest import CONNECTIONS, start_bare
from benchmarks.support.bed import Bed
from benchmarks.support.data import batches
from benchmarks.support.load import drive
from benchmarks.support.processes import Process

TO_WARM_UP: Final = 300


class _IngestCounted(CountedBed):
    """Counts ingest and uvicorn, not the server; what ingest does beside requests does not run."""

    def start(self, name: str, command: list[str], environment: Mapping[str, str] | None = None) -> Process:
        """Start a process, all but the server under callgrind."""
        if name == "server":
            return Bed.start(self, name, command, environment)
        words = ["-m", "benchmarks.instructions.ingest"] if name == "ingest" else command[1:]
        return super().start(name, words, environment)


def count(process: Process, url: str, requests: int, connections: int, folder: Path) -> float:
    """Return the instructions of the process for each of these requests, after others to warm up."""
    bodies = batches(TO_WARM_UP + requests, 1)
    drive(url, "/v2/events", bodies[:TO_WARM_UP], connections, 0)
    counter = Counter(process.pid, folder)
    with counter.counting():
        drive(url, "/v2/events", bodies[TO_WARM_UP:], connections, 0)
    return counter.instructions / requests


def report(requests: int, folder: Path) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| connections | uvicorn alone | ingest | × | with a key | × |"
    yield "|---:|---:|---:|---:|---:|---:|"
    for connections in CONNECTIONS:
        counts = []
        for encrypted in (False, True):
            with _IngestCounted(folder, encrypted=encrypted) as bed:
                bed.environment["PYTHONHASHSEED"] = "0"
                if not encrypted:
                    counts.append(count(*start_bare(bed, READY_WITHIN_S), requests, connections, folder))
                counts.append(count(*bed.ingest(), requests, connections, folder))
        bare, plain, keyed = counts
        yield f"| {connections} | {bare:,.0f} | {plain:,.0f} | {plain / bare:.2f} | {keyed:,.0f} | {keyed / bare:.2f} |"


@click.command()
@click.option("--requests", default=2_000, show_default=True, help="Requests that are counted, each of one event.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep callgrind's files in this folder.")
def main(requests: int, keep: Path | None) -> None:
    """Count the instructions of a request at 64 and 8 connections, without a key and with one."""
    if not is_there():
        raise click.ClickException("valgrind is not installed: install the package valgrind of your system")
    with folder_of_counts(keep) as folder:
        for line in report(requests, folder):
            click.echo(line)


if __name__ == "__main__":
    main()
