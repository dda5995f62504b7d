"""The dead-letter store: every dead letter is read once, whatever their number; changes are counted once."""

from collections.abc import Mapping

import pytest
import redis

from lanes.backlog import discard_page
from lanes.chunk import Batch, Chunk, ChunkCodec, Entry
from lanes.connections import connections_known, inputs_known
from lanes.dead_letters import (
    ReplayItem,
    count_dead_letters,
    iterate_dead_letters,
    read_dead_letter,
    read_dead_letters,
    remove_dead_letters,
    replace_dead_letter,
    replay_dead_letters,
)
from lanes.ledger import read_ledger
from store.client import connect
from store.errors import RedisAway


@pytest.fixture
def client(redis_url: str) -> redis.Redis:
    """An empty Redis."""
    return redis.Redis.from_url(redis_url)


def store(client: redis.Redis, stored: Mapping[bytes, bytes]) -> None:
    """Store these dead letters of `shop`, each with its label."""
    if stored:
        client.hset("dead_letters:shop", mapping=stored)  # type: ignore[arg-type]
        client.hset("dead_letters:shop:labels", mapping=dict.fromkeys(stored, "why"))  # type: ignore[arg-type]


@pytest.mark.parametrize("number", [0, 1, 100, 5_000])
def test_every_dead_letter_is_read_once(client: redis.Redis, number: int) -> None:
    """Redis returns small hashes whole and large ones in pages."""
    stored = {f"id-{n}".encode(): f"dead letter {n}".encode() for n in range(number)}
    store(client, stored)
    read = list(iterate_dead_letters(client, "shop"))
    assert len(read) == number == count_dead_letters(client, "shop")
    assert dict(read) == {key.decode(): value for key, value in stored.items()}


