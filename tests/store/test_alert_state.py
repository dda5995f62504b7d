"""What alerts remember: no process replaces a note that it has not read."""

import pytest
import redis

from lanes.connections import glance
from lanes.lanes import Lanes
from store.client import connect
from store.errors import RedisAway
from store.records.alert_state import AlertState


def test_a_glance_shows_every_connection(client: redis.Redis) -> None:
    """Its state, who caused it, its dead letters and the note."""
    Lanes(client).pause("shop", "paused", 60_000, {"by": "circuit_breaker"})
    client.sadd("lanes:connections", "other")
    client.hset("ledger:other", "dead_lettered", 7)
    client.hset("connection:shop", "dead_letter_bytes", 5)
    assert AlertState(client).keep("shop", b"", b"note")
    now_ms, seen = glance(client)
    assert [tuple(each) for each in seen] == [
        ("other", "", "", 7, b"", 0),
        ("shop", "paused", "circuit_breaker", 0, b"note", 5),
    ]
    assert abs(now_ms - client.time()[0] * 1000) < 5_000


def test_a_note_is_replaced_only_by_the_process_that_read_it(client: redis.Redis) -> None:
    """A process that read an older note changes nothing."""
    state = AlertState(client)
    assert state.keep("shop", b"", b"first")
    assert not state.keep("shop", b"", b"late")
    assert state.keep("shop", b"first", b"second")
    assert not state.keep("shop", b"first", b"late")
    assert state.note_of("shop") == b"second"


def test_it_works_at_maxmemory(client: redis.Redis) -> None:
    """A full Redis is what there is to alert about."""
    client.config_set("maxmemory", 1)
    state = AlertState(client)
    assert state.keep("shop", b"", b"note")
    assert state.keep("shop", b"note", b"longer note")


def test_without_redis_every_method_raises_redis_away() -> None:
    """So does the glance."""
    client = connect("redis://127.0.0.1:1/0")
    state = AlertState(client)
    for ask in (lambda: glance(client), lambda: state.note_of("shop"), lambda: state.keep("shop", b"", b"note")):
        with pytest.raises(RedisAway):
            ask()
