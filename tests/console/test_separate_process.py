"""The console in its own process: ingest forwards everything, and no page delays a batch."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from support.bench import Bench
from support.console_client import PASSWORD, ConsoleClient, visible_text
from support.events import batch, purchase
from support.plant import free_port
from support.product import RELAY

from cli.processes.console import command
from config.settings import Settings
from console.beside_ingest import console_in_own_process
from console.origin import CROSS_SITE
from ingest.server import serving


@pytest.fixture
def ingest_url(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Give the URL of an ingest whose console is a separate process."""
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
    with console_in_own_process(settings, command) as routes, serving(settings, routes) as url:
        yield url


def console_process_of(pid: int) -> int | None:
    """Return the id of the console's process, a child of process `pid`; None if there is none."""
    for entry in Path("/proc").iterdir():
        try:
            stat = (entry / "stat").read_text().rpartition(")")[2].split()
            line = (entry / "cmdline").read_bytes()
        except (OSError, NotADirectoryError):
            continue
        if b"cli.processes.console" in line and int(stat[1]) == pid:
            return int(entry.name)
    return None


def test_every_kind_of_request_is_forwarded(ingest_url: str) -> None:
    """Login, small and large forms, redirects, static files, errors and other methods work."""
    operator = ConsoleClient(ingest_url)
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
    assert httpx.get(f"{ingest_url}/console/login?next=%2Fconsole%2Ftry", trust_env=False).status_code == 200
    operator.close()


def test_the_sender_is_the_one_that_ingest_names(ingest_url: str, capfd: pytest.CaptureFixture[str]) -> None:
    """Attempts are counted by the address that the trusted proxy names; the sender's own header is ignored."""
    for number, address in enumerate(["203.0.113.7"] * 6 + ["203.0.113.8"]):
        headers = {"x-forwarded-for": address, "x-relay-peer": f"198.51.100.{number} 1"}
        operator = ConsoleClient(ingest_url, **headers)
        assert operator.sign_in("guess").status_code == (429 if number == 5 else 403)
        operator.close()


def test_a_killed_process_is_restarted(ingest_url: str) -> None:
    """The first requests may get 503; sessions stay valid."""
    operator = ConsoleClient(ingest_url)
    operator.sign_in()
    child = console_process_of(os.getpid())
    assert child is not None
    os.kill(child, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while (answer := operator.get("/console")).status_code != 200:
        assert answer.status_code == 503
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert console_process_of(os.getpid()) != child
    operator.close()


def test_batches_are_accepted_while_the_console_process_is_stopped(ingest_url: str) -> None:
    """A page that blocks the interpreter blocks only the console's."""
    operator = ConsoleClient(ingest_url)
    operator.sign_in()
    child = console_process_of(os.getpid())
    assert child is not None
    os.kill(child, signal.SIGSTOP)
    try:
        with pytest.raises(httpx.ReadTimeout):
            operator.http.get("/console", timeout=1)
        for number in range(20):
            answer = httpx.post(
                f"{ingest_url}/v2/events", json=batch(purchase(number)), auth=("key", "secret"), trust_env=False
            )
            assert answer.status_code == 202
    finally:
        os.kill(child, signal.SIGCONT)
    assert operator.get("/console").status_code == 200
    operator.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_the_console_process_ends_with_ingest(bench: Bench, tmp_path: Path, number: signal.Signals) -> None:
    """Ingest is terminated, or killed."""
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
        child = console_process_of(ingest.pid)
        assert child is not None
        ingest.send_signal(number)
        assert ingest.wait(30) in (0, -number)
    deadline = time.monotonic() + 30
    while Path(f"/proc/{child}").exists() and "Z" not in Path(f"/proc/{child}/stat").read_text().split()[2]:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_an_incomplete_request_delays_no_other(ingest_url: str) -> None:
    """The time limit for reading ends it; other requests are answered meanwhile."""
    host, port = ingest_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=30) as incomplete:
        incomplete.sendall(b"POST /console/login HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\npass")
        assert httpx.get(f"{ingest_url}/console/login", trust_env=False, timeout=30).status_code == 200


def test_a_form_that_is_refused_before_it_arrives_gets_the_reason(ingest_url: str) -> None:
    """The console answers a form of another site at once; many forms that arrive late all get that answer."""
    host, port = ingest_url.removeprefix("http://").split(":")
    httpx.get(f"{ingest_url}/console/login", trust_env=False, timeout=60)
    head = (
        b"POST /console/dead-letters/discard HTTP/1.1\r\nhost: x\r\nsec-fetch-site: same-site\r\nconnection: close\r\n"
        b"content-type: application/x-www-form-urlencoded\r\ncontent-length: 6\r\n\r\n"
    )

    def send_form(number: int) -> bytes:
        with socket.create_connection((host, int(port)), timeout=60) as connection:
            connection.sendall(head)
            time.sleep(0.001 * (number % 3))
            connection.sendall(b"sure=1")
            return b"".join(iter(lambda: connection.recv(65536), b""))

    with ThreadPoolExecutor(6) as threads:
        answers = list(threads.map(send_form, range(900)))
    assert [answer[:300] for answer in answers if CROSS_SITE.encode() not in answer] == []
