"""Fixtures that several folders of tests import into their conftest.py."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.bench import HEADER, Bench
from support.nodes import Nodes
from support.place import Place

from cli.local.embedded import is_running
from sandbox.client import SandboxClient, running_sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxClient]:
    """Run a sandbox that accepts the token "good"."""
    with running_sandbox(["good"]) as client:
        yield client


@pytest.fixture
def bench(tmp_path: Path, redis_url: str, sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Give a worker with one connection, for Web events; `relay` commands find its Redis and its file."""
    path = tmp_path / "relay.yaml"
    path.write_text(HEADER + "    enable_web_migration: true\n")
    monkeypatch.setenv("TOKEN", "good")
    monkeypatch.setenv("RELAY_CONFIG", str(path))
    monkeypatch.setenv("RELAY_REDIS_URL", redis_url)
    monkeypatch.setenv("RELAY_TIKTOK_URL", sandbox.url)
    monkeypatch.setenv("RELAY_DATA_DIR", str(tmp_path / "data"))
    sandbox.clear()
    sandbox.clear_faults()
    bench = Bench(path, redis_url, sandbox)
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
