"""docs/bounds.md lists every bound with the figure that the code has, and with a test that exists."""

import ast
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "config",
    "console",
    "consume",
    "delivery",
    "ingest",
    "lanes",
    "mapping",
    "operations",
    "process",
    "store",
    "worker",
)
CELL = re.compile(r"`((?:[\w]+\.)+|….)(\w+)` (\d+(?:[.,]\d+)*)(?: (KiB|MiB|s|h|days))?")
UNIT = {"": 1, "KiB": 1 << 10, "MiB": 1 << 20, "s": 1, "h": 3600, "days": 86_400}
IS_A_BOUND = re.compile(r"_?(MOST|LARGEST|LONGEST|MAX)_\w+|\w+_SHARE|THREADS|[A-Z]\w*_KEPT")
NO_BOUND = {
    "config.errors._LONGEST_LIST": "the part of a problem that a log event shows; `relay check` shows all of it",
    "config.profiles.fields.LONGEST_S": "a time, checked as such",
    "config.profiles.fields.LONGEST_WINDOW_S": "a time, checked as such",
    "console.pages.dead_letters.bulk_actions.MOST_REASONS": "the part of a list that a page shows at first",
    "console.pages.dead_letters.bulk_actions._MOST_MS": "a time, checked as such",
    "console.request.MOST_DIGITS": "digits of a number in a form, which has a bound in bytes",
    "ingest.http.known_head.MOST_MISSES": "how often a connection learns a head before it stops",
    "ingest.http.known_head._LONGEST_NUMBER": "a longer Content-Length is parsed, and above the bound of a request",
    "ingest.messages.parts.MOST_FAILURES": "how often a fault of relay is tried again",
    "consume.sources.sqs.MOST_AT_ONCE": "what SQS gives in one answer",
    "delivery.search.MOST_APART": "a part of a search, which has a bound in seconds",
    "mapping.incoming.flags._LONGEST_NAME": "names are compared, not kept",
    "mapping.incoming.identity_names._LONGEST_NAME": "names are compared, not kept",
    "mapping.profiles.subjects.MOST_SUBJECTS": "within one batch, which has a bound",
    "mapping.conditions.operators._MOST_DIGITS": "a longer part of a version is no version",
    "mapping.values._LARGEST_INT": "the range of TikTok's numbers",
    "operations.status.daily.MOST_DAYS": "lanes.names.DAYS_KEPT by another name",
    "operations.erasure.MOST_ROUNDS": "how often an erasure reads again",
    "operations.dead_letters.exact_json.MOST_NESTING": "nesting in a dead letter, which has a bound in bytes",
    "operations.preview.test_events.MOST_REQUESTS": "requests of a test event",
}
"""Names that look like bounds, and why nothing grows there with what others choose."""


def rows() -> list[str]:
    """Return the rows of the tables."""
    page = (ROOT / "docs/bounds.md").read_text(encoding="utf-8").partition("## Figures")[0]
    return [line for line in page.splitlines() if line.startswith("| ") and "in code" not in line]


def named() -> Iterator[tuple[str, str, float]]:
    """Yield each constant of the column `in code`: module, name, figure."""
    for row in rows():
        module, code = "", row.split("|")[4]
        for where, name, figure, unit in CELL.findall(code):
            module = where[:-1] if "…" not in where else module
            value = float(figure.replace(",", "")) * UNIT[unit]
            yield module, name, value


CONSTANTS = list(named())


@pytest.mark.parametrize(("module", "name", "figure"), CONSTANTS, ids=lambda value: str(value)[:40])
def test_the_page_has_the_figure_of_the_code(module: str, name: str, figure: float) -> None:
    """The page has seconds where the code has milliseconds."""
    value = getattr(import_module(module), name)
    assert (value / 1000 if name.endswith("_MS") else value) == figure, (module, name)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.split("|")[1].strip()[:40])
def test_each_figure_of_the_code_is_in_the_bound(row: str) -> None:
    """Both cells of a row change together; a bound in words has its number in words."""
    words = {"2": "two", "30 days": "30 days", "90": "90 days"}
    bound = row.split("|")[2] + row.split("|")[3]
    for _, _, figure, unit in CELL.findall(row.split("|")[4]):
        text = f"{figure} {unit}".strip()
        assert text in bound or figure in bound or words.get(figure, text) in bound, (text, bound)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.split("|")[1].strip()[:40])
def test_each_bound_names_a_test_that_exists(row: str) -> None:
    """Each file exists, and the cell is not empty."""
    files = re.findall(r"`(tests/[\w/]+\.py)`", row.split("|")[5])
    assert files
    assert all((ROOT / file).exists() for file in files), files


def bounds_in_code() -> Iterator[str]:
    """Yield the constants whose names say that something is bounded."""
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            module = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            for node in ast.parse(file.read_text(encoding="utf-8")).body:
                target = node.target if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [None])[0]
                if isinstance(target, ast.Name) and IS_A_BOUND.fullmatch(target.id):
                    yield f"{module}.{target.id}"


def test_no_bound_of_the_code_is_missing_on_the_page() -> None:
    """A new one gets a row, or a line in `NO_BOUND`."""
    on_page = {f"{module}.{name}" for module, name, _ in CONSTANTS}
    in_code = {*bounds_in_code()}
    assert in_code - on_page - NO_BOUND.keys() == set()
    assert NO_BOUND.keys() - in_code == set()
    assert len(CONSTANTS) > 60
