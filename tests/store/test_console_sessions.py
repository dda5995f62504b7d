"""Sessions of the console and attempts to sign in, on a real server."""

import pytest
import redis

from store.records.console_sessions import ConsoleSessions, Limit

NOW = 1_000_000
OWN = Limit(free=3, first_ms=1_000, most_ms=5_000, kept_ms=60_000)
ALL = Limit(free=5, first_ms=1_000, most_ms=1_000, kept_ms=60_000)


def test_a_session_is_found_by_its_token_until_it_ends(client: redis.Redis) -> None:
    """Redis never has the token itself."""
    sessions = ConsoleSessions(client)
    sessions.keep("token-1", b"value", 60_000)
    assert sessions.find("token-1") == b"value"
    assert sessions.find("token-2") is None
    assert not [key for key in client.scan_iter() if b"token" in key]
    assert 0 < client.pttl(client.keys("console:session:*")[0]) <= 60_000
    sessions.end("token-1")
    assert sessions.find("token-1") is None


def test_attempts_are_free_at_first_and_then_wait_twice_as_long_each_time(client: redis.Redis) -> None:
    """Up to the longest wait; an attempt that had to wait is not counted; a success resets the count."""
    sessions = ConsoleSessions(client)

    def tried(now: int) -> int:
        return sessions.admit([("someone", OWN)], now)

    assert [tried(NOW) for _ in range(5)] == [0, 0, 0, 1_000, 1_000]
    assert [tried(NOW + 1_000), tried(NOW + 1_000)] == [0, 2_000]
    assert [tried(NOW + 3_000), tried(NOW + 3_000)] == [0, 4_000]
    assert [tried(NOW + 7_000), tried(NOW + 7_000)] == [0, 5_000]
    sessions.forgive("someone")
    assert tried(NOW + 7_000) == 0


def test_many_senders_wait_together(client: redis.Redis) -> None:
    """Whatever each of them did before."""
    sessions = ConsoleSessions(client)
    waits = [sessions.admit([(f"address-{n}", OWN), ("all", ALL)], NOW) for n in range(7)]
    assert waits == [0, 0, 0, 0, 0, 1_000, 1_000]


def test_at_maxmemory_operators_can_still_sign_in(client: redis.Redis) -> None:
    """Operators make room in the console."""
    sessions = ConsoleSessions(client)
    client.config_set("maxmemory", 1)
    with pytest.raises(redis.RedisError):
        client.set("something", "else")
    assert sessions.admit([("someone", OWN)], NOW) == 0
    sessions.keep("token", b"value", 60_000)
    assert sessions.find("token") == b"value"
