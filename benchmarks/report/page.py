"""Renew the table of docs/performance.md: the rows of the parts that were measured; others stay."""

import re
from collections.abc import Sequence
from typing import Final

from benchmarks.report.result import Result
from benchmarks.report.tables import markdown

_TABLE: Final = re.compile(r"(<!-- bench -->\n)(.*)(<!-- end of bench -->)", re.DOTALL)


class NoTable(Exception):
    """The page has no place for the table: put <!-- bench --> and <!-- end of bench --> into it."""


def with_results(page: str, results: Sequence[Result]) -> str:
    """Return the page with the results that have a target in place of those of the same parts. Raise NoTable."""
    found = _TABLE.search(page)
    if found is None:
        raise NoTable(NoTable.__doc__)
    head, rows = _lines(markdown([result for result in results if result.target is not None]))
    measured = {result.part for result in results}
    old = [row for row in _lines(found[2])[1] if _part(row) not in measured]
    parts = list(dict.fromkeys(map(_part, [*_lines(found[2])[1], *rows])))
    kept = sorted([*old, *rows], key=lambda row: parts.index(_part(row)))
    return page[: found.start()] + found[1] + "".join([*head, *kept]) + found[3] + page[found.end() :]


def _lines(table: str) -> tuple[list[str], list[str]]:
    """Return the two lines of the table's head, and its rows."""
    lines = [line for line in table.splitlines(keepends=True) if line.startswith("|")]
    return lines[:2], lines[2:]


def _part(row: str) -> str:
    return row.split("|")[1].strip()
