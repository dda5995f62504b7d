"""Commands print what they can in terminals that lack characters; JSON is always UTF-8."""

import json
import os
import subprocess
from pathlib import Path

import pytest
from support.bench import Bench
from support.events import batch, purchase
from support.product import RELAY

from cli.main import COMMANDS

SAKURA = "桜の靴 – größe 38"


def run(encoding: str, *command: str) -> "subprocess.CompletedProcess[bytes]":
    """Run a command with its output in this encoding, as in a terminal with that locale."""
    environ = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    return subprocess.run([RELAY, *command], env=environ, capture_output=True, timeout=60, check=False)


@pytest.fixture
def file(tmp_path: Path) -> str:
    """Write a batch with a product name that no Latin-1 terminal can show."""
    event = purchase(1, custom_flags={"TikTok.URL": "https://shop.example/", "TikTok.Description": SAKURA})
    path = tmp_path / "batch.json"
    path.write_text(json.dumps(batch(event), ensure_ascii=False), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252"])
@pytest.mark.parametrize(
    "command", [["status"], ["check"], ["connections", "list"], ["dead-letters", "list"], ["preview"], ["preview", "-"]]
)
def test_a_missing_character_is_replaced(bench: Bench, file: str, encoding: str, command: list[str]) -> None:
    """No traceback, and only characters that the encoding has."""
    bench.put([purchase(1, custom_flags={})])
    bench.drain()
    done = run(encoding, *[file if word == "-" else word for word in command])
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    (done.stdout + done.stderr).decode(encoding)


def test_relays_own_signs_are_replaced_by_similar_ones() -> None:
    """Dots, arrows and other signs of relay's messages."""
    output = run("ascii", "--help").stdout + run("ascii", "send", "--help").stdout
    assert b"?" not in output


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "flower"])
def test_help_is_readable_everywhere(name: str) -> None:
    """The help page of each command."""
    done = run("ascii", name, "--help")
    assert (done.returncode, done.stderr) == (0, b"")


def test_json_is_utf_8_in_every_terminal(bench: Bench, file: str) -> None:
    """A program reads it, not the terminal."""
    plain, latin = (run(encoding, "preview", file, "--json") for encoding in ("utf-8", "latin-1"))
    assert plain.stdout == latin.stdout
    assert json.loads(latin.stdout)
