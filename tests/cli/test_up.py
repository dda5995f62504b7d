"""`relay up` with real processes: what is killed is restarted, nothing is lost, and it stops in order."""

import json
import os
import signal
import socket
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.place import CONFIGURATION, Place
from support.waiting import until

from cli.local.embedded import is_running
from cli.local.local_stack import wait_for_port
from operations.errors import OperatorError


def processes(session: int) -> dict[int, str]:
    """Return the running processes of a session with their command lines."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            pid = int(entry.name)
            if os.getsid(pid) == session and is_running(pid):
                found[pid] = entry.joinpath("cmdline").read_text().replace("\0", " ").strip()
        except (OSError, ValueError):
            continue
    return found


def pid_of(session: int, what: str) -> int:
    """Return the process of the session whose command line ends with this text."""
    return int(until(lambda: [pid for pid, line in processes(session).items() if line.endswith(what)])[0])


def server_of(place: Place) -> int:
    """Return the process of the embedded server."""

    def living() -> int:
        record = place.data.record()
        return record.pid if record is not None and is_running(record.pid) else 0

    return int(until(living))


@pytest.fixture
def running_up(place: Place) -> Iterator["subprocess.Popen[bytes]"]:
    """Run relay up until the end of the test."""
    with place.up() as process:
        yield process
        process.terminate()
        process.wait(timeout=120)


def test_each_killed_process_is_restarted(place: Place, running_up: "subprocess.Popen[bytes]") -> None:
    """Ingest, worker and server; events accepted before are delivered."""
    session = running_up.pid
    those: list[Callable[[], int]] = [
        lambda: pid_of(session, "relay ingest"),
        lambda: pid_of(session, "relay worker"),
        lambda: server_of(place),
    ]
    for number, find in enumerate(those):
        killed = find()
        place.post(number)
        os.kill(killed, signal.SIGKILL)
        until(lambda find=find, killed=killed: find() != killed)
        place.post(number + 10)
    until(lambda: all(place.arrived(number) for number in (0, 1, 2, 10, 11, 12)))
    assert "ingest  | killed by SIGKILL; restarting it" in place.output()
    assert "redis   | ended; restarting it" in place.output()


def test_it_encrypts_waiting_events_from_the_first_start(place: Place, running_up: "subprocess.Popen[bytes]") -> None:
    """With a key that only its owner can read, and that is printed nowhere."""
    running_up.terminate()
    assert running_up.wait(timeout=120) == 0
    key = place.data.encryption_key.read_bytes()
    assert stat.S_IMODE(place.data.encryption_key.stat().st_mode) == 0o600
    with place.up() as again:
        again.terminate()
    assert place.data.encryption_key.read_bytes() == key
    assert place.output().count("generated an encryption key") == 1
    assert key.decode().strip() not in place.output()


def test_a_stop_leaves_nothing_behind(place: Place, running_up: "subprocess.Popen[bytes]") -> None:
    """Exit code 0; ingest stops first, the server last."""
    assert {line.partition("relay ")[2] for line in processes(running_up.pid).values()} >= {"up", "ingest", "worker"}
    running_up.send_signal(signal.SIGINT)
    assert running_up.wait(timeout=120) == 0
    assert processes(running_up.pid) == {}
    assert place.data.record() is None


def test_it_prints_the_address_once_ingest_listens(place: Place) -> None:
    """A batch posted at that moment is answered."""
    process = place.start()
    until(lambda: "post batches to" in place.output() or process.poll() is not None)
    assert place.is_ready()
    process.terminate()
    assert process.wait(120) == 0


def test_a_second_one_on_the_same_data_is_refused(place: Place, running_up: "subprocess.Popen[bytes]") -> None:
    """In one sentence; the first continues."""
    second = place.run("up")
    assert second.returncode == 1
    assert second.stderr.count("\n") == 1
    assert "Another relay up is running on" in second.stderr
    assert place.is_ready()


def test_after_a_kill_the_next_relay_up_adopts_the_server(place: Place) -> None:
    """The other children end on their own; no accepted event is lost."""
    place.sandbox.fault("http_503")
    with place.up() as first:
        server = server_of(place)
        place.post(1)
        first.kill()
    until(lambda: [*processes(first.pid)] == [server])
    with place.up() as second:
        assert server_of(place) == server
        place.sandbox.clear_faults()
        until(lambda: place.arrived(1))
        second.terminate()
        assert second.wait(timeout=120) == 0
    assert "redis   | adopted the server that was still running" in place.output()
    assert not is_running(server)


def test_a_wrong_configuration_starts_nothing(place: Place) -> None:
    """Every problem with its line, exit code 1."""
    place.configuration.write_text(CONFIGURATION.replace("platform: web", "platform: wb"))
    refused = place.run("up")
    assert refused.returncode == 1
    assert "relay.yaml:3:" in refused.stderr
    assert place.data.record() is None


def test_with_a_redis_url_it_starts_no_server(place: Place, redis_url: str) -> None:
    """Ingest and workers use RELAY_REDIS_URL; --workers sets their number."""
    with place.up("--workers", "2", RELAY_REDIS_URL=redis_url) as process:
        place.post(1)
        until(lambda: place.arrived(1))
        lines = [line.partition("relay ")[2] for line in processes(process.pid).values()]
        assert sorted(lines) == ["ingest", "up --workers 2", "worker", "worker"]
        process.terminate()
        assert process.wait(timeout=120) == 0
    assert place.data.record() is None
    assert place.data.key() is None, "another host on this Redis would make one of its own"
    assert "are stored in Redis unencrypted, because no key is set" in place.output()


def test_with_json_logs_every_line_is_json(place: Place) -> None:
    """Its own lines and its children's."""
    with place.up(RELAY_LOG_FORMAT="json") as process:
        process.terminate()
        process.wait(timeout=120)
    lines = [json.loads(line) for line in place.output().splitlines()]
    assert {"up", "worker"} <= {line["process"] for line in lines}


def test_a_port_in_use_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """After the time that a process killed just now may need."""
    monkeypatch.setattr("cli.local.local_stack.PORT_FREE_WITHIN_S", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OperatorError, match=rf"cannot listen on 127\.0\.0\.1:{port}: .*; set RELAY_PORT"):
            wait_for_port("127.0.0.1", port, "RELAY_PORT")


@pytest.mark.parametrize("command", ["ingest", "worker", "status"])
def test_without_redis_a_command_says_so_and_ends(place: Place, command: str) -> None:
    """One sentence, exit code 1."""
    done = place.run(command)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "No Redis is running. Start relay up, or set RELAY_REDIS_URL to the address of one.\n"


@pytest.mark.parametrize(("command", "variable"), [("ingest", "RELAY_PORT"), ("sandbox", "RELAY_SANDBOX_PORT")])
def test_a_process_whose_port_is_taken_says_so(place: Place, redis_url: str, command: str, variable: str) -> None:
    """One sentence that names the variable, exit code 1."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = place.run(command, RELAY_REDIS_URL=redis_url, **{variable: port})
    assert done.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use; set {variable}" in done.stderr
    assert "started" not in done.stderr, "it never listened"
