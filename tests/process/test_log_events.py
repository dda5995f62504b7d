"""The vocabulary of log events: the code says nothing else, and all of it; docs/logs.md has it as a table."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from process.log_events import LOGGED

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "cli",
    "config",
    "console",
    "delivery",
    "ingest",
    "lanes",
    "mapping",
    "operations",
    "process",
    "sandbox",
    "worker",
)
FILES = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
LEVELS = ("debug", "info", "warning", "error", "exception", "critical")
HANDED_ON = {"ingest/request_log.py": {"what"}, "cli/local/up.py": {"line"}}
"""Names of parameters that carry an event on: who passes it is looked at, or it is a child's own line."""


def logged(file: Path) -> Iterator[ast.expr]:
    """The event of each call that logs."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(ast.Name("log" | "said"), level), args=[event, *_]) if level in LEVELS:
                yield event
            case ast.Call(func=ast.Attribute(ast.Call(func=ast.Attribute(attr="get_logger"))), args=[event, *_]):
                yield event
            case ast.Call(func=ast.Name("log_surprise" | "say"), args=[event, *_]) if file.parent.name == "ingest":
                yield event
            case _:
                continue


def names(file: Path) -> list[str]:
    """Those events, which must be written out."""
    found = []
    for event in logged(file):
        if isinstance(event, ast.Name) and event.id in HANDED_ON.get(str(file.relative_to(ROOT)), ()):
            continue
        assert isinstance(event, ast.Constant), f"{file.name}:{event.lineno}: an event's name is a constant"
        found.append(str(event.value))
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_what_is_logged_has_a_name_of_the_vocabulary(file: Path) -> None:
    """So that whoever searches logs finds all of one kind."""
    assert set(names(file)) <= LOGGED.keys()


def test_the_vocabulary_has_nothing_that_is_not_logged() -> None:
    """Nobody waits for a line that never comes."""
    assert {name for file in FILES for name in names(file)} == LOGGED.keys()


def test_the_document_has_the_vocabulary() -> None:
    """Name and meaning, in the same order."""
    text = (ROOT / "docs/logs.md").read_text(encoding="utf-8")
    assert dict(re.findall(r"^\| `(.+?)` \| (.+) \|$", text, re.MULTILINE)) == dict(LOGGED)
