"""Answers while Redis is stopped, killed or full: 503 or 429 in time, and 202 again afterwards."""

import os
import signal
import subprocess
import time
from base64 import b64encode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from conftest import wait_until_ready
from support.events import as_json, batch, purchase
from support.plant import SERVER, free_port
from support.site import APP, Site, refusal_of, running_site
from support.waiting import until

PROMISED_S = 3.0
ONE = batch(purchase(1))


class Server:
    """A Redis for one test, with all data on disk, which the test stops and kills."""

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
        """Kill it and wait for its end."""
        self.process.kill()
        self.process.wait()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Run a server for one test."""
    server = Server(tmp_path)
    yield server
    server.kill()


@pytest.fixture
def shaky_site(server: Server, tmp_path: Path) -> Iterator[Site]:
    """Run an ingest on that server."""
    with running_site(tmp_path, server.url) as site:
        assert site.post(ONE).status_code == 202
        yield site


def timed_post(site: Site) -> tuple[httpx.Response, float]:
    """Return the answer and its seconds."""
    began = time.monotonic()
    return site.post(ONE), time.monotonic() - began


def test_redis_hangs(shaky_site: Site, server: Server) -> None:
    """While Redis hangs, thirty clients get 503 within 3 s with Retry-After; afterwards 202."""
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


def test_redis_is_killed(shaky_site: Site, server: Server) -> None:
    """503 at once while it is away; accepted events are there when it is back."""
    server.kill()
    response, seconds = timed_post(shaky_site)
    assert (response.status_code, seconds < PROMISED_S) == (503, True)
    ready = shaky_site.http.get("/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "not ready")
    assert "does not answer" in ready.json()["redis"]
    assert shaky_site.http.get("/health/live").status_code == 200
    server.start()
    until(lambda: shaky_site.post(ONE).status_code == 202)
    assert shaky_site.counts("shop")["accepted"] == 2


def test_redis_is_missing_when_ingest_starts(tmp_path: Path) -> None:
    """Ingest starts, reports that it is not ready, and accepts nothing."""
    with running_site(tmp_path, f"redis://127.0.0.1:{free_port()}/0") as site:
        assert site.http.get("/health/ready").status_code == 503
        assert site.post(ONE).status_code == 503


def test_redis_is_full(shaky_site: Site) -> None:
    """429 from Redis's own refusal, before the memory was read; with Retry-After."""
    shaky_site.redis.config_set("maxmemory", 1)
    response = shaky_site.post(ONE)
    assert (response.status_code, refusal_of(response)) == (429, "TOO_MANY_REQUESTS")
    assert int(response.headers["retry-after"]) > 0
    shaky_site.redis.config_set("maxmemory", 0)
    until(lambda: shaky_site.post(ONE).status_code == 202)


def test_redis_is_nearly_full(shaky_site: Site) -> None:
    """Above nine tenths nothing is accepted, because the workers must be able to write."""
    shaky_site.redis.setrange("filler", 50_000_000, b"x")  # and no long command, which would count, too
    used = int(shaky_site.redis.info("memory")["used_memory"])
    shaky_site.redis.config_set("maxmemory", int(used / 0.95))
    until(lambda: shaky_site.post(ONE).status_code == 429)
    assert "nearly full" in shaky_site.post(ONE).json()["errors"][0]["message"]
    shaky_site.redis.delete("filler")
    until(lambda: shaky_site.post(ONE).status_code == 202)


def test_one_connection_may_use_half_of_the_memory(shaky_site: Site) -> None:
    """Then its inputs get 429, and events of other inputs are accepted."""
    shaky_site.redis.config_set("maxmemory", 1 << 30)
    shaky_site.redis.hset("connection:game", "bytes", (1 << 29) - 10)
    until(lambda: shaky_site.post(ONE, auth=APP).status_code == 429)
    assert "game" in shaky_site.post(ONE, auth=APP).json()["errors"][0]["message"]
    assert shaky_site.post(ONE).status_code == 202


def deliver(site: Site) -> httpx.Response:
    """Post a record as Firehose does."""
    record = b64encode(as_json(ONE)).decode()
    headers = {"X-Amz-Firehose-Request-Id": "r", "X-Amz-Firehose-Access-Key": "web-key:web-secret"}
    return site.post({"requestId": "r", "records": [{"data": record}]}, "/v2/firehose", headers=headers)


def test_firehose_keeps_what_redis_cannot_take(shaky_site: Site, server: Server) -> None:
    """429 while Redis is full, 503 while it is away: Firehose sends the records again, until the answer is 200."""
    shaky_site.redis.config_set("maxmemory", 1)
    full = deliver(shaky_site)
    shaky_site.redis.config_set("maxmemory", 0)
    server.kill()
    away = deliver(shaky_site)
    assert (full.status_code, away.status_code) == (429, 503)
    assert [each.json()["requestId"] for each in (full, away)] == ["r", "r"]
    assert all(each.json()["errorMessage"] for each in (full, away))
    server.start()
    until(lambda: deliver(shaky_site).status_code == 200)
    assert shaky_site.counts("shop")["accepted"] == 2
