"""docs/bounds.md names every bound with the figure that stands in the code, and a test that exists."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("config", "console", "delivery", "ingest", "lanes", "mapping", "operations", "process", "store", "worker")
CELL = re.compile(r"`((?:[\w]+\.)+|….)(\w+)` (\d+(?:[.,]\d+)*)(?: (KiB|MiB|s|h|days))?")
UNIT = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "s": 1, "h": 3600, "days": 86_400}
IS_A_BOUND = re.compile(r"_?(MOST|LARGEST|LONGEST|MAX)_\w+|\w+_SHARE|THREADS|[A-Z]\w*_KEPT")
NO_BOUND = {
    "console.pages.dead_letters.bulk_actions.MOST_REASONS": "what a page shows at first",
    "console.pages.dead_letters.bulk_actions._MOST_MS": "a time, checked as such",
    "console.request.MOST_DIGITS": "of a number in a form, which has its bound in bytes",
    "delivery.search.MOST_APART": "how a search goes on, within its bound in seconds",
    "mapping.incoming.flags._LONGEST_NAME": "names are compared, not kept",
    "mapping.incoming.identity_names._LONGEST_NAME": "names are compared, not kept",
    "mapping.people.ip_observations._MOST_SUBJECTS": "within one batch, which has its bound",
    "mapping.values._LARGEST_INT": "what TikTok's numbers may be",
    "operations.status.daily.MOST_DAYS": "lanes.daily_counts.DAYS_KEPT by another name",
    "operations.erasure.MOST_ROUNDS": "how often an erasure looks again",
    "operations.dead_letters.exact_json.MOST_NESTING": "of a dead letter, which has its bound in bytes",
    "operations.preview.test_events.MOST_REQUESTS": "requests of a test event",
}
"""Names that sound like bounds of something that grows, and why they are none."""


def rows() -> list[str]:
    """The lines of the tables."""
    page = (ROOT / "docs/bounds.md").read_text(encoding="utf-8").partition("## Figures")[0]
    return [line for line in page.splitlines() if line.startswith("| ") and "in code" not in line]


def named() -> Iterator[tuple[str, str, float]]:
    """Each constant of the column `in code`: module, name, figure."""
    for row in rows():
        module, code = "", row.split("|")[4]
        for where, name, figure, unit in CELL.findall(code):
            module = where[:-1] if "…" not in where else module
            value = float(figure.replace(",", "")) * UNIT[unit]
            yield module, name, value


CONSTANTS = list(named())


@pytest.mark.parametrize(("module", "name", "figure"), CONSTANTS, ids=lambda one: str(one)[:40])
def test_the_page_says_what_the_code_does(module: str, name: str, figure: float) -> None:
    """Milliseconds are told in seconds."""
    value = getattr(import_module(module), name)
    assert (value / 1000 if name.endswith("_MS") else value) == figure, (module, name)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.split("|")[1].strip()[:40])
def test_each_figure_of_the_code_stands_in_the_bound(row: str) -> None:
    """Someone who changes one cell must change the other; a bound in words has its number in words."""
    words = {"2": "two", "30 days": "30 days", "90": "90 days"}
    bound = row.split("|")[2] + row.split("|")[3]
    for _, _, figure, unit in CELL.findall(row.split("|")[4]):
        told = f"{figure} {unit}".strip()
        assert told in bound or figure in bound or words.get(figure, told) in bound, (told, bound)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.split("|")[1].strip()[:40])
def test_each_bound_names_a_test_that_exists(row: str) -> None:
    """A file, and the cell is not empty."""
    files = re.findall(r"`(tests/[\w/]+\.py)`", row.split("|")[5])
    assert files
    assert all((ROOT / file).exists() for file in files), files


def bounds_in_code() -> Iterator[str]:
    """The constants whose names say that something is bounded."""
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
            for node in ast.parse(file.read_text(encoding="utf-8")).body:
                target = node.target if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [None])[0]
                if isinstance(target, ast.Name) and IS_A_BOUND.fullmatch(target.id):
                    yield f"{module}.{target.id}"


def test_no_bound_of_the_code_is_missing_on_the_page() -> None:
    """A new one gets a row, or a reason here why nothing grows with what others choose."""
    told = {f"{module}.{name}" for module, name, _ in CONSTANTS}
    there = {*bounds_in_code()}
    assert there - told - NO_BOUND.keys() == set()
    assert NO_BOUND.keys() - there == set()
    assert len(CONSTANTS) > 60
