"""The table of routes stands once, and each input on each connection takes exactly one of its rows."""

import ast
import itertools
import re
from pathlib import Path
from typing import get_args

import pytest

from config.model import Connection, EventSourceType, Platform
from config.routes import ROUTES, WEB, migration_of, platforms_that_read, route_of, route_row

ROOT = Path(__file__).parents[2]
PRODUCT = [path for path in ROOT.glob("*/**/*.py") if path.parts[len(ROOT.parts)] not in ("tests", ".venv")]


def connections() -> list[Connection]:
    """One connection for each choice that decides routes."""
    return [
        Connection(
            id="c",
            inputs=("i",),
            access_token="t",
            event_source_id="x",
            enable_web_migration=migrated,
            event_source_type=kind,
        )
        for migrated, kind in itertools.product((False, True), get_args(EventSourceType))
    ]


def test_route_ids_and_route_of_stand_in_one_file() -> None:
    """Two tables that must agree will one day disagree."""
    found = {
        path.relative_to(ROOT).as_posix()
        for path in PRODUCT
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if (isinstance(node, ast.Constant) and re.fullmatch(r"R[1-7]", str(node.value)))
        or (isinstance(node, ast.FunctionDef) and node.name == "route_of")
    }
    assert found == {"config/routes.py"}


@pytest.mark.parametrize("platform", get_args(Platform))
def test_exactly_one_row_holds_for_an_input(platform: Platform) -> None:
    """No combination of settings is without a route or has two."""
    for connection in connections():
        holding = [
            row
            for row in ROUTES
            if platform in row.platforms
            if row.key is None or getattr(connection, row.key) == row.value
        ]
        assert holding == [route_row(connection, platform)]
        assert route_of(connection, platform) == holding[0].route


def test_a_legacy_row_names_the_setting_that_leaves_it() -> None:
    """The warning's remedy, written into the file, moves the events to the web route."""
    assert [(row.id, migration_of(row)) for row in ROUTES if row.route.name == "legacy"] == [
        ("R1", "enable_web_migration: true"),
        ("R4", "event_source_type: web"),
    ]
    assert {row.route for row in ROUTES if row.id in ("R2", "R5")} == {WEB}


def test_settings_are_read_by_the_platforms_of_their_rows() -> None:
    """A setting on a connection whose inputs are of other platforms has no effect."""
    assert platforms_that_read("enable_web_migration") == {"web"}
    assert platforms_that_read("event_source_type") == {"feed"}
