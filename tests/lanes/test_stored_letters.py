"""Reading dead letters and names back: all of them, each once, whatever their number."""

import pytest
import redis

from lanes.client import connect
from lanes.errors import RedisAway
from lanes.known import groups_known, inputs_known
from lanes.letters import count_letters, letter_of, letters_of


@pytest.fixture
def client(redis_url: str) -> redis.Redis:
    """An empty Redis."""
    return redis.Redis.from_url(redis_url)


@pytest.mark.parametrize("number", [0, 1, 100, 5_000])
def test_every_letter_is_told_once(client: redis.Redis, number: int) -> None:
    """Small hashes come whole, large ones in pages."""
    stored = {f"id-{n}".encode(): f"letter {n}".encode() for n in range(number)}
    if stored:
        client.hset("letters:shop", mapping=stored)  # type: ignore[arg-type]
    read = list(letters_of(client, "shop"))
    assert len(read) == number == count_letters(client, "shop")
    assert dict(read) == {key.decode(): value for key, value in stored.items()}


def test_one_letter_by_its_id(client: redis.Redis) -> None:
    """None when it is not there."""
    client.hset("letters:shop", "a", b"\x00\xff")
    assert letter_of(client, "shop", "a") == b"\x00\xff"
    assert letter_of(client, "shop", "b") is None
    assert letter_of(client, "other", "a") is None


def test_groups_and_inputs_that_redis_knows(client: redis.Redis) -> None:
    """In the order of their names; a connection's books are no input's."""
    client.sadd("lanes:groups", "shop-b", "shop-a")
    client.hset("books:input:web", "accepted", 1)
    client.hset("books:shop-a", "accepted", 1)
    assert (groups_known(client), inputs_known(client)) == (["shop-a", "shop-b"], ["web"])


def test_redis_away_is_said_as_such() -> None:
    """Not in the client's words."""
    gone = connect("redis://127.0.0.1:1/0")
    for read in (groups_known, inputs_known, lambda client: list(letters_of(client, "shop"))):
        with pytest.raises(RedisAway):
            read(gone)
