"""`python -m benchmarks.instructions`: print what an event in bulk takes of each process, with receipts and without.

With `--alone`, what an event takes that is posted alone.

Every process runs under callgrind: ingest behind real HTTP, a worker that posts to the stand-in TikTok, and the server.
The work is fixed, so a busy machine changes little: the server's clock ticks once a second, and ingest asks it what is
new.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, nullcontext
from pathlib import Path
from typing import Final, NamedTuple, Self

import click

from benchmarks.instructions.alone import count_alone
from benchmarks.instructions.callgrind import Counter, folder_of_counts, is_there, under_callgrind
from benchmarks.instructions.counted_bed import CountedBed
from benchmarks.instructions.events import A_POST, EVENTS_A_BATCH, KINDS, bodies
from benchmarks.support.load import drive

RECEIPTS: Final = {"without receipts": "0", "with receipts": "64MiB"}


class Count(NamedTuple):
    """Instructions for each event."""

    ingest: float
    worker: float
    server: float

    @property
    def whole(self) -> float:
        """Of all three together."""
        return sum(self)


class _Worker:
    """A worker without Celery, in a process of its own."""

    def __init__(self, bed: CountedBed, folder: Path, receipts: str) -> None:
        command = under_callgrind([sys.executable, "-m", "benchmarks.instructions.worker"], folder)
        environment = {**os.environ, **bed.environment, "RELAY_RECEIPTS_MEMORY": receipts, "PYTHONHASHSEED": "0"}
        self._child = subprocess.Popen(  # noqa: S603 - the benchmark's own command line
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.pid = self._child.pid

    def drain(self, events: int) -> None:
        """Deliver what waits. Raise AssertionError if that is not as many events."""
        ended = 0
        while ended < events:
            if self._child.stdin is None or self._child.stdout is None:
                raise AssertionError("no pipes")
            print("drain", file=self._child.stdin, flush=True)
            answer = self._child.stdout.readline().split()
            if answer[:1] != ["drained"]:
                raise AssertionError("the worker ended")
            ended += int(answer[1])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._child.terminate()
        self._child.wait()


def report_alone(folder: Path) -> Iterator[str]:
    """Yield the lines of the table of events that are posted alone."""
    yield "| posts at once | ingest | worker with Celery | server | whole |"
    yield "|---:|---:|---:|---:|---:|"
    for together, counts in count_alone(folder):
        yield f"| {together} | {' | '.join(f'{each:,.0f}' for each in (*counts, sum(counts)))} |"


def count(kind: str, receipts: str, posts: int, folder: Path) -> Count:
    """Return the instructions of each process for an event of `posts` bulk posts, after as many to warm up."""
    events = posts * A_POST * EVENTS_A_BATCH
    with ExitStack() as stack:
        bed = stack.enter_context(CountedBed(folder))
        bed.environment |= {"RELAY_RECEIPTS_MEMORY": receipts, "PYTHONHASHSEED": "0"}
        ingest, url = bed.ingest()
        worker = stack.enter_context(_Worker(bed, folder, receipts))
        for first in (0, posts):
            counters = [Counter(pid, folder) for pid in (ingest.pid, worker.pid, bed.server.pid)]
            of_ingest, of_worker, of_server = (counter.counting() if first else nullcontext() for counter in counters)
            with of_server:
                with of_ingest:
                    drive(url, "/v2/bulkevents", bodies(kind, posts, first), 1, 0)
                with of_worker:
                    worker.drain(events)
    return Count(*[counter.instructions / events for counter in counters])


def report(kinds: Sequence[str], posts: int, folder: Path) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| events | receipts | ingest | worker | server | whole |"
    yield "|---|---|---:|---:|---:|---:|"
    for kind in kinds:
        counts = []
        for name, memory in RECEIPTS.items():
            counts.append(counted := count(kind, memory, posts, folder))
            yield f"| {kind} | {name} | {' | '.join(f'{each:,.0f}' for each in (*counted, counted.whole))} |"
        more = [(with_ / without - 1) * 100 for without, with_ in zip(*counts, strict=True)]
        whole = (counts[1].whole / counts[0].whole - 1) * 100
        yield f"| {kind} | more | {' | '.join(f'{each:+.1f} %' for each in (*more, whole))} |"


@click.command(epilog="; ".join(f"{name}: {what}" for name, what in KINDS.items()))
@click.argument("kinds", nargs=-1, type=click.Choice(list(KINDS)), metavar="[EVENTS]...")
@click.option("--posts", default=8, show_default=True, help="Bulk posts of 500 events that are counted.")
@click.option("--alone", is_flag=True, help="Count events that are posted alone instead; EVENTS has no effect.")
@click.option("--keep", type=click.Path(path_type=Path, file_okay=False), help="Keep callgrind's files in this folder.")
def main(kinds: Sequence[str], posts: int, alone: bool, keep: Path | None) -> None:
    """Count the instructions of an event in bulk; without EVENTS, of both kinds."""
    if not is_there():
        raise click.ClickException("valgrind is not installed: install the package valgrind of your system")
    with folder_of_counts(keep) as folder:
        for line in report_alone(folder) if alone else report(kinds or list(KINDS), posts, folder):
            click.echo(line)


if __name__ == "__main__":
    main()
