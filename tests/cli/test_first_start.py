"""The data directory of `relay up`: what it must not replace, and what it refuses before it starts anything."""

import os
import resource
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest
from support.events import batch, purchase
from support.product import RELAY
from support.server import free_port

from cli.local.data_dir import DataDir

CONFIGURATION = """
inputs:
  - {id: web, platform: web, api_key: key, api_secret: secret}
connections:
  - {id: shop, inputs: [web], access_token: token, event_source_id: CUSG5HBC77UD11VVRQEG, enable_web_migration: true}
"""
UNREACHABLE = "http://127.0.0.1:9"


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Return a configuration of its own; TikTok is unreachable, so accepted events wait."""
    (tmp_path / "relay.yaml").write_text(CONFIGURATION)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("RELAY_")}
    return {
        **inherited,
        "RELAY_CONFIG": str(tmp_path / "relay.yaml"),
        "RELAY_DATA_DIR": str(tmp_path / "data"),
        "RELAY_PORT": str(free_port()),
        "RELAY_TIKTOK_URL": UNREACHABLE,
    }


@contextmanager
def running(environ: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """Run `relay up`; stop it at the end."""
    url, deadline = f"http://127.0.0.1:{environ['RELAY_PORT']}/health/ready", time.monotonic() + 60
    command = [RELAY, "up"]
    with subprocess.Popen(
        command, env=environ, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as process:
        try:
            while not _is_ready(url):
                assert process.poll() is None, "relay up ended"
                assert time.monotonic() < deadline, "relay up is not ready"
                time.sleep(0.05)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=100)


def _is_ready(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


def post(environ: dict[str, str]) -> None:
    """Post one purchase until it is accepted."""
    url = f"http://127.0.0.1:{environ['RELAY_PORT']}/v2/events"
    assert httpx.post(url, json=batch(purchase(1)), auth=("key", "secret"), trust_env=False).status_code == 202


def refused(environ: dict[str, str], *command: str) -> str:
    """Return what a command prints that ends at once with exit code 1: sentences, no traceback."""
    done = subprocess.run(
        [RELAY, *(command or ("up",))], env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.parametrize("state", ["is empty", "is missing"])
def test_a_key_that_events_need_is_not_replaced(environ: dict[str, str], state: str) -> None:
    """`relay up` looks at waiting events first; once the key is restored, everything works as before."""
    data = DataDir(Path(environ["RELAY_DATA_DIR"]))
    with running(environ):
        post(environ)
    key = data.encryption_key.read_bytes()
    data.encryption_key.write_bytes(b"\n") if state == "is empty" else data.encryption_key.unlink()
    output = refused(environ)
    assert f"encryption.key {state}, and 1 chunk or dead letter needs the key that was in it" in output
    assert "Restore your copy" in output
    assert key.decode().strip() not in output
    assert (data.key() or "") == "", "nothing took its place"
    data.encryption_key.write_bytes(key)
    with running(environ):
        pass


def test_an_empty_key_that_nothing_needs_is_replaced(environ: dict[str, str]) -> None:
    """On a new directory, and on one without waiting events."""
    data = DataDir(Path(environ["RELAY_DATA_DIR"]))
    data.path.mkdir()
    for _ in range(2):
        data.encryption_key.write_bytes(b"")
        with running(environ):
            assert data.key()


@pytest.mark.parametrize("command", ["status", "worker", "ingest"])
def test_no_other_command_runs_with_an_empty_key(environ: dict[str, str], command: str) -> None:
    """It would store unencrypted events."""
    data = DataDir(Path(environ["RELAY_DATA_DIR"]))
    data.path.mkdir()
    data.encryption_key.write_bytes(b" \n")
    assert "encryption.key: is empty. Restore the key from your copy" in refused(environ, command)


def test_an_unreadable_key_is_not_taken_for_none(environ: dict[str, str]) -> None:
    """A directory stands for any file that the system does not read."""
    data = DataDir(Path(environ["RELAY_DATA_DIR"]))
    data.encryption_key.mkdir(parents=True)
    for command in ("up", "status"):
        assert "encryption.key cannot be read: Is a directory" in refused(environ, command)


def test_a_short_password_is_refused_on_a_new_data_directory_only(environ: dict[str, str]) -> None:
    """Where relay ran before, it still starts, and `relay check` warns."""
    short = {**environ, "RELAY_ADMIN_PASSWORD": "letmein"}
    output = refused(short)
    assert "has fewer than 12 characters" in output
    assert "letmein" not in output
    assert not Path(environ["RELAY_DATA_DIR"]).exists()
    with running({**environ, "RELAY_ADMIN_PASSWORD": "twelve chars"}):
        pass
    with running(short):
        pass


def test_a_data_directory_that_cannot_be_written_is_a_sentence(environ: dict[str, str]) -> None:
    """Directories are in place of the files that relay up writes; the attacks have a read-only one."""
    data = DataDir(Path(environ["RELAY_DATA_DIR"]))
    data.server.mkdir(parents=True)
    (data.path / "up.lock").mkdir()
    assert "data cannot be created or written: Is a directory. Set RELAY_DATA_DIR" in refused(environ)


def test_no_process_writes_a_core_file(environ: dict[str, str]) -> None:
    """Keys and personal data are in memory: relay up, its server, ingest and worker leave no core file."""
    with running(environ) as process:
        limits = {pid: resource.prlimit(pid, resource.RLIMIT_CORE) for pid in _session(process.pid)}
    assert len(limits) >= 4, limits
    assert all(hard in (0, 1) for _, hard in limits.values()), limits


def _session(leader: int) -> list[int]:
    """Return the processes of the session that `leader` leads."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(ProcessLookupError):
            if os.getsid(int(entry.name)) == leader:
                found.append(int(entry.name))
    return found
