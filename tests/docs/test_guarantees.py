"""docs/guarantees.md names tests; each of them exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NAMED = re.compile(r"`(tests/[\w/]+\.py|…)(?:::(\w+))?`")


def named_tests() -> list[tuple[str, str]]:
    """(file, test) pairs; `…` stands for the file named before it."""
    pairs, file = [], ""
    for where, test in NAMED.findall((ROOT / "docs/guarantees.md").read_text(encoding="utf-8")):
        file = where if where != "…" else file
        pairs.append((file, test))
    return pairs


@pytest.mark.parametrize(("file", "test"), named_tests())
def test_a_test_that_a_guarantee_rests_on_exists(file: str, test: str) -> None:
    """By its file and its name."""
    source = (ROOT / file).read_text(encoding="utf-8")
    assert f"def {test}(" in source if test else "def test_" in source


def test_every_promise_names_its_tests() -> None:
    """All seven."""
    assert len(named_tests()) > 20


def test_every_promise_about_failing_machines_names_a_test() -> None:
    """Each row, and the rows are those of one Redis, cells, two disks and always."""
    text = (ROOT / "docs/guarantees.md").read_text(encoding="utf-8")
    section = text.partition("#### When machines fail")[2].partition("\n### ")[0]
    rows = [line.strip("|").split(" | ") for line in section.splitlines() if line.startswith("| ")][1:]
    assert [what.strip() for what, *_ in rows if what.strip()] == [
        "one Redis",
        "[cells](cells.md)",
        "[two disks](two-disks.md)",
        "always",
    ]
    assert [promise for _, promise, tests in rows if not NAMED.search(tests)] == []
