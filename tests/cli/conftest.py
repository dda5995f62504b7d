"""The bench, and an environment in which `relay` finds what the bench works on."""

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
    """A worker whose one connection takes Web events to `event/track/`, and whose operator types here."""
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
