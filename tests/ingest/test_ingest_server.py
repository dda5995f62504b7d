"""Ingest as a process: its errors at start, its log lines, and its end."""

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from structlog.testing import capture_logs
from support.events import as_json, batch, purchase
from support.plant import free_port
from support.site import CONFIGURATION, WEB

from config.errors import ConfigurationError
from config.settings import Settings
from ingest.answers import FORBIDDEN, UNAVAILABLE
from ingest.intake import _repeat
from ingest.request_log import RefusalLog, log_unexpected_error
from ingest.server import run

PROGRAM = "from config.settings import load_settings; from ingest.server import run; run(load_settings())"


@pytest.fixture
def configuration(tmp_path: Path) -> Path:
    """A configuration file."""
    path = tmp_path / "relay.yaml"
    path.write_text(CONFIGURATION, encoding="utf-8")
    return path


def test_it_serves_until_a_signal(configuration: Path, redis_url: str) -> None:
    """SIGTERM ends it; the events of answered requests are in Redis."""
    port = free_port()
    environment = {"RELAY_CONFIG": str(configuration), "RELAY_REDIS_URL": redis_url, "RELAY_PORT": str(port)}
    with subprocess.Popen([sys.executable, "-c", PROGRAM], env={**os.environ, **environment}) as process:
        transport = httpx.HTTPTransport(retries=7)  # 0, 0.5, 1, 2 … s while the process starts
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=transport) as http:
            assert http.get("/health/ready").status_code == 200
            assert http.post("/v2/events", content=as_json(batch(purchase(1))), auth=WEB).status_code == 202
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=10) in (0, -signal.SIGTERM)


def test_a_port_in_use_is_an_error(configuration: Path, redis_url: str) -> None:
    """By an error that a command can turn into a sentence."""
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        run(Settings(config=configuration, redis_url=redis_url, port=taken.getsockname()[1]))  # type: ignore[arg-type]


def test_a_bad_file_at_the_start_is_an_error(configuration: Path, redis_url: str) -> None:
    """There is no former configuration to use."""
    configuration.write_text("inputs: 7")
    with pytest.raises(ConfigurationError, match=r"relay\.yaml:1"):
        run(Settings(config=configuration, redis_url=redis_url))  # type: ignore[arg-type]


def test_a_missing_redis_url_is_an_error(configuration: Path) -> None:
    """By the name of the variable."""
    with pytest.raises(ConfigurationError, match="RELAY_REDIS_URL"):
        run(Settings(config=configuration))


def test_a_storm_of_refusals_is_a_line_a_second() -> None:
    """Per input and status; the next line has the number of suppressed ones."""
    now = 100.0
    refusals = RefusalLog(lambda: now)
    with capture_logs() as lines:
        for _ in range(1000):
            refusals.record("web", UNAVAILABLE, "why")
            refusals.record("app", UNAVAILABLE, "why")
            refusals.record(None, FORBIDDEN, "why not")
        now += 1
        refusals.record("web", UNAVAILABLE, "why")
    assert [(line["input"], line["status"], line["log_level"], line["suppressed"]) for line in lines] == [
        ("web", 503, "warning", 0),
        ("app", 503, "warning", 0),
        (None, 403, "info", 0),
        ("web", 503, "warning", 999),
    ]


def test_an_unexpected_error_is_logged_by_its_place_not_its_text() -> None:
    """Its text may quote the event."""
    with capture_logs() as lines:
        try:
            {}["someone@shop.example"]
        except KeyError as error:
            log_unexpected_error("request_failed", error, input="web")
    [line] = lines
    assert line["error"] == "KeyError"
    assert line["at"][0].startswith("test_ingest_server.py:")
    assert "someone" not in repr(line)


def test_it_ends_though_a_cancellation_is_swallowed() -> None:
    """Background tasks end with the process, or a deployment would hang."""

    async def begin_and_end() -> None:
        begun, over = asyncio.Event(), asyncio.Event()

        async def step() -> None:
            begun.set()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.Event().wait()

        task = asyncio.create_task(_repeat(step, 0, over))
        await begun.wait()
        over.set()
        task.cancel()
        await asyncio.wait_for(task, 10)

    asyncio.run(begin_and_end())
