"""Draw results as bar charts: which results, and under which names."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.report.result import Result
from benchmarks.report.svg import Bar, bar_chart


class BarRow(NamedTuple):
    """One bar: its label, and the part and name of its result."""

    label: str
    part: str
    what: str
    ours: bool = True


class Plot(NamedTuple):
    """One file. Rows without a result are omitted."""

    file: str
    title: str
    unit: str
    rows: tuple[BarRow, ...]


PLOTS: Final = (
    Plot(
        "pipeline.svg",
        "From the first request to the last arrival at TikTok, two cores",
        "events/s",
        (
            BarRow("relay, bulk posts", "pipeline", "bulk posts: relay"),
            BarRow("a task per batch, bulk posts", "pipeline", "bulk posts: plain", ours=False),
            BarRow("relay, single posts", "pipeline", "single posts: relay"),
            BarRow("a task per batch, single posts", "pipeline", "single posts: plain", ours=False),
        ),
    ),
    Plot(
        "mapping.svg",
        "Mapping one event a batch with three products, one core",
        "events/s",
        (
            BarRow("relay, 1 event a batch", "segment", "relay"),
            BarRow("Segment's published package", "segment", "Segment", ours=False),
        ),
    ),
    Plot(
        "ingest.svg",
        "CPU of ingest for an accepted request (dashed: the target)",
        "µs/request",
        tuple(
            BarRow(what, "ingest", f"CPU, {what}")
            for what in (
                "64 connections, no key",
                "64 connections, with a key",
                "8 connections, no key",
                "8 connections, with a key",
            )
        ),
    ),
    Plot(
        "backlog.svg",
        "Draining a backlog",
        "events/s",
        (
            BarRow("100,000, one worker", "backlog", "drain of 100,000"),
            BarRow("1,000,000, one worker", "backlog", "drain of 1,000,000, whole"),
            BarRow("100,000, two workers", "backlog", "two workers"),
        ),
    ),
)


def draw(results: Sequence[Result], folder: Path) -> None:
    """Write each plot that has at least one result."""
    folder.mkdir(parents=True, exist_ok=True)
    found = {(one.part, one.what, one.unit): one for one in results}
    for plot in PLOTS:
        known = [(row, found.get((row.part, row.what, plot.unit))) for row in plot.rows]
        bars = [_bar(row, result) for row, result in known if result is not None]
        if bars:
            (folder / plot.file).write_text(bar_chart(plot.title, plot.unit, bars), encoding="utf-8")


def _bar(row: BarRow, result: Result) -> Bar:
    return Bar(row.label, result.value, result.low, result.high, row.ours, result.target)
