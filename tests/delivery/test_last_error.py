"""The newest error of a lane: what the worker writes is what status reads."""

import ast
from pathlib import Path

import pytest

from delivery.last_error import LastError

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    "error",
    [
        LastError(1_700_000_000_000, "TikTok 503"),
        LastError(1_700_000_000_000, "token refused (40105)", "an admin", "put a valid token in"),
        LastError(1_700_000_000_000, "waiting events cannot be read", "the operator", "restore the key", blocked=True),
    ],
)
def test_what_the_worker_writes_is_what_status_reads(error: LastError) -> None:
    """Every field survives."""
    assert LastError.decode(error.encode()) == error


@pytest.mark.parametrize("stored", ["", "null", "{}", '{"at_ms": "later"}'])
def test_what_cannot_be_read_is_no_error(stored: str) -> None:
    """No stored error, or one of a later version."""
    assert LastError.decode(stored) is None


def test_there_is_one_schema() -> None:
    """There is no second class of that name."""
    classes = [
        path.relative_to(ROOT).as_posix()
        for package in ("console", "delivery", "lanes", "operations", "worker")
        for path in (ROOT / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and node.name == "LastError"
    ]
    assert classes == ["delivery/last_error.py"]
