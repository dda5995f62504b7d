"""A running ingest with its console, over a bench whose worker drains when told, and somebody who is signed in."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.bench import HEADER, Bench
from support.visitor import PASSWORD, Visitor

from config.settings import Settings
from console.app import console_routes
from ingest.server import serving
from sandbox.client import SandboxClient, running_sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxClient]:
    """A stand-in TikTok that takes the token "good"."""
    with running_sandbox(["good"]) as client:
        yield client


@pytest.fixture
def bench(tmp_path: Path, redis_url: str, sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A worker whose one connection takes Web events to `event/track/`."""
    path = tmp_path / "relay.yaml"
    path.write_text(HEADER + "    enable_web_migration: true\n")
    monkeypatch.setenv("TOKEN", "good")
    sandbox.clear()
    sandbox.clear_faults()
    bench = Bench(path, redis_url, sandbox)
    yield bench
    bench.redis.config_set("maxmemory", 0)
    bench.close()


@pytest.fixture
def open_console(bench: Bench) -> Callable[..., AbstractContextManager[str]]:
    """open_console(**settings): an ingest process, as it were, on the bench's Redis and file; gives its URL."""

    @contextmanager
    def open_console(**settings: Any) -> Iterator[str]:
        given = {"admin_password": PASSWORD, "redis_url": bench.url, **settings}
        read = Settings(config=bench.path, tiktok_url=bench.sandbox.url, **given)
        with console_routes(read) as routes, serving(read, routes) as url:
            yield url

    return open_console


@pytest.fixture
def console_url(open_console: Callable[..., AbstractContextManager[str]]) -> Iterator[str]:
    """Where the console is."""
    with open_console() as url:
        yield url


@pytest.fixture
def stranger(console_url: str) -> Iterator[Visitor]:
    """Somebody who has not signed in."""
    visitor = Visitor(console_url)
    yield visitor
    visitor.close()


@pytest.fixture
def visitor(console_url: str) -> Iterator[Visitor]:
    """Somebody who has."""
    visitor = Visitor(console_url)
    visitor.sign_in()
    yield visitor
    visitor.close()
