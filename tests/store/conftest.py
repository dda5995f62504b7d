"""What tests of what Redis holds beside lanes may ask for."""

from collections.abc import Iterator

import pytest
import redis

from store.client import connect


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """A client as workers have it."""
    client = connect(redis_url)
    yield client
    client.config_set("maxmemory", 0)
    client.close()
