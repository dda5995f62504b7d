"""Fixtures: an ingest as in production, on a real port, with real lanes in Redis."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.site import CONFIGURATION, Site, running_site


@pytest.fixture(scope="module")
def long_running_site(redis_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Run one ingest for a module: what it asks Redis each second would be counted by tests of other folders."""
    with running_site(tmp_path_factory.mktemp("site"), redis_server) as site:
        yield site


@pytest.fixture
def site(long_running_site: Site, redis_url: str) -> Site:
    """Return the session's ingest with an empty Redis."""
    return long_running_site


@pytest.fixture
def own_site(redis_url: str, tmp_path: Path) -> Iterator[Site]:
    """Run an ingest for one test, which may change its configuration, in a database that no other ingest counts in."""
    with running_site(tmp_path, f"{redis_url.removesuffix('/0')}/1", CONFIGURATION) as site:
        yield site
