"""Attacks: each starts a relay of its own, with an honest sender beside, and prints its figures.

    def test_a_claim(attacked: Start) -> None:
        with attacked(maxmemory="96mb", environment={…}) as relay:
            …                                   # relay.url, relay.sandbox, relay.client(), relay.relay("status")
            relay.figure("requests", number)    # a figure of this attack's own

When the body ends, the honest sender's events must be at TikTok, each of its answers must have come within 3 s, and
memory must be within its bounds: see support/attack.py. `@pytest.mark.long` leaves a test out of `SHORT=1`.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.attack import SHORT, Attack, Start

_ROWS: list[tuple[str, dict[str, Any]]] = []


@pytest.fixture
def attacked(request: pytest.FixtureRequest, tmp_path: Path) -> Start:
    """Make a relay to attack; the arguments are those of `Attack`, any number of times in a test."""
    started: list[Attack] = []

    def start(**options: Any) -> Attack:
        directory = tmp_path / f"relay-{len(started)}"
        directory.mkdir()
        name = request.node.name + (f" #{len(started)}" if started else "")
        started.append(Attack(directory, lambda figures: report(name, figures), **options))
        return started[-1]

    return start


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Callable[..., None]:
    """For attacks without a relay of processes: `figures(seconds=1.2)` adds to the table."""
    return lambda **values: report(request.node.name, values)


def report(name: str, values: dict[str, Any]) -> None:
    """Keep one attack's figures for the end."""
    _ROWS.append((name, values))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every attack half an hour; with SHORT=1, leave the long ones out."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            if not item.get_closest_marker("timeout"):
                item.add_marker(pytest.mark.timeout(1800))
            if SHORT and item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="long; SHORT=1"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured; FIGURES names a file for the same as JSON."""
    if _ROWS:
        terminalreporter.section("figures of the attacks")
    for name, values in _ROWS:
        terminalreporter.write_line(name)
        for label, value in values.items():
            terminalreporter.write_line(f"    {label:<32} {value}")
    if _ROWS and (file := os.environ.get("FIGURES")):
        Path(file).write_text(json.dumps(dict(_ROWS), indent=1, default=str))
