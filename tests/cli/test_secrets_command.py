"""`relay secrets`: keys that work, values that only the key decrypts, and a file that moves to a new key."""

import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from support.bench import HEADER
from support.terminal import relay

from config.file import load
from config.secrets import Keyring

OLD, NEW = Keyring.new_key(), Keyring.new_key()


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a configuration whose token is encrypted with the old key, and another in a comment."""
    path = tmp_path / "relay.yaml"
    unused = Keyring([Keyring.new_key()]).encrypt_text("forgotten")
    encrypted = Keyring([OLD]).encrypt_text("very-secret")
    path.write_text(HEADER.replace("${TOKEN}", f"enc:{encrypted}  # good") + f"    # before: enc:{unused}\n")
    monkeypatch.setenv("RELAY_CONFIG", str(path))
    monkeypatch.setenv("RELAY_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("RELAY_ENCRYPTION_KEY", raising=False)
    return path


def test_a_key_is_new_each_time_and_alone_on_stdout() -> None:
    """And a keyring accepts it."""
    first, second = relay("secrets", "key").stdout, relay("secrets", "key").stdout
    assert first != second
    assert Keyring.from_text(first.strip()) is not None
    assert "\n" not in first.strip()


@pytest.mark.parametrize("piped", [b"very-secret", b"very-secret\n", b"very-secret\r\n"])
def test_a_piped_value_is_encrypted(path: Path, piped: bytes) -> None:
    """With the newest key, without the pipe's newline, and printed nowhere."""
    result = relay("secrets", "encrypt", stdin=piped, environ={"RELAY_ENCRYPTION_KEY": f"{NEW},{OLD}"})
    assert (result.exit_code, result.stderr) == (0, "")
    assert Keyring([NEW]).decrypt_text(result.stdout.strip().removeprefix("enc:")) == "very-secret"


def test_at_a_terminal_it_asks_and_shows_nothing_typed(path: Path) -> None:
    """The terminal's echo is off; stdout has only the answer."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", "from cli.main import main; main()", "secrets", "encrypt"],
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "RELAY_ENCRYPTION_KEY": NEW},
        start_new_session=True,
    )
    assert process.stderr is not None
    asked = b""
    while not asked.endswith(b"Value: "):  # only then is the echo off
        asked += process.stderr.read(1) or pytest.fail(f"it ended: {asked!r}")
    os.write(ours, b"very-secret\n")
    stdout, stderr = process.communicate(timeout=60)
    os.close(theirs)
    os.close(ours)
    assert process.returncode == 0, stderr
    assert Keyring([NEW]).decrypt_text(stdout.decode().strip().removeprefix("enc:")) == "very-secret"
    assert b"very-secret" not in stdout + stderr


@pytest.mark.parametrize(
    ("stdin", "environ", "code", "words"),
    [
        (b"x", {}, 1, "Set RELAY_ENCRYPTION_KEY"),
        (b"", {"RELAY_ENCRYPTION_KEY": NEW}, 2, "No value to encrypt."),
        (b"enc:gAAAA", {"RELAY_ENCRYPTION_KEY": NEW}, 2, "a reference"),
        (b"${TOKEN}", {"RELAY_ENCRYPTION_KEY": NEW}, 2, "a reference"),
        (b"\xff", {"RELAY_ENCRYPTION_KEY": NEW}, 2, "not UTF-8"),
    ],
    ids=["no key", "nothing", "encrypted already", "a variable", "no text"],
)
def test_a_value_that_cannot_be_encrypted_is_refused(
    path: Path, stdin: bytes, environ: dict[str, str], code: int, words: str
) -> None:
    """Nothing on stdout."""
    result = relay("secrets", "encrypt", stdin=stdin, environ=environ)
    assert (result.exit_code, result.stdout) == (code, "")
    assert words in result.stderr


def test_a_secret_is_no_argument(path: Path) -> None:
    """Other users could list it."""
    assert relay("secrets", "encrypt", "very-secret", environ={"RELAY_ENCRYPTION_KEY": NEW}).exit_code == 2


def test_rotating_moves_every_value_to_the_newest_key(path: Path, tmp_path: Path) -> None:
    """Comments and everything else stay; the file is unchanged."""
    before = path.read_text()
    result = relay("secrets", "rotate", environ={"RELAY_ENCRYPTION_KEY": f"{NEW},{OLD}"})
    assert (result.exit_code, path.read_text()) == (0, before)
    assert "1 value encrypted again" in result.stderr
    rotated = tmp_path / "rotated.yaml"
    rotated.write_text(result.stdout)
    assert load(rotated, {}, Keyring([NEW])).connections["shop"].access_token == "very-secret"
    changed = [pair for pair in zip(before.splitlines(), result.stdout.splitlines(), strict=True) if pair[0] != pair[1]]
    assert [new.endswith("  # good") for _, new in changed] == [True]


def test_in_place_keeps_the_old_file(path: Path) -> None:
    """With its permissions; a second rotation works too."""
    path.chmod(0o640)
    before = path.read_text()
    for _ in range(2):
        assert relay("secrets", "rotate", "--in-place", environ={"RELAY_ENCRYPTION_KEY": f"{NEW},{OLD}"}).exit_code == 0
        assert load(path, {}, Keyring([NEW])).connections["shop"].access_token == "very-secret"
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert path.with_name("relay.yaml.bak").read_text() != before
    assert sorted(one.name for one in path.parent.iterdir() if one.is_file()) == ["relay.yaml", "relay.yaml.bak"]


def test_a_value_that_no_key_decrypts_leaves_the_file_unchanged(path: Path) -> None:
    """The error names the line."""
    before = path.read_text()
    result = relay("secrets", "rotate", "--in-place", environ={"RELAY_ENCRYPTION_KEY": NEW})
    assert (result.exit_code, result.stdout, path.read_text()) == (1, "", before)
    assert "relay.yaml:7: none of the keys" in result.stderr
