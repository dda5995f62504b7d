"""`python -m benchmarks [PART …]`: measure, print the table, and write JSON and plots if options name files."""

import importlib
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import click
from rich.console import Console

from benchmarks.report.page import with_results
from benchmarks.report.plots import draw
from benchmarks.report.result import Result
from benchmarks.report.tables import as_json, markdown, table

PARTS: Final = {
    "mapping": "JSON in, request out, compared with its floor",
    "worker": "a worker's CPU per event, by how many wait",
    "segment": "Segment's published mapping on the same events",
    "rudderstack": "RudderStack's public mapper on the same events, where it is built",
    "ingest": "CPU per accepted request, requests a second",
    "replicas": "what RELAY_REPLICAS=1 costs one sender and 64",
    "lanes": "append, claim, settle",
    "receipts": "bytes per receipt, traces among three million",
    "profiles": "match keys of a month's purchases, without and with profiles",
    "profile_memory": "bytes of Redis for a profile",
    "backlog": "bytes per waiting event, draining as it grows, two workers",
    "pipeline": "ingest to TikTok, compared with a plain version",
    "latency": "202 to TikTok, without other load",
    "memory": "memory of each process",
    "idle": "CPU while nothing happens",
    "faults": "events lost when processes are killed at random: none",
}


@click.command(epilog=f"Parts: {', '.join(PARTS)}. Without a name, all of them.")
@click.argument("parts", nargs=-1, type=click.Choice(list(PARTS)), metavar="[PART]...")
@click.option("--quick", is_flag=True, help="Take two minutes; the figures are not precise.")
@click.option("--list", "listing", is_flag=True, help="List the parts and measure nothing.")
@click.option(
    "--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the results to this file."
)
@click.option(
    "--markdown", "markdown_file", type=click.Path(path_type=Path, dir_okay=False), help="Write the table to this file."
)
@click.option(
    "--page", type=click.Path(path_type=Path, dir_okay=False, exists=True), help="Renew these rows of this page."
)
@click.option("--plots", type=click.Path(path_type=Path, file_okay=False), help="Draw SVG files into this folder.")
def main(
    parts: Sequence[str],
    quick: bool,
    listing: bool,
    json_file: Path | None,
    markdown_file: Path | None,
    page: Path | None,
    plots: Path | None,
) -> None:
    """Measure relay, part by part, on this machine."""
    console = Console(width=None if sys.stdout.isatty() else 160)
    if listing:
        for name, summary in PARTS.items():
            click.echo(f"{name:10} {summary}")
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that the processes started are stopped
    results: list[Result] = []
    for name in parts or PARTS:
        with Console(stderr=True).status(f"{name}: {PARTS[name]}"):
            measured = importlib.import_module(f"benchmarks.parts.{name}").run(quick)
        console.print(table(measured))
        results += measured
        if json_file:  # after each part, so that a run that is stopped keeps its results
            json_file.write_text(as_json(results) + "\n", encoding="utf-8")
    with_target = [result for result in results if result.target is not None]
    if with_target and len(parts) != 1:
        console.print(table(with_target, "\nTargets (met if the ratio is 1 or more)"))
    if markdown_file:
        markdown_file.write_text(markdown(results), encoding="utf-8")
    if page:
        page.write_text(with_results(page.read_text(encoding="utf-8"), results), encoding="utf-8")
    if plots:
        draw(results, plots)


if __name__ == "__main__":
    main()