@pytest.mark.parametrize("at_once", [1, 7, 200])
@pytest.mark.parametrize("most_bytes", [1, 2_500, 1 << 20])
def test_dead_letters_are_read_in_portions_of_bytes(
    client: redis.Redis, most_bytes: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In order, None for each that is not there; no reply has more bytes than that, unless one dead letter has."""
    monkeypatch.setattr("lanes.dead_letters.READ_BYTES", most_bytes)
    monkeypatch.setattr("lanes.dead_letters.READ_AT_ONCE", at_once)
    store(client, {b"%d" % number: b"x" * (number % 9 * 300) for number in range(0, 40, 2)})
    read = list(read_dead_letters(client, [("shop", str(number)) for number in range(40)]))
    assert [None if content is None else len(content) for content in read] == [
        None if number % 2 else number % 9 * 300 for number in range(40)
    ]
    with redis.Redis.from_pool(client.connection_pool) as watched:
        before = watched.info("commandstats")["cmdstat_hget"]["calls"]
        list(read_dead_letters(client, [("shop", str(number)) for number in range(40)]))
        assert watched.info("commandstats")["cmdstat_hget"]["calls"] - before == 40, "each is read once"


def test_one_dead_letter_by_its_id(client: redis.Redis) -> None:
    """None when it is not there."""
    client.hset("dead_letters:shop", "a", b"\x00\xff")
    assert read_dead_letter(client, "shop", "a") == b"\x00\xff"
    assert read_dead_letter(client, "shop", "b") is None
    assert read_dead_letter(client, "other", "a") is None


def test_connections_and_inputs_that_redis_knows(client: redis.Redis) -> None:
    """Sorted by name; the ledger of a connection is not taken for that of an input."""
    client.sadd("lanes:connections", "shop-b", "shop-a")
    client.hset("ledger:input:web", "accepted", 1)
    client.hset("ledger:shop-a", "accepted", 1)
    assert (connections_known(client), inputs_known(client)) == (["shop-a", "shop-b"], ["web"])


def test_without_redis_every_function_raises_redis_away() -> None:
    """One kind of error, whatever the client library raises."""
    gone = connect("redis://127.0.0.1:1/0")
    for read in (
        connections_known,
        inputs_known,
        lambda client: list(iterate_dead_letters(client, "shop")),
        lambda client: replay_dead_letters(client, "shop", []),
        lambda client: remove_dead_letters(client, "shop", []),
        lambda client: discard_page(client, "shop"),
    ):
        with pytest.raises(RedisAway):
            read(gone)


def _dead_letter(client: redis.Redis, dead_letter_id: str, chunk: bytes) -> ReplayItem:
    client.hset("dead_letters:shop", dead_letter_id, f"dead letter {dead_letter_id}")
    for counter in ("accepted", "dead_lettered"):
        client.hincrby("ledger:shop", counter, 1)
    client.sadd("lanes:connections", "shop")
    return ReplayItem(dead_letter_id, f"dead letter {dead_letter_id}".encode(), chunk)


def _chunk(items: list[str] | None = None) -> bytes:
    return ChunkCodec().encode(Chunk("web", 1, [Batch(b"{}", [Entry(0, None, b"{}", items)])]))


def test_counts_by_label_follow_dead_letters_that_leave(client: redis.Redis) -> None:
    """Removed or replayed: the counts are of those that are there."""
    items = [_dead_letter(client, dead_letter_id, _chunk()) for dead_letter_id in ("a", "b", "c", "d")]
    client.hset("dead_letters:shop:labels", mapping={"a": "bad", "b": "bad", "c": "bad", "d": "worse"})
    client.hset("dead_letters:shop:counts", mapping={"bad": 3, "worse": 1})
    assert remove_dead_letters(client, "shop", ["a"]) == ["a"]
    assert read_ledger(client, ["shop"], []).connections[0].labels == {"bad": 2, "worse": 1}
    assert replay_dead_letters(client, "shop", [items[1], items[3]]) == ["b", "d"]
    assert read_ledger(client, ["shop"], []).connections[0].labels == {"bad": 1}


def test_a_repeated_replay_replays_nothing_twice(client: redis.Redis) -> None:
    """Repeated after a lost reply, it finds nothing to do."""
    items = [_dead_letter(client, name, _chunk()) for name in "abc"]
    assert replay_dead_letters(client, "shop", items[:2], choose_lane=lambda: 1) == ["a", "b"]
    assert replay_dead_letters(client, "shop", items, choose_lane=lambda: 1) == ["c"]
    assert replay_dead_letters(client, "shop", items) == []
    (shop,) = read_ledger(client, ["shop"], []).connections
    assert shop.balances
    assert (shop.waiting, shop.dead_letters, shop.counts) == (
        3,
        0,
        {"accepted": 3, "dead_lettered": 3, "replayed": 3},
    )
    assert [lane.name for lane in shop.lanes] == ["shop:1"]


def test_an_event_of_several_items_counts_extra_when_it_is_replayed(client: redis.Redis) -> None:
    """One dead letter is replayed; each item beyond the first is `extra`."""
    item = _dead_letter(client, "a", _chunk(["Purchase", "Search", "Contact"]))
    assert replay_dead_letters(client, "shop", [item]) == ["a"]
    (shop,) = read_ledger(client, ["shop"], []).connections
    assert shop.balances
    assert (shop.waiting, shop.counts) == (3, {"accepted": 1, "dead_lettered": 1, "replayed": 1, "extra": 2})


def test_a_replay_ends_no_backoff(client: redis.Redis) -> None:
    """A lane that waits keeps its due time."""
    items = [_dead_letter(client, name, _chunk()) for name in "ab"]
    replay_dead_letters(client, "shop", items[:1], choose_lane=lambda: 0)
    client.zadd("lanes:due", {"shop:0": 9e12})
    replay_dead_letters(client, "shop", items[1:], choose_lane=lambda: 0)
    assert client.zscore("lanes:due", "shop:0") == 9e12


def test_a_dead_letter_corrected_since_it_was_read_is_left_alone(client: redis.Redis) -> None:
    """Neither a replay nor another correction changes it."""
    item = _dead_letter(client, "a", _chunk())
    assert replace_dead_letter(client, "shop", "a", item.read, b"corrected")
    assert not replace_dead_letter(client, "shop", "a", item.read, b"otherwise")
    assert replay_dead_letters(client, "shop", [item]) == []
    assert read_dead_letter(client, "shop", "a") == b"corrected"
