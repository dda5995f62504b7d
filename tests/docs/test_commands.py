"""The commands that documents tell people to run are commands: by name, options and arguments."""

import re
import shlex
from pathlib import Path

import click
import pytest

from cli.main import main

ROOT = Path(__file__).parents[2]
FENCED = re.compile(r"^```(?:sh)?\n(.*?)^```", re.DOTALL | re.MULTILINE)


def commands() -> list[str]:
    """Every `relay …` of a fenced block of docs/, each once, without what follows it in the shell."""
    found: dict[str, None] = {}
    for file in sorted((ROOT / "docs").glob("*.md")):
        for block in FENCED.findall(file.read_text(encoding="utf-8")):
            for line in re.split(r"\n|&&", block):
                command = re.split(r"\s#|\s>|\|", line)[0].strip()
                if command.startswith("relay "):
                    found[command] = None
    return list(found)


@pytest.mark.parametrize("line", commands())
def test_a_command_in_a_document_is_one(line: str) -> None:
    """It is parsed, not run."""
    command: click.Command = main
    context = click.Context(main)
    _, *words = shlex.split(line)
    while isinstance(command, click.Group) and words:
        following = command.get_command(context, words[0])
        assert following is not None, f"{words[0]} is no command"
        command, words = following, words[1:]
    command.make_context(command.name, words)


def test_there_are_such_commands() -> None:
    """Else the pattern would find nothing, and nothing would be looked at."""
    assert len(commands()) > 10
