"""Fixtures of console tests: a running ingest with its console on a bench, and clients of the console."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest
from support.bench import Bench
from support.console_client import PASSWORD, ConsoleClient

from config.settings import Settings
from console.app import console_routes
from ingest.server import serving


@pytest.fixture
def open_console(bench: Bench) -> Callable[..., AbstractContextManager[str]]:
    """Return a function that runs ingest with its console on the bench, and gives the URL."""

    @contextmanager
    def open_console(**settings: Any) -> Iterator[str]:
        given = {"admin_password": PASSWORD, "redis_url": bench.url, **settings}
        complete = Settings(config=bench.path, tiktok_url=bench.sandbox.url, **given)
        with console_routes(complete) as routes, serving(complete, routes) as url:
            yield url

    return open_console


@pytest.fixture
def console_url(open_console: Callable[..., AbstractContextManager[str]]) -> Iterator[str]:
    """Give the URL of a running ingest with its console."""
    with open_console() as url:
        yield url


@pytest.fixture
def anonymous(console_url: str) -> Iterator[ConsoleClient]:
    """Give a client that has not signed in."""
    client = ConsoleClient(console_url)
    yield client
    client.close()


@pytest.fixture
def operator(console_url: str) -> Iterator[ConsoleClient]:
    """Give a client that has signed in."""
    client = ConsoleClient(console_url)
    client.sign_in()
    yield client
    client.close()
