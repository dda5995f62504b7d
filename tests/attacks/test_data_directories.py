"""Data directories that cannot be used, or not as they are: each command says so in a sentence, and overwrites nothing.

The read-only file system is a real one, mounted for the command alone, which needs root.
"""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support.product import RELAY

CONFIGURATION = """
inputs:
  - {id: web, platform: web, api_key: key, api_secret: secret}
connections:
  - {id: shop, inputs: [web], access_token: token, event_source_id: CUSG5HBC77UD11VVRQEG, enable_web_migration: true}
"""
SECRET = "a-password-nobody-may-see"
READ_ONLY = (
    'mount --bind "$RELAY_DATA_DIR" "$RELAY_DATA_DIR" && mount -o remount,ro,bind "$RELAY_DATA_DIR" && exec "$@"'
)
COMMANDS = (
    "up",
    "check",
    "status",
    "worker",
    "ingest",
    "flower",
    "dead-letters list",
    "connections list",
    "secrets usage",
)


def a_file(path: Path) -> None:
    path.write_text("not a directory")


def a_loop(path: Path) -> None:
    path.symlink_to(path)


def empty(path: Path) -> None:
    path.mkdir()


def with_an_empty_key(path: Path) -> None:
    path.mkdir()
    (path / "encryption.key").write_bytes(b"")


def with_a_wrong_key(path: Path) -> None:
    path.mkdir()
    (path / "encryption.key").write_text("\N{SNOWMAN} not a key")


def with_a_directory_for_a_key(path: Path) -> None:
    (path / "encryption.key").mkdir(parents=True)


def with_a_stale_record(path: Path) -> None:
    path.mkdir()
    (path / "server.json").write_text('{"url": "redis://:x@127.0.0.1:1/0", "pid": 999999}')


def with_half_a_record(path: Path) -> None:
    path.mkdir()
    (path / "server.json").write_text('{"url": "redis://')


DIRECTORIES: tuple[Callable[[Path], None], ...] = (
    *(a_file, a_loop, with_an_empty_key, with_a_wrong_key, with_a_directory_for_a_key),
    *(with_a_stale_record, with_half_a_record, empty),
)


def run(directory: Path, prefix: list[str], command: str) -> "subprocess.CompletedProcess[str]":
    """The command on that data directory."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RELAY_")}
    environ = {
        **inherited,
        "RELAY_CONFIG": str(directory / "relay.yaml"),
        "RELAY_DATA_DIR": str(directory / "data"),
        "RELAY_ADMIN_PASSWORD": SECRET,
        "FLOWER_BASIC_AUTH": f"user:{SECRET}",
    }
    (directory / "relay.yaml").write_text(CONFIGURATION)
    words = [*prefix, str(RELAY), *command.split()]
    return subprocess.run(words, env=environ, cwd=directory, capture_output=True, text=True, timeout=60, check=False)


def is_a_sentence(done: "subprocess.CompletedProcess[str]", directory: Path) -> bool:
    """Exit code 1, a few lines without a traceback or a secret, and where something is wrong with a path, the path."""
    result = done.stdout + done.stderr
    return (
        done.returncode == 1
        and "Traceback" not in result
        and SECRET not in result
        and 0 < len(done.stderr or result) < 3000
    )


@pytest.mark.parametrize(
    "make",
    [pytest.param(make, marks=[pytest.mark.long] if make is not with_an_empty_key else []) for make in DIRECTORIES],
    ids=lambda make: make.__name__,
)
def test_every_command_says_what_is_wrong_with_the_directory(
    make: Callable[[Path], None], tmp_path: Path, figures: Callable[..., None]
) -> None:
    """`relay up` is left out where the directory is fit for it."""
    make(tmp_path / "data")
    fit = make in (empty, with_a_stale_record, with_half_a_record, with_an_empty_key)
    asked = [command for command in COMMANDS if not (fit and command == "up")]
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.key") if path.is_file()}
    wrong = {}
    for command in asked:
        done = run(tmp_path, [], command)
        if not is_a_sentence(done, tmp_path):
            wrong[command] = (done.returncode, done.stdout[-300:], done.stderr[-600:])
    assert wrong == {}
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.key") if path.is_file()} == before
    figures(commands=len(asked))


@pytest.mark.skipif(os.getuid() != 0, reason="a file system is mounted by root only")
@pytest.mark.long
@pytest.mark.parametrize("make", [empty, with_an_empty_key, with_a_stale_record], ids=lambda make: make.__name__)
def test_a_read_only_data_directory(make: Callable[[Path], None], tmp_path: Path, figures: Callable[..., None]) -> None:
    """`relay up` names it and the variable; no command ends in a traceback."""
    make(tmp_path / "data")
    prefix = ["unshare", "--mount", "sh", "-c", READ_ONLY, "sh"]
    if subprocess.run([*prefix[:3], "-c", "true"], capture_output=True, check=False).returncode:
        pytest.skip("mount namespaces cannot be made here")
    result = run(tmp_path, prefix, "up")
    assert is_a_sentence(result, tmp_path), result
    assert "Read-only file system" in result.stderr
    assert "RELAY_DATA_DIR" in result.stderr
    wrong = {
        command: done for command in COMMANDS[1:] if not is_a_sentence(done := run(tmp_path, prefix, command), tmp_path)
    }
    assert wrong == {}
    figures(commands=len(COMMANDS))
