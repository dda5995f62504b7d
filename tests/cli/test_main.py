"""The `relay` command: its list of commands, late imports, exit codes and messages."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import click
import pytest
import redis
from click.testing import CliRunner
from support.product import RELAY

from cli import main as module
from cli.main import COMMANDS, Command, Relay, main
from config.errors import ConfigurationError, Problem
from operations.errors import OperatorError
from store.errors import RedisAway, RedisFull

THERE = [name for name, row in COMMANDS.items() if importlib.util.find_spec(row.target.partition(":")[0])]


def relay(*arguments: str, environ: Mapping[str, str] | None = None, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the real command."""
    command = [str(RELAY), *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environ, cwd=cwd, timeout=30, check=False)


def test_help_lists_every_command_in_the_tables_order() -> None:
    result = CliRunner().invoke(main, ["--help"])
    listed = [line.split()[0] for line in result.output.partition("Commands:")[2].splitlines() if line[2:3].strip()]
    assert result.exit_code == 0
    assert listed == THERE


@pytest.mark.parametrize("name", THERE)
def test_every_command_of_the_table_is_where_the_table_says(name: str) -> None:
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0, result.output
    assert result.output.startswith(f"Usage: main {name}")


SLOW = {
    *("asyncio", "celery", "cryptography", "httpcore", "httpx", "jinja2", "kombu", "phonenumbers", "pydantic", "re2"),
    *("redis", "rich", "ruamel", "starlette", "structlog", "uvicorn", "zstandard", "console", "ingest", "worker"),
}
HELP_OF_EVERY_COMMAND = """
import sys
import click
from cli.main import main

def help_of(command, context):
    command.get_help(context)
    for name in command.list_commands(context) if isinstance(command, click.Group) else ():
        inner = command.get_command(context, name)
        help_of(inner, click.Context(inner, parent=context, info_name=name))

help_of(main, click.Context(main, info_name="relay"))
print(*sys.modules)
"""


def test_help_imports_nothing_slow(tmp_path: Path) -> None:
    """`--help` and completion of any command import what declares it, and nothing that it works with."""
    command = [sys.executable, "-c", HELP_OF_EVERY_COMMAND]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=True)
    loaded = set(done.stdout.split())
    assert "cli.commands.dead_letters" in loaded
    third_party = (
        "celery cryptography httpcore httpx jinja2 kombu phonenumbers pydantic re2 redis rich ruamel starlette"
    )
    third_party += " structlog uvicorn zstandard asyncio"
    assert not {name.partition(".")[0] for name in loaded} & {*third_party.split(), "console", "ingest", "worker"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["statu"], "Did you mean 'status'"),
        (["check", "--nonsense"], "No such option"),
        (["up", "--workers", "many"], "not a valid integer"),
        (["up", "--workers", "0"], "0 is not in the range"),
        (["ingest", "now"], "unexpected extra argument"),
    ],
    ids=["unknown command", "nearly a command", "unknown option", "not a number", "no workers", "surplus argument"],
)
def test_wrong_use_is_exit_code_2(arguments: list[str], says: str) -> None:
    result = CliRunner().invoke(main, arguments)
    assert (result.exit_code, says in result.output) == (2, True), result.output


@pytest.mark.parametrize("name", ["up", "ingest", "worker", "sandbox"])
def test_wrong_settings_are_printed_one_a_line_without_a_traceback(name: str, tmp_path: Path) -> None:
    """Exit code 1, and nothing was started or written."""
    done = relay(name, environ={"RELAY_PORT": "none", "RELAY_LOG_FORMAT": "prose"}, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "RELAY_PORT: must be a port from 1 to 65535",
        "RELAY_LOG_FORMAT: must be text or json",
    ]
    assert done.stdout == ""
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "environ"),
    [
        (["ingest"], {"RELAY_PORT": "none"}),
        (["worker"], {}),
        (["up"], {"RELAY_CONFIG": "/no/such/file"}),
        (["flower"], {"FLOWER_BASIC_AUTH": "a,b"}),
        (["sandbox", "--no-such-option"], {}),
    ],
    ids=["wrong setting", "no Redis", "no file", "wrong account", "wrong use"],
)
def test_a_process_that_logs_json_fails_in_json(arguments: list[str], environ: dict[str, str], tmp_path: Path) -> None:
    """At start-up too, so that log collectors can read every line."""
    done = relay(*arguments, environ={"RELAY_LOG_FORMAT": "json", **environ}, cwd=tmp_path)
    assert done.returncode in (1, 2)
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    assert lines
    assert all(line["level"] == "error" and line["process"] == arguments[0] for line in lines)


ERRORS: list[tuple[Exception, list[str]]] = [
    (OperatorError("the cellar is under water: pump"), ["the cellar is under water: pump"]),
    (
        ConfigurationError([Problem("relay.yaml", 3, "must be text"), Problem("RELAY_PORT", None, "must be a port")]),
        ["relay.yaml:3: must be text", "RELAY_PORT: must be a port"],
    ),
    (RedisAway(), ["Redis does not answer: start it (relay up), or correct RELAY_REDIS_URL"]),
    (
        redis.ConnectionError("secret"),
        ["Redis does not answer: the connection broke (ConnectionError): start it, or correct RELAY_REDIS_URL"],
    ),
    (
        redis.TimeoutError("secret"),
        ["Redis does not answer in time: see whether it is overloaded, frozen or behind a firewall"],
    ),
    (RedisFull("maxmemory is reached"), ["Redis is full and stores nothing more: maxmemory is reached"]),
]


@pytest.mark.parametrize(("error", "sentences"), ERRORS, ids=lambda value: type(value).__name__)
def test_an_error_that_an_operator_can_correct_is_a_sentence(
    error: Exception, sentences: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 1, on stderr only."""
    result = CliRunner().invoke(_relay_that_raises(error, monkeypatch), ["fail"])
    assert result.exit_code == 1
    assert result.stderr.splitlines() == sentences
    assert result.stdout == ""


def test_a_defect_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    result = CliRunner().invoke(_relay_that_raises(ZeroDivisionError(), monkeypatch), ["fail"])
    assert isinstance(result.exception, ZeroDivisionError)


def _relay_that_raises(error: Exception, monkeypatch: pytest.MonkeyPatch) -> click.Group:
    """Return the real command group with one more command, which raises this error."""

    @click.command
    def fail() -> None:
        raise error

    monkeypatch.setattr(module, "fail", fail, raising=False)
    monkeypatch.setitem(COMMANDS, "fail", Command("cli.main:fail", ""))
    return Relay()
