"""The sandbox as a process: it serves at once and ends without an error."""

import signal
import socket
import subprocess
import sys

import httpx
import pytest

from sandbox.client import running_sandbox
from sandbox.server import run


def free_port() -> int:
    """Return a port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize(("sign", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, -signal.SIGTERM)])
def test_it_runs_until_a_signal_and_prints_nothing(sign: signal.Signals, code: int) -> None:
    """Ctrl-C is no error, and no traceback."""
    port = free_port()
    command = [sys.executable, "-c", f"from sandbox.server import run; run('127.0.0.1', {port}, ['token'], keep=5)"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        transport = httpx.HTTPTransport(retries=7)  # 0, 0.5, 1, 2 … s while the process starts
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=transport) as http:
            assert http.get("/_sandbox/fault").json() == []
            process.send_signal(sign)
            assert process.wait(timeout=10) == code
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_a_port_in_use_is_an_error() -> None:
    """By an error that a command can turn into a sentence."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        run("127.0.0.1", taken.getsockname()[1])


def test_two_sandboxes_share_nothing() -> None:
    """Each has its own events and faults."""
    with running_sandbox() as one, running_sandbox() as other:
        one.fault("http_503")
        statuses = [httpx.post(f"{box.url}/open_api/v1.3/event/track/").status_code for box in (one, other)]
        assert statuses == [503, 200]
        assert [box.summary()["requests"] for box in (one, other)] == [1, 1]


def test_waiting_ends_with_an_error() -> None:
    """The error has the last counts."""
    with running_sandbox() as sandbox, pytest.raises(TimeoutError, match="'events': 0"):
        sandbox.wait_for(lambda summary: summary["events"] > 0, seconds=0)
