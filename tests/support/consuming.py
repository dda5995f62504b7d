"""`relay consume` as a process, beside the inside of a worker that drains what it appended."""

import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from support.bench import HEADER, Bench
from support.plant import Process
from support.product import RELAY
from support.queues import Queue

from config.sources.model import DEFAULT_CONSUMER_GROUP

CONNECTION = HEADER + "    enable_web_migration: true\n"


def source_lines(queue: Queue, name: str = "batches", *lines: str) -> str:
    """Return an entry of `sources:` for the queue; without `lines`, its messages are of the input `web`."""
    if queue.source.consumer_group != DEFAULT_CONSUMER_GROUP:
        lines = (*(lines or ("input: web",)), f"consumer_group: {queue.source.consumer_group}")
    more = "".join(f"    {line}\n" for line in lines or ("input: web",))
    return f"  - id: {name}\n    url: {queue.url}\n    queue: {queue.source.queue}\n{more}"


def declare(bench: Bench, *sources: str) -> None:
    """Write the configuration with these sources."""
    text = CONNECTION + ("sources:\n" + "".join(sources) if sources else "")
    whole = bench.path.with_suffix(".new")
    whole.write_text(text)
    whole.replace(bench.path)


@contextmanager
def consuming(directory: Path, redis_url: str, processes: int = 1, **environment: str) -> Iterator[Sequence[Process]]:
    """Run `relay consume`; at the end, stop it as a supervisor does."""
    running = [
        Process(
            f"consume-{number}",
            [str(RELAY), "consume"],
            {"RELAY_REDIS_URL": redis_url, "RELAY_LOG_FORMAT": "json", **environment},
            directory / f"consume-{number}.log",
        )
        for number in range(processes)
    ]
    try:
        yield running
    finally:
        for process in running:
            process.stop()


def log_of(directory: Path, number: int = 0) -> str:
    """Return what a process wrote."""
    return (directory / f"consume-{number}.log").read_text()


def status(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of an operator."""
    return subprocess.run([RELAY, *arguments], capture_output=True, text=True, check=False, timeout=100)
