"""What clients hear while Redis is stopped, killed or full: 503 or 429 in time, and 202 again by itself."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from conftest import wait_until_ready
from support.events import batch, purchase
from support.plant import SERVER, free_port
from support.site import APP, Site, refusal_of, running_site
from support.waiting import until

PROMISED_S = 3.0
ONE = batch(purchase(1))


class Server:
    """A Redis of the test's own, with all its data on disk, to be stopped and killed."""

    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._command = [os.fspath(SERVER), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._command += ["--dir", str(directory), "--appendonly", "yes", "--appendfsync", "always"]
        self.start()

    def start(self) -> None:
        """Return when it answers."""
        self.process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL)
        wait_until_ready(self.url)

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """SIGKILL, and gone."""
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server of the test's own."""
    server = Server(tmp_path)
    yield server
    server.kill()


@pytest.fixture
def shaky_site(server: Server, tmp_path: Path) -> Iterator[Site]:
    """An ingest on that server."""
    with running_site(tmp_path, server.url) as site:
        assert site.post(ONE).status_code == 202
        yield site


def timed_post(site: Site) -> tuple[httpx.Response, float]:
    """The answer, and the seconds it took."""
    began = time.monotonic()
    return site.post(ONE), time.monotonic() - began


def test_frozen(shaky_site: Site, server: Server) -> None:
    """Thirty clients of a Redis that hangs all hear 503 within 3 s, with a time to come back; then it goes on."""
    server.signal(signal.SIGSTOP)
    with ThreadPoolExecutor(30) as pool:
        answered = list(pool.map(lambda _: timed_post(shaky_site), range(30)))
    for response, seconds in answered:
        assert (response.status_code, refusal_of(response)) == (503, "SERVICE_UNAVAILABLE")
        assert int(response.headers["retry-after"]) > 0
        assert seconds < PROMISED_S
    assert shaky_site.http.get("/health/ready").status_code == 503
    server.signal(signal.SIGCONT)
    assert shaky_site.post(ONE).status_code == 202
    assert shaky_site.http.get("/health/ready").json()["status"] == "ready"


def test_killed(shaky_site: Site, server: Server) -> None:
    """503 at once while it is away; what was answered 202 is there again when it is back."""
    server.kill()
    response, seconds = timed_post(shaky_site)
    assert (response.status_code, seconds < PROMISED_S) == (503, True)
    ready = shaky_site.http.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "not ready")
    assert "does not answer" in ready.json()["redis"]
    assert shaky_site.http.get("/health/live").status_code == 200
    server.start()
    until(lambda: shaky_site.post(ONE).status_code == 202)
    assert shaky_site.books("shop")["accepted"] == 2


def test_not_there_when_ingest_starts(tmp_path: Path) -> None:
    """It starts all the same, says that it is not ready, and takes nothing."""
    with running_site(tmp_path, f"redis://127.0.0.1:{free_port()}/0") as site:
        assert site.http.get("/health/ready").status_code == 503
        assert site.post(ONE).status_code == 503


def test_full(shaky_site: Site) -> None:
    """429 by Redis's own refusal, before the watch has seen anything; with a time to come back."""
    shaky_site.redis.config_set("maxmemory", 1)
    response = shaky_site.post(ONE)
    assert (response.status_code, refusal_of(response)) == (429, "TOO_MANY_REQUESTS")
    assert int(response.headers["retry-after"]) > 0
    shaky_site.redis.config_set("maxmemory", 0)
    until(lambda: shaky_site.post(ONE).status_code == 202)


def test_nearly_full(shaky_site: Site) -> None:
    """Past nine tenths nothing is taken, though Redis would: the workers must be able to write."""
    shaky_site.redis.setrange("filler", 50_000_000, b"x")  # and no long command, which would count, too
    used = int(shaky_site.redis.info("memory")["used_memory"])
    shaky_site.redis.config_set("maxmemory", int(used / 0.95))
    until(lambda: shaky_site.post(ONE).status_code == 429)
    assert "nearly full" in shaky_site.post(ONE).json()["errors"][0]["message"]
    shaky_site.redis.delete("filler")
    until(lambda: shaky_site.post(ONE).status_code == 202)


def test_one_connection_may_fill_half(shaky_site: Site) -> None:
    """Then its inputs hear 429, and other inputs' events are taken."""
    shaky_site.redis.config_set("maxmemory", 1 << 30)
    shaky_site.redis.hset("group:game", "bytes", (1 << 29) - 10)
    until(lambda: shaky_site.post(ONE, auth=APP).status_code == 429)
    assert "game" in shaky_site.post(ONE, auth=APP).json()["errors"][0]["message"]
    assert shaky_site.post(ONE).status_code == 202
