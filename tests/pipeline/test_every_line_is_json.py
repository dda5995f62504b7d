"""With RELAY_LOG_FORMAT=json every line of every process is a JSON object, in an outage and at the end too."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable

import httpx
import pytest
from support.place import RELAY, Place
from support.server import free_port
from support.waiting import until

from cli.local.embedded import is_running

JSON = {"RELAY_LOG_FORMAT": "json", "FLOWER_BASIC_AUTH": "relay:password"}


def assert_json(text: str, *processes: str) -> None:
    """Assert that every line is an object that names its process, and that each of these processes logged something."""
    lines = [json.loads(line) for line in text.splitlines()]
    assert all(line["event"] and line["level"] and line["timestamp"] for line in lines)
    assert {line["process"] for line in lines} >= set(processes)


def test_everything_that_relay_up_runs(place: Place) -> None:
    """Through a delivered event, a killed worker and a killed server."""
    up = place.up(**JSON)
    try:
        place.post(1)
        until(lambda: place.arrived(1), 60)
        record = place.data.record()
        assert record is not None
        os.kill(record.pid, signal.SIGKILL)
        until(lambda: not is_running(record.pid))
        until(place.is_ready, 60)
        place.post(2)
        until(lambda: place.arrived(2), 60)
    finally:
        up.send_signal(signal.SIGTERM)
        assert up.wait(60) == 0
    assert_json(place.output(), "up", "worker")


def run(arguments: list[str], environ: dict[str, str], enough: Callable[[], bool]) -> str:
    """Return everything that a process writes, until `enough` is true and the process was stopped."""
    child = subprocess.Popen(
        [RELAY, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, env=environ
    )
    try:
        until(enough, 60)
        time.sleep(0.5)
        child.send_signal(signal.SIGTERM)
        time.sleep(2)
    finally:
        child.kill()
    return child.communicate()[0].decode()


@pytest.mark.parametrize("redis_is_there", [True, False], ids=["Redis answers", "Redis is away"])
def test_flower(redis_is_there: bool, place: Place) -> None:
    """Tornado's, Celery's and Flower's lines too."""
    up = place.up(**JSON)
    try:
        record, port = place.data.record(), free_port()
        assert record is not None
        url = record.url if redis_is_there else f"redis://127.0.0.1:{free_port()}/0"
        environ = {**place.environ, **JSON, "RELAY_REDIS_URL": url, "FLOWER_PORT": str(port)}

        def answers() -> bool:
            try:
                return httpx.get(f"http://127.0.0.1:{port}/healthcheck", trust_env=False).is_success
            except httpx.HTTPError:
                return False

        output = run(["flower"], environ, answers)
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait(60)
    assert_json(output, "flower")
