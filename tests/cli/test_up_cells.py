"""`relay up --cells`: complete relays on one machine, with HAProxy in front of them."""

import os
import random
import shutil
import signal
import socket
from pathlib import Path

import httpx
import pytest
from support.place import Place
from support.waiting import until

from cli.local.data_dir import DataDir
from cli.local.embedded import is_running

HAPROXY = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")


@pytest.fixture
def place(place: Place) -> Place:
    """Return a place with three free ports in a row."""
    place.port = ports_in_a_row(3)
    place.environ["RELAY_PORT"] = str(place.port)
    return place


def ports_in_a_row(number: int) -> int:
    """Return the first of this number of free ports, none of which the kernel gives to other processes."""

    def found() -> int:
        first = random.randrange(20_000, 30_000)
        try:
            for port in range(first, first + number):
                socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            return 0
        return first

    return int(until(found))


def is_up(port: int) -> bool:
    """Return whether an ingest, or the balancer before one, is ready at this port."""
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health/ready", trust_env=False, timeout=10).status_code == 200
    except httpx.TransportError:
        return False


def server_of(data: DataDir) -> int:
    """Return the process of a cell's server."""
    record = data.record()
    return record.pid if record is not None and is_running(record.pid) else 0


@pytest.mark.skipif(HAPROXY is None, reason="HAProxy is not installed")
def test_two_cells_take_and_deliver_and_a_killed_server_stops_neither(place: Place) -> None:
    """Both have the same key; afterwards nothing is left running, and one cell alone says what it leaves aside."""
    other = DataDir(place.data.path / "cell-b")
    with place.start("--cells", "2") as process:
        until(lambda: all(is_up(place.port + more) for more in range(3)))
        for number in range(6):
            place.post(number)
        os.kill(until(lambda: server_of(other)), signal.SIGKILL)
        for number in range(6, 12):
            place.post(number)
        until(lambda: all(place.arrived(number) for number in range(12)))
        for name, directory in (("a", place.data.path), ("b", other.path)):
            status = place.run("status", "--json", RELAY_DATA_DIR=str(directory), RELAY_CELL=name)
            assert f'"cell": "{name}"' in status.stdout
            assert place.run("status", "--verify", RELAY_DATA_DIR=str(directory)).returncode == 0
        assert other.key() == place.data.key()
        assert f"commands for cell b: set RELAY_DATA_DIR={other.path}" in place.output()
        process.terminate()
        assert process.wait(timeout=120) == 0
    assert (place.data.record(), other.record()) == (None, None)
    assert not any(is_up(place.port + more) for more in range(3))
    with place.up() as one:
        one.terminate()
        assert one.wait(timeout=120) == 0
    assert f"what waits in {other.path} is delivered only by relay up --cells" in place.output()


@pytest.mark.skipif(HAPROXY is None, reason="HAProxy is not installed")
def test_after_a_kill_everything_ends_in_order(place: Place) -> None:
    """HAProxy, and the cells with their servers, because each cell notices that its parent is gone."""
    datas = [place.data, DataDir(place.data.path / "cell-b")]
    with place.start("--cells", "2") as process:
        until(lambda: all(is_up(place.port + more) for more in range(3)))
        process.kill()
    until(lambda: not any(is_up(place.port + more) for more in range(3)))
    until(lambda: all(data.record() is None for data in datas))


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"RELAY_REDIS_URL": "redis://127.0.0.1:1/0"}, "runs a Redis for each cell. Unset RELAY_REDIS_URL"),
        ({"RELAY_CELL": "a"}, "names its cells a, b, … itself: unset RELAY_CELL"),
        ({"RELAY_PORT": "65534"}, "set it to 65533 at most"),
        ({"RELAY_ADMIN_PASSWORD": "short"}, "has fewer than 12 characters"),
        ({"RELAY_CONFIG": "nowhere.yaml"}, "nowhere.yaml"),
    ],
)
def test_what_cells_cannot_have_is_refused_before_anything_starts(
    place: Place, variables: dict[str, str], words: str
) -> None:
    """Exit code 1, and one sentence that says what to do."""
    refused = place.run("up", "--cells", "2", **variables)
    assert refused.returncode == 1
    assert words in refused.stderr


def test_cells_need_the_same_key(place: Place) -> None:
    """Another one in a cell's directory is refused."""
    other = DataDir(place.data.path / "cell-b")
    for data in (place.data, other):
        data.make()
        data.make_key()
    refused = place.run("up", "--cells", "2")
    assert refused.returncode == 1
    assert f"{other.encryption_key} is another key than {place.data.encryption_key}" in refused.stderr


def test_a_lost_key_is_not_replaced_while_another_cell_needs_it(place: Place, tmp_path: Path) -> None:
    """A new key would leave what waits there unreadable."""
    other = DataDir(place.data.path / "cell-b")
    with place.up(RELAY_DATA_DIR=str(other.path)) as process:
        place.sandbox.fault("http_503")
        place.post(1)
        process.terminate()
        assert process.wait(timeout=120) == 0
    other.encryption_key.rename(tmp_path / "kept.key")
    refused = place.run("up", "--cells", "2")
    assert refused.returncode == 1
    assert "1 chunk or dead letter needs the key that was in it" in refused.stderr
