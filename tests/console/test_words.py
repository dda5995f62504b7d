"""Commands, pages and the glossary have one word for one thing."""

import re
from datetime import date
from pathlib import Path
from typing import get_args

import pytest
from rich.table import Table

from cli.preview.command import _matching
from cli.status.days import _NUMBERS
from cli.status.match_keys import _table
from cli.status.screen import _COLUMNS
from cli.terminal.output import state
from console.rendering import Templates
from operations.match_keys import KeyCounts, MatchKeyDay
from operations.preview.match_keys import Matching
from operations.status.connections import State

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "console/templates"
GLOSSARY = (ROOT / "docs/glossary.md").read_text(encoding="utf-8")


def headings(template: str, first: str) -> list[str]:
    """Return the headings of the table of this template whose first heading is `first`, in small letters."""
    heads = re.findall(r"<thead>(.*?)</thead>", (PAGES / template).read_text(encoding="utf-8"), re.DOTALL)
    found = [re.findall(r"<th[^>]*>([^<{]*)</th>", head) for head in heads]
    [names] = [names for names in found if names and names[0] == first]
    return [name.lower() for name in names]


def columns(table: Table) -> list[str]:
    """Return the headings of a command's table."""
    return [str(column.header) for column in table.columns]


def test_a_day_has_the_same_counts() -> None:
    """`relay status --days` and the overview."""
    assert headings("overview.html", "Received on")[1:] == [name.replace("_", "-") for name in _NUMBERS]


def test_match_keys_have_the_same_columns() -> None:
    """`relay status --match-keys` and its page, which also has a trend."""
    shown = _table(MatchKeyDay("shop", date(2026, 11, 24), {}), "Purchase", KeyCounts())
    page = headings("match_keys.html", "Match key")
    assert [name for name in page if name != "trend"] == columns(shown)


def test_a_preview_has_the_same_columns_as_match_keys() -> None:
    """`relay preview` and Try it: what is counted of events that were sent, and where a value comes from."""
    shown = _matching(Matching(())).renderables[0]  # type: ignore[attr-defined]
    page = headings("try_it/results.html", "Match key")
    assert columns(shown) == page
    assert set(page) - set(headings("match_keys.html", "Match key")) == {"from"}


@pytest.mark.parametrize("name", get_args(State))
def test_a_state_has_one_name(name: State) -> None:
    """In commands, in the console and in the glossary."""
    template = Templates()._environment.from_string("{% import 'macros.html' as m %}{{ m.state(name) }}")
    word = state(name).plain
    assert f">{word}</span>" in template.render(name=name)
    [row] = [line for line in GLOSSARY.splitlines() if "the states of a connection" in line]
    assert word in row.split("|")[1]


COUNTED = {"Accepted": "accepted", "Delivered": "delivered", "Dead letters": "dead letters", "Waiting": "waiting"}


def test_the_overview_counts_in_the_words_of_status() -> None:
    """And the glossary has each of them."""
    text = (PAGES / "overview.html").read_text(encoding="utf-8")
    names = re.findall(r"<div><dt>([^<]*)</dt>", text)
    assert sorted(names) == sorted(COUNTED)
    assert set(COUNTED.values()) <= {column.name.replace("\n", " ") for column in _COLUMNS}
    assert all(re.search(rf"^\|[^|]*\b{word.rstrip('s')}\b", GLOSSARY, re.MULTILINE) for word in COUNTED.values())
