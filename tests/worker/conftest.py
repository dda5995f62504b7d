"""The bench that worker tests work at."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.bench import HEADER, Bench

from sandbox.client import SandboxClient, running_sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxClient]:
    """A stand-in TikTok that takes the token "good"."""
    with running_sandbox(["good"]) as client:
        yield client


@pytest.fixture
def bench(tmp_path: Path, redis_url: str, sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A worker whose one connection takes Web events to `event/track/`."""
    monkeypatch.setenv("TOKEN", "good")
    sandbox.clear()
    sandbox.clear_faults()
    path = tmp_path / "relay.yaml"
    path.write_text(HEADER + "    enable_web_migration: true\n")
    bench = Bench(path, redis_url, sandbox)
    yield bench
    bench.close()
