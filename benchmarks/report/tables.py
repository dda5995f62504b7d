"""Write results as tables and as JSON; the command line that all parts share."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from benchmarks.report.result import Result


def table(results: Sequence[Result], title: str | None = None) -> Table:
    """Return a table with a row for each result and its target; numbered notes stand below."""
    notes = list(dict.fromkeys(result.note for result in results if result.note))
    caption = "\n".join(f"{number}. {note}" for number, note in enumerate(notes, start=1))
    shown = Table(title=title, title_justify="left", caption=caption, caption_justify="left", box=None, pad_edge=False)
    for heading in ("part", "what"):
        shown.add_column(heading)
    for heading in ("measured", "worst to best", "target", "ratio"):
        shown.add_column(heading, justify="right")
    for heading in ("", "unit", "note"):
        shown.add_column(heading)
    for one in results:
        spread = (one.low, one.high) if one.better == "more" else (one.high, one.low)
        shown.add_row(
            one.part,
            one.what,
            _number(one.value),
            " … ".join(map(_number, spread)),
            "" if one.target is None else f"{'≥' if one.better == 'more' else '≤'} {_number(one.target)}",
            "" if one.ratio is None else f"{one.ratio:.2f}",
            "" if one.ratio is None else "[green]met[/]" if one.ratio >= 1 else "[red]missed[/]",
            one.unit,
            str(notes.index(one.note) + 1) if one.note else "",
        )
    return shown


def markdown(results: Sequence[Result]) -> str:
    """Return the same rows as a Markdown table, without notes."""
    lines = ["| part | what | measured | worst to best | target | ratio | |", "|---|---|---:|---:|---:|---:|---|"]
    for one in results:
        spread = (one.low, one.high) if one.better == "more" else (one.high, one.low)
        asked = ("", "", "")
        if one.target is not None and one.ratio is not None:
            sign, verdict = "≥" if one.better == "more" else "≤", "met" if one.ratio >= 1 else "**missed**"
            asked = (f"{sign} {_number(one.target)}", f"{one.ratio:.2f}", verdict)
        cells = (one.part, one.what, f"{_number(one.value)} {one.unit}", " … ".join(map(_number, spread)), *asked)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def as_json(results: Sequence[Result]) -> str:
    """Return a JSON list of objects with the fields of `Result` and its ratio."""
    return json.dumps([{**asdict(result), "ratio": result.ratio} for result in results], indent=1, ensure_ascii=False)


def command(run: Callable[[bool], list[Result]]) -> click.Command:
    """Run the command line of a single part: `python -m benchmarks.parts.<part> [--quick] [--json]`."""

    @click.command(help=sys.modules[run.__module__].__doc__)
    @click.option("--quick", is_flag=True, help="A few seconds, for trying out; the figures mean little.")
    @click.option("--json", "wants_json", is_flag=True, help="JSON alone on standard output.")
    def measure(quick: bool, wants_json: bool) -> None:
        results = run(quick)
        if wants_json:
            click.echo(as_json(results))
        else:
            Console().print(table(results))

    return measure


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
