"""Print what commands answer: JSON alone on stdout, tables for people, every remark on stderr."""

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

from operations.format import state_name

PIPE_WIDTH = 110

MUTED = "dim"
GOOD = "green"
BAD = "red"
CAREFUL = "yellow"

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")

STATE_STYLES = {"healthy": GOOD, "backing_off": CAREFUL, "paused": BAD, "disabled": MUTED, "removed": CAREFUL}

AsCell = Callable[[Any], str | Text]


def print_json(value: object) -> None:
    """Write `value` as JSON on stdout, always in UTF-8; `msgspec.Raw` inside stays byte for byte."""
    click.echo(msgspec.json.format(msgspec.json.encode(value), indent=2))


def json_text(value: object) -> Text:
    """Return `value` as indented JSON in colours; numbers of any size stay exact."""
    formatted = plain(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
    return JSONHighlighter()(formatted)


def console(*, record: bool = False) -> Console:
    """Return a console on stdout for people; `record` keeps what is printed, for export.

    In a pipe or a file, lines are 110 characters wide. Text in brackets is no markup: senders choose texts of events.
    """
    output = Console(highlight=False, emoji=False, markup=False, record=record)
    if record or not (output.is_terminal or "COLUMNS" in os.environ):
        output.width = PIPE_WIDTH
    return output


def note(sentence: str) -> None:
    """Print a remark on stderr, where it is never part of an answer."""
    click.echo(sentence, err=True)


def table(*columns: str, title: str | None = None, right: Sequence[str] = ()) -> Table:
    """Return an empty table in the style of all tables; `right` names the columns of numbers."""
    empty = Table(title=title, title_justify="left", title_style="bold", header_style=MUTED, box=None, pad_edge=False)
    for column in columns:
        empty.add_column(column, justify="right" if column in right else "left", overflow="fold")
    return empty


def count(number: int) -> Text:
    """Return a number as a cell of a table; zeros are dimmed."""
    return Text(f"{number:,}", style=MUTED if number == 0 else "")


def state(name: str) -> Text:
    """Return a connection's state as a cell, in its colour."""
    return Text(state_name(name), style=STATE_STYLES.get(name, ""))


def plain(text: str) -> str:
    """Return an event's text safe to print: control characters become a visible mark."""
    return _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
