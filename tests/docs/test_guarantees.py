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
