"""The audit log keeps the newest entries of each kind; plain commands only, so a stand-in server is enough."""

import fakeredis
import pytest

from store.errors import RedisAway
from store.records.audit_log import MOST_ENTRIES, add_entry, entries


@pytest.fixture
def server() -> fakeredis.FakeServer:
    """A server that can be disconnected."""
    return fakeredis.FakeServer()


@pytest.fixture
def client(server: fakeredis.FakeServer) -> fakeredis.FakeRedis:
    return fakeredis.FakeRedis(server=server)


def test_entries_are_newest_first_and_apart_by_kind(client: fakeredis.FakeRedis) -> None:
    """Reveals are not mixed with erasures."""
    add_entry(client, "reveals", b"first")
    add_entry(client, "erasures", b"other")
    add_entry(client, "reveals", b"second")
    assert entries(client, "reveals") == [b"second", b"first"]
    assert entries(client, "erasures") == [b"other"]


def test_only_the_newest_are_kept(client: fakeredis.FakeRedis) -> None:
    """The log does not grow without bound."""
    client.lpush("audit:reveals", *[b"%d" % number for number in range(MOST_ENTRIES)])
    add_entry(client, "reveals", b"newest")
    kept = entries(client, "reveals")
    assert (len(kept), kept[0], kept[-1]) == (MOST_ENTRIES, b"newest", b"1")


def test_without_redis_both_raise_redis_away(server: fakeredis.FakeServer, client: fakeredis.FakeRedis) -> None:
    """It raises RedisAway, as everything does."""
    server.connected = False
    with pytest.raises(RedisAway):
        add_entry(client, "reveals", b"lost")
    with pytest.raises(RedisAway):
        entries(client, "reveals")
