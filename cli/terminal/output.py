"""What commands print: JSON alone on stdout, tables for people, everything else on stderr."""

import os
import re
from collections.abc import Callable, Sequence
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.highlighter import JSONHighlighter
from rich.table import Table
from rich.text import Text

PIPE_WIDTH = 110

MUTED = "dim"
GOOD = "green"
BAD = "red"
CAREFUL = "yellow"

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")

STATE_STYLES = {"healthy": GOOD, "backing_off": CAREFUL, "paused": BAD, "disabled": MUTED, "removed": CAREFUL}

AsCell = Callable[[Any], str | Text]


def print_json(value: object) -> None:
    """Write `value` as JSON, alone on stdout, in UTF-8 whatever the terminal's; `msgspec.Raw` inside stays as it is."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))


def json_text(value: object) -> Text:
    """Return `value` as indented JSON for people, in colours; its numbers as they are, however large."""
    written = plain(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
    return JSONHighlighter()(written)


def console(*, record: bool = False) -> Console:
    """stdout for people; `record` keeps what is printed, for export. In a pipe or a file lines are 110 wide.

    What stands in brackets is text: events hold whatever their senders like.
    """
    made = Console(highlight=False, emoji=False, markup=False, record=record)
    if record or not (made.is_terminal or "COLUMNS" in os.environ):
        made.width = PIPE_WIDTH
    return made


def note(sentence: str) -> None:
    """A line on stderr: never part of an answer."""
    click.echo(sentence, err=True)


def table(*columns: str, title: str | None = None, right: Sequence[str] = ()) -> Table:
    """An empty table in the one look that all of them have; `right` are the columns of numbers."""
    made = Table(title=title, title_justify="left", title_style="bold", header_style=MUTED, box=None, pad_edge=False)
    for column in columns:
        made.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return made


def count(number: int) -> Text:
    """A number in a table: zeros step back."""
    return Text(f"{number:,}", style=MUTED if number == 0 else "")


def state(name: str) -> Text:
    """A connection's state."""
    return Text(name.replace("_", " "), style=STATE_STYLES.get(name, ""))


def plain(text: str) -> str:
    """`text` of an event, safe to print: what could move a terminal's cursor becomes a visible mark."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
