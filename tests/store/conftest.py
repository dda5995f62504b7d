"""Fixtures of the tests of what is stored besides lanes."""

import pytest
import redis

from store.records.profiles import ProfileCodec, ProfileStore


@pytest.fixture
def store(client: redis.Redis) -> ProfileStore:
    """Return profiles without a key, in at most 1 MiB."""
    return ProfileStore(client, ProfileCodec(None), 1 << 20)
