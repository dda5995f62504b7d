"""Fixtures that tests of several folders ask for; tests/conftest.py loads them for all."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from support.bench import HEADER, Bench
from support.nodes import Nodes
from support.place import Place

from cli.local.embedded import is_running
from sandbox.client import SandboxClient, running_sandbox
from store.client import connect


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxClient]:
    """Run a sandbox that accepts the token "good"."""
    with running_sandbox(["good"]) as client:
        yield client


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """A client as workers have it."""
    client = connect(redis_url)
    yield client
    client.config_set("maxmemory", 0)
    client.close()


@pytest.fixture
def bench_file(tmp_path: Path, redis_url: str, sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a file with one connection, for Web events; `relay` commands find it, its Redis and the sandbox."""
    path = tmp_path / "relay.yaml"
    path.write_text(HEADER + "    enable_web_migration: true\n")
    monkeypatch.setenv("TOKEN", "good")
    monkeypatch.setenv("RELAY_CONFIG", str(path))
    monkeypatch.setenv("RELAY_REDIS_URL", redis_url)
    monkeypatch.setenv("RELAY_TIKTOK_URL", sandbox.url)
    monkeypatch.setenv("RELAY_DATA_DIR", str(tmp_path / "data"))
    sandbox.clear()
    sandbox.clear_faults()
    return path


@pytest.fixture
def bench(bench_file: Path, redis_url: str, sandbox: SandboxClient) -> Iterator[Bench]:
    """Give a worker with the connection of `bench_file`."""
    bench = Bench(bench_file, redis_url, sandbox)
    yield bench
    bench.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """Give a directory to run `relay up` in; afterwards kill its Redis server if it still runs."""
    with running_sandbox() as client:
        place = Place(tmp_path, client)
        place.data.make()
        yield place
        record = place.data.record()
        if record is not None and is_running(record.pid):
            os.kill(record.pid, signal.SIGKILL)


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[Nodes]:
    """Run a primary and a replica."""
    with Nodes(tmp_path, replicas=1) as nodes:
        yield nodes
