"""Watching: one at a time, and no note is written over one that was not read."""

from collections.abc import Iterator

import pytest
import redis

from lanes.lanes import Lanes
from store.alert_state import TURN_MS, Watch
from store.client import connect
from store.errors import RedisAway


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """A client as workers have it."""
    client = connect(redis_url)
    yield client
    client.config_set("maxmemory", 0)
    client.close()


def test_it_is_one_watcher_s_turn_until_it_gives_it_up_or_dies(client: redis.Redis) -> None:
    """And nobody gives up another's."""
    one, other = Watch(client), Watch(client)
    assert (one.take_turn(), other.take_turn(), one.take_turn()) == (True, False, True)
    other.give_up_turn()
    assert not other.take_turn()
    assert 0 < client.pttl("watch:turn") <= TURN_MS
    one.give_up_turn()
    assert other.take_turn()
    client.delete("watch:turn")  # as when it has run out
    assert one.take_turn()


def test_it_sees_every_group_at_a_glance(client: redis.Redis) -> None:
    """State, whose doing, deaths, and the note."""
    Lanes(client).rest("shop", "paused", 60_000, {"by": "valve"})
    client.sadd("lanes:groups", "other")
    client.hset("books:other", "dead", 7)
    client.hset("group:shop", "letter_bytes", 5)
    watch = Watch(client)
    assert watch.keep("shop", b"", b"note")
    now_ms, seen = watch.look()
    assert [tuple(one) for one in seen] == [("other", "", "", 7, b"", 0), ("shop", "paused", "valve", 0, b"note", 5)]
    assert abs(now_ms - client.time()[0] * 1000) < 5_000


def test_a_note_is_replaced_only_by_who_read_it(client: redis.Redis) -> None:
    """One who was asleep meanwhile writes nothing."""
    watch = Watch(client)
    assert watch.keep("shop", b"", b"first")
    assert not watch.keep("shop", b"", b"late")
    assert watch.keep("shop", b"first", b"second")
    assert not watch.keep("shop", b"first", b"late")
    assert client.hget("watch:notes", "shop") == b"second"


def test_it_works_at_maxmemory(client: redis.Redis) -> None:
    """That is when there is most to tell."""
    client.config_set("maxmemory", 1)
    watch = Watch(client)
    assert watch.take_turn()
    assert watch.keep("shop", b"", b"note")
    assert watch.keep("shop", b"note", b"longer note")


def test_redis_away_is_said_as_such() -> None:
    """By every method."""
    watch = Watch(connect("redis://127.0.0.1:1/0"))
    for ask in (watch.take_turn, watch.give_up_turn, watch.look, lambda: watch.keep("shop", b"", b"note")):
        with pytest.raises(RedisAway):
            ask()
