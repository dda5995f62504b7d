"""Log events: relay logs exactly the names of one table; each has a sentence beside it."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from process.log_events import LOG_EVENTS

ROOT = Path(__file__).parents[2]
PACKAGES = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"][
    "packages"
]
FILES = [file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py"))]
LEVELS = ("debug", "info", "warning", "error", "exception", "critical")
LOGGERS = ("log", "alert_log")
WRAPPERS = ("log_unexpected_error",)
"""Functions that log their first argument: their callers name the event."""
PARAMETERS = {"ingest/request_log.py": {"name"}, "cli/local/up.py": {"line"}}
"""Variables that carry an event: a wrapper's parameter, or the line of a child process."""


def logged_events(file: Path) -> Iterator[ast.expr]:
    """Yield the first argument of each call that logs."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(func=ast.Attribute(ast.Name(logger), level), args=[event, *_]) if (
                level in LEVELS and logger in LOGGERS
            ):
                yield event
            case ast.Call(func=ast.Attribute(ast.Name(logger), "log"), args=[_, event, *_]) if logger in LOGGERS:
                yield event
            case ast.Call(func=ast.Attribute(ast.Call(func=ast.Attribute(attr="get_logger"))), args=[event, *_]):
                yield event
            case ast.Call(func=ast.Name(function), args=[event, *_]) if function in WRAPPERS:
                yield event
            case _:
                continue


def names(file: Path) -> list[str]:
    """Return the names of those events, which must be constants."""
    found = []
    for event in logged_events(file):
        if isinstance(event, ast.Name) and event.id in PARAMETERS.get(str(file.relative_to(ROOT)), ()):
            continue
        assert isinstance(event, ast.Constant), f"{file.name}:{event.lineno}: an event's name is a constant"
        found.append(str(event.value))
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_logged_event_is_in_the_table(file: Path) -> None:
    """A search for one name finds all events of a kind."""
    assert set(names(file)) <= LOG_EVENTS.keys()


def test_every_event_of_the_table_is_logged() -> None:
    """The document lists no line that never comes."""
    assert {name for file in FILES for name in names(file)} == LOG_EVENTS.keys()


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_every_logger_has_a_name_that_this_test_knows(file: Path) -> None:
    """A logger under another name would log events that are in no table."""
    loggers = {
        target.id
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        if isinstance(node.value.func, ast.Attribute) and node.value.func.attr in ("get_logger", "bind")
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert loggers <= set(LOGGERS)


@pytest.mark.parametrize("name", LOG_EVENTS)
def test_an_event_is_a_snake_case_name_with_a_sentence(name: str) -> None:
    """Names are stable and easy to search; sentences are for people."""
    assert re.fullmatch(r"[a-z]+(_[a-z]+)+", name)
    assert re.fullmatch(r"[A-Z`].*\.", LOG_EVENTS[name].sentence)
