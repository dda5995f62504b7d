"""Remembered values: found again until they expire, and readable only with relay's key."""

import pytest
import redis
from support.memory import used_memory

from config.secrets import Keyring
from store.client import connect
from store.errors import RedisAway, RedisFull
from store.records.address_cache import LARGEST_VALUE, OVERHEAD, SHARED, AddressCache

DAY_S = 86_400
OLD, NEW = Keyring.new_key(), Keyring.new_key()
RINGS = [None, Keyring([NEW])]
IDS = ["without a key", "with a key"]


@pytest.fixture
def client(redis_url: str) -> redis.Redis:
    return connect(redis_url)


def names_in(client: redis.Redis) -> list[bytes]:
    """Return the keys of remembered values; beside them are a secret, an index of the same keys and a sum."""
    return [
        name for name in client.scan_iter() if name not in (SHARED.encode(), b"addresses:index", b"addresses:bytes")
    ]


@pytest.mark.parametrize("keyring", RINGS, ids=IDS)
def test_beyond_the_bound_the_oldest_values_are_removed(client: redis.Redis, keyring: Keyring | None) -> None:
    """In bytes that Redis really uses; a subject that was stored again counts as new."""
    memory = AddressCache(client, keyring, DAY_S)
    memory.most_bytes = 200_000
    for first in range(0, 3_000, 100):
        for name, score in client.zrange("addresses:index", 0, -1, withscores=True):
            client.zadd("addresses:index", {name: score - 65_536})  # a second has passed
        memory.put({f"user-{n}": b"203.0.113.%d" % (n % 250) for n in range(first, first + 100)})
        memory.put({"regular": b"x"})
    assert int(client.get("addresses:bytes") or 0) <= 200_000
    used = sum(client.memory_usage(key, samples=0) or 0 for key in client.scan_iter("addresses:*", count=1_000))
    assert 80_000 < used <= 200_000
    kept = memory.get(["regular", *(f"user-{number}" for number in range(3_000))])
    assert 200 < len(kept) == client.zcard("addresses:index") < 1_000
    assert {"regular", "user-2999"} <= set(kept)
    assert "user-0" not in kept


def test_a_value_uses_at_most_what_is_counted(client: redis.Redis) -> None:
    """Its places in Redis's tables included, on every server."""
    memory = AddressCache(client, None, DAY_S)
    before = used_memory(client)
    for first in range(0, 8_300, 100):  # more than 8,192: Redis has just doubled its tables, and needs most
        memory.put({f"user-{n}": b"203.0.113.%d" % (n % 250) for n in range(first, first + 100)})
    used, counted = used_memory(client) - before, int(client.get("addresses:bytes") or 0)
    assert used <= counted, f"{used / 8_300:.0f} bytes used, {counted / 8_300:.0f} counted for each"


def test_an_expired_value_no_longer_counts(client: redis.Redis) -> None:
    """A removed value leaves the index as well: not even its key stays."""
    memory = AddressCache(client, None, 1)
    memory.put({"gone": b"x" * 1_000})
    [(name, score)] = client.zrange("addresses:index", 0, -1, withscores=True)
    client.zadd("addresses:index", {name: score - 10 * 65_536})  # as if ten seconds had passed
    memory.put({"jane": b"x" * 100, "joe": b"x" * 100})
    assert client.get("addresses:bytes") == b"%d" % (2 * (100 + OVERHEAD))
    assert memory.erase(["jane", "nobody"]) == 1
    assert client.get("addresses:bytes") == b"%d" % (100 + OVERHEAD)
    assert client.zcard("addresses:index") == 1


def test_a_value_that_is_too_large_is_not_remembered(client: redis.Redis) -> None:
    """A sender chooses its size."""
    memory = AddressCache(client, None, DAY_S)
    memory.put({"jane": b"x" * (LARGEST_VALUE + 1), "joe": b"x"})
    assert memory.get(["jane", "joe"]) == {"joe": b"x"}


@pytest.mark.parametrize("keyring", RINGS, ids=IDS)
def test_every_process_finds_remembered_values(client: redis.Redis, keyring: Keyring | None) -> None:
    """The latest value of each subject; unknown subjects are omitted."""
    one, other = (AddressCache(client, keyring, DAY_S) for _ in range(2))
    one.put({"jane": b"first", "joe": b"his"})
    other.put({"jane": b"second"})
    assert one.get(["jane", "nobody", "joe"]) == {"jane": b"second", "joe": b"his"}


@pytest.mark.parametrize("keyring", RINGS, ids=IDS)
def test_keys_in_redis_name_no_person(client: redis.Redis, keyring: Keyring | None) -> None:
    """No key has a subject, and with an encryption key no value is readable."""
    AddressCache(client, keyring, DAY_S).put({"jane@shop.example": b"203.0.113.9"})
    names = names_in(client)
    assert [len(name) for name in names] == [len("addresses:") + 16]
    assert b"jane" not in names[0]
    assert (b"203.0.113.9" in (client.get(names[0]) or b"")) == (keyring is None)


def test_values_expire(client: redis.Redis) -> None:
    """Each value, a number of seconds after it was last stored."""
    AddressCache(client, Keyring([NEW]), DAY_S).put({"jane": b"x"})
    [name] = names_in(client)
    assert 0 < client.ttl(name) <= DAY_S


def test_values_under_a_replaced_key_are_not_found(client: redis.Redis) -> None:
    """Keys are made with the newest key, so values under the former one are not found, and do no harm."""
    AddressCache(client, Keyring([OLD]), DAY_S).put({"jane": b"x"})
    assert AddressCache(client, Keyring([NEW, OLD]), DAY_S).get(["jane"]) == {}


def test_no_subject_sends_nothing(client: redis.Redis) -> None:
    """No round trip and no secret for no subject."""
    memory = AddressCache(client, None, DAY_S)
    memory.put({})
    assert memory.get([]) == {}
    assert client.keys() == []


def test_redis_full_and_redis_away_are_raised(client: redis.Redis) -> None:
    """A full or absent Redis raises the same errors as everywhere."""
    memory = AddressCache(client, Keyring([NEW]), DAY_S)
    client.config_set("maxmemory", 1)
    with pytest.raises(RedisFull):
        memory.put({"jane": b"x"})
    client.config_set("maxmemory", 0)
    away = AddressCache(connect("redis://127.0.0.1:1/0"), Keyring([NEW]), DAY_S)
    with pytest.raises(RedisAway):
        away.get(["jane"])
