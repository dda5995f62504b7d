"""One process of many is the leader."""

import pytest
import redis

from store.client import connect
from store.errors import RedisAway
from store.leader_lock import LEADER_MS, LeaderLock


def test_a_process_is_the_leader_until_it_releases_the_lock_or_exits(client: redis.Redis) -> None:
    """And no process releases the lock of another."""
    first, second = LeaderLock(client), LeaderLock(client)
    assert (first.acquire(), second.acquire(), first.acquire()) == (True, False, True)
    second.release()
    assert not second.acquire()
    assert 0 < client.pttl("alerts:leader") <= LEADER_MS
    first.release()
    assert second.acquire()
    client.delete("alerts:leader")  # as when it has expired
    assert first.acquire()


def test_it_works_at_maxmemory(client: redis.Redis) -> None:
    """The leader sends the alert about it."""
    client.config_set("maxmemory", 1)
    assert LeaderLock(client).acquire()


def test_without_redis_both_methods_raise_redis_away() -> None:
    """A process that does not know whether it leads does not act."""
    lock = LeaderLock(connect("redis://127.0.0.1:1/0"))
    for ask in (lock.acquire, lock.release):
        with pytest.raises(RedisAway):
            ask()
