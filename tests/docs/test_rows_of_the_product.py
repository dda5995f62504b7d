"""Every row of the product's specification has a case in some table of tests that carries its id."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.mapping_rows import LAST

ROOT = Path(__file__).parents[2]
IDS = [f"{series}{number}" for series, last in LAST.items() for number in range(1, last + 1)]
PACKAGES = ("mapping", "config", "worker", "cli")


@pytest.fixture(scope="module")
def cases() -> set[str]:
    """Return the ids in the names of cases, without those of the document's own test, which proves nothing."""
    folders = [str(ROOT / "tests" / package) for package in PACKAGES]
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *folders]
    collected = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    names = [line for line in collected.splitlines() if "test_mapping_document" not in line and "[" in line]
    return {row for name in names for row in re.findall(r"\b[A-Z]\d+\b", name.partition("[")[2])}


@pytest.mark.parametrize("row", [*IDS])
def test_a_row_has_a_case(row: str, cases: set[str]) -> None:
    """A developer who changes the row finds the test by its id."""
    assert row in cases
