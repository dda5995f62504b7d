"""The console in its own process, behind ingest: everything passes, and nothing of a page holds up a batch."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support.bench import Bench
from support.console_client import PASSWORD, ConsoleClient, visible_text
from support.events import batch, purchase
from support.plant import free_port

from cli.processes.console import command
from config.settings import Settings
from console.app import console_of_its_own
from ingest.server import serving

RELAY = Path(sys.executable).with_name("relay")


@pytest.fixture
def place(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An ingest whose console is a process; its URL."""
    environ = {
        "RELAY_CONFIG": str(bench.path),
        "RELAY_REDIS_URL": bench.url,
        "RELAY_ADMIN_PASSWORD": PASSWORD,
        "RELAY_TIKTOK_URL": bench.sandbox.url,
        "RELAY_TRUSTED_PROXIES": "127.0.0.1",
    }
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    settings = Settings()
    with console_of_its_own(settings, command) as routes, serving(settings, routes) as url:
        yield url


def child_of(pid: int) -> int | None:
    """The process id of the console's process, a child of `pid`."""
    for entry in Path("/proc").iterdir():
        try:
            stat = (entry / "stat").read_text().rpartition(")")[2].split()
            line = (entry / "cmdline").read_bytes()
        except (OSError, NotADirectoryError):
            continue
        if b"cli.processes.console" in line and int(stat[1]) == pid:
            return int(entry.name)
    return None


def test_everything_passes(place: str) -> None:
    """Signing in, forms small and large, redirects, static files, errors, other methods."""
    operator = ConsoleClient(place)
    assert operator.get("/console").headers["location"] == "/console/login"
    assert operator.sign_in("wrong").status_code == 403
    assert operator.sign_in().status_code == 303
    page = operator.get("/console")
    assert "Overview" in visible_text(page)
    assert page.headers["content-security-policy"]
    assert operator.get("/console/static/console.css").headers["content-type"].startswith("text/css")
    assert operator.get("/console/nothing").status_code == 404
    assert operator.http.head("/console/login").status_code == 200
    assert operator.http.delete("/console/login").status_code == 405
    large = operator.post("/console/try", batches="[" + " " * (3 << 20) + "]")
    assert large.status_code == 200
    assert operator.post("/console/try", batches="x" * (13 << 20)).status_code == 413
    assert httpx.get(f"{place}/console/login?next=%2Fconsole%2Ftry", trust_env=False).status_code == 200
    operator.close()


def test_the_sender_is_who_ingest_says_and_not_what_a_header_says(
    place: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """Tries are slowed by address: behind a trusted proxy, by the one that it names."""
    for number, address in enumerate(["203.0.113.7"] * 6 + ["203.0.113.8"]):
        headers = {"x-forwarded-for": address, "x-relay-peer": f"198.51.100.{number} 1"}
        operator = ConsoleClient(place, **headers)
        assert operator.sign_in("guess").status_code == (429 if number == 5 else 403)
        operator.close()


def test_a_process_that_is_killed_is_started_again(place: str) -> None:
    """With a page or two that say so; who is signed in stays so."""
    operator = ConsoleClient(place)
    operator.sign_in()
    child = child_of(os.getpid())
    assert child is not None
    os.kill(child, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while (answer := operator.get("/console")).status_code != 200:
        assert answer.status_code == 503
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert child_of(os.getpid()) != child
    operator.close()


def test_batches_are_taken_while_the_consoles_process_stands_still(place: str) -> None:
    """A page that holds the interpreter holds its own."""
    operator = ConsoleClient(place)
    operator.sign_in()
    child = child_of(os.getpid())
    assert child is not None
    os.kill(child, signal.SIGSTOP)
    try:
        with pytest.raises(httpx.ReadTimeout):
            operator.http.get("/console", timeout=1)
        for number in range(20):
            answer = httpx.post(
                f"{place}/v2/events", json=batch(purchase(number)), auth=("key", "secret"), trust_env=False
            )
            assert answer.status_code == 202
    finally:
        os.kill(child, signal.SIGCONT)
    assert operator.get("/console").status_code == 200
    operator.close()


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGKILL])
def test_it_ends_with_ingest(bench: Bench, tmp_path: Path, sign: signal.Signals) -> None:
    """However that ends."""
    port = free_port()
    environ = {
        **{name: value for name, value in os.environ.items() if not name.startswith("RELAY_")},
        "RELAY_CONFIG": str(bench.path),
        "RELAY_REDIS_URL": bench.url,
        "RELAY_ADMIN_PASSWORD": PASSWORD,
        "RELAY_PORT": str(port),
        "RELAY_DATA_DIR": str(tmp_path / "data"),
    }
    with subprocess.Popen([RELAY, "ingest"], env=environ) as ingest:
        transport = httpx.HTTPTransport(retries=8)
        with httpx.Client(transport=transport, timeout=60, trust_env=False) as http:
            assert http.get(f"http://127.0.0.1:{port}/console/login").status_code == 200
        child = child_of(ingest.pid)
        assert child is not None
        ingest.send_signal(sign)
        assert ingest.wait(30) in (0, -sign)
    deadline = time.monotonic() + 30
    while Path(f"/proc/{child}").exists() and "Z" not in Path(f"/proc/{child}/stat").read_text().split()[2]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_a_request_that_stops_half_way_harms_nobody(place: str) -> None:
    """The page's own limit ends it; others go on."""
    host, port = place.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as half:
        half.sendall(b"POST /console/login HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\npass")
        assert httpx.get(f"{place}/console/login", trust_env=False, timeout=30).status_code == 200
