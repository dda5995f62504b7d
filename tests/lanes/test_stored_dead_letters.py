"""Reading dead letters and names back: all of them, each once, whatever their number."""

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


@pytest.mark.parametrize("number", [0, 1, 100, 5_000])
def test_every_letter_is_told_once(client: redis.Redis, number: int) -> None:
    """Small hashes come whole, large ones in pages."""
    stored = {f"id-{n}".encode(): f"letter {n}".encode() for n in range(number)}
    if stored:
        client.hset("dead_letters:shop", mapping=stored)  # type: ignore[arg-type]
    read = list(iterate_dead_letters(client, "shop"))
    assert len(read) == number == count_dead_letters(client, "shop")
    assert dict(read) == {key.decode(): value for key, value in stored.items()}


def test_one_letter_by_its_id(client: redis.Redis) -> None:
    """None when it is not there."""
    client.hset("dead_letters:shop", "a", b"\x00\xff")
    assert read_dead_letter(client, "shop", "a") == b"\x00\xff"
    assert read_dead_letter(client, "shop", "b") is None
    assert read_dead_letter(client, "other", "a") is None


def test_groups_and_inputs_that_redis_knows(client: redis.Redis) -> None:
    """In the order of their names; a connection's books are no input's."""
    client.sadd("lanes:connections", "shop-b", "shop-a")
    client.hset("ledger:input:web", "accepted", 1)
    client.hset("ledger:shop-a", "accepted", 1)
    assert (connections_known(client), inputs_known(client)) == (["shop-a", "shop-b"], ["web"])


def test_redis_away_is_said_as_such() -> None:
    """Not in the client's words."""
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


def _letter(client: redis.Redis, letter_id: str, chunk: bytes) -> ReplayItem:
    client.hset("dead_letters:shop", letter_id, f"letter {letter_id}")
    for counter in ("accepted", "dead_lettered"):
        client.hincrby("ledger:shop", counter, 1)
    client.sadd("lanes:connections", "shop")
    return ReplayItem(letter_id, f"letter {letter_id}".encode(), chunk)


def _chunk(items: list[str] | None = None) -> bytes:
    return ChunkCodec().encode(Chunk("web", 1, [Batch(b"{}", [Entry(0, None, b"{}", items)])]))


def test_a_letter_that_leaves_takes_its_label_along(client: redis.Redis) -> None:
    """However it leaves: letters by label are those that are there."""
    letters = [_letter(client, letter_id, _chunk()) for letter_id in ("a", "b", "c", "d")]
    client.hset("dead_letters:shop:labels", mapping={"a": "bad", "b": "bad", "c": "bad", "d": "worse"})
    client.hset("dead_letters:shop:counts", mapping={"bad": 3, "worse": 1})
    assert remove_dead_letters(client, "shop", ["a"]) == ["a"]
    assert read_ledger(client, ["shop"], []).connections[0].labels == {"bad": 2, "worse": 1}
    assert replay_dead_letters(client, "shop", [letters[1], letters[3]]) == ["b", "d"]
    assert read_ledger(client, ["shop"], []).connections[0].labels == {"bad": 1}


def test_a_letter_goes_once_however_often_it_is_sent(client: redis.Redis) -> None:
    """Given again, as after a lost reply, the same replay finds nothing to do."""
    letters = [_letter(client, name, _chunk()) for name in "abc"]
    assert replay_dead_letters(client, "shop", letters[:2], choose_lane=lambda: 1) == ["a", "b"]
    assert replay_dead_letters(client, "shop", letters, choose_lane=lambda: 1) == ["c"]
    assert replay_dead_letters(client, "shop", letters) == []
    (group,) = read_ledger(client, ["shop"], []).connections
    assert group.balances
    assert (group.waiting, group.dead_letters, group.counts) == (
        3,
        0,
        {"accepted": 3, "dead_lettered": 3, "replayed": 3},
    )
    assert [lane.name for lane in group.lanes] == ["shop:1"]


def test_a_source_that_weighs_more_than_one_is_counted_as_when_it_was_mapped(client: redis.Redis) -> None:
    """One letter is replayed; what its source weighs beyond that is `extra`."""
    letter = _letter(client, "a", _chunk(["Purchase", "Search", "Contact"]))
    assert replay_dead_letters(client, "shop", [letter]) == ["a"]
    (group,) = read_ledger(client, ["shop"], []).connections
    assert group.balances
    assert (group.waiting, group.counts) == (3, {"accepted": 1, "dead_lettered": 1, "replayed": 1, "extra": 2})


def test_a_replay_ends_no_backoff(client: redis.Redis) -> None:
    """A lane that waits for later keeps its time."""
    letters = [_letter(client, name, _chunk()) for name in "ab"]
    replay_dead_letters(client, "shop", letters[:1], choose_lane=lambda: 0)
    client.zadd("lanes:due", {"shop:0": 9e12})
    replay_dead_letters(client, "shop", letters[1:], choose_lane=lambda: 0)
    assert client.zscore("lanes:due", "shop:0") == 9e12


def test_a_correction_made_meanwhile_is_not_undone(client: redis.Redis) -> None:
    """Neither a replay nor another correction goes by what was read before."""
    letter = _letter(client, "a", _chunk())
    assert replace_dead_letter(client, "shop", "a", letter.read, b"corrected")
    assert not replace_dead_letter(client, "shop", "a", letter.read, b"otherwise")
    assert replay_dead_letters(client, "shop", [letter]) == []
    assert read_dead_letter(client, "shop", "a") == b"corrected"
