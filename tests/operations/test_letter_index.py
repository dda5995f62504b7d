"""The index of letters: always what the store has, read once, and no more than it may hold."""

from collections.abc import Iterator

import msgspec
import pytest
import redis

from delivery.dead_letter import DeadLetter
from lanes.chunk import Batch, Chunk, ChunkCodec, Entry
from lanes.dead_letters import amend_letter, discard_letters
from operations.dead_letters.index import LetterIndex
from operations.dead_letters.query import NONE, Filter
from store.client import connect

DAY_MS = 86_400_000
CODEC = ChunkCodec()


@pytest.fixture
def client(redis_url: str) -> Iterator[redis.Redis]:
    """A client."""
    client = connect(redis_url)
    yield client
    client.close()


def letter(number: int, **facts: object) -> DeadLetter:
    """A letter that died at `number` ms after the first, of an event received the day before."""
    received = Chunk("web", number, [Batch(b"{}", [Entry(0, None, b"{}")])])
    made = {
        "id": f"{DAY_MS + number:012x}{number:010x}",
        "connection": "shop",
        "input": "web",
        "at_ms": DAY_MS + number,
        "event_id": f"e{number}",
        "source": CODEC.seal(received),
        **facts,
    }
    return msgspec.convert(made, DeadLetter)


def bury(client: redis.Redis, *letters: DeadLetter) -> None:
    """Put them in the store and the books, as a settlement does."""
    for one in letters:
        client.hset(f"letters:{one.connection}", one.id, one.encode())
        client.hset(f"letters:{one.connection}:labels", one.id, "label")
        client.hincrby(f"books:{one.connection}", "dead", 1)


def found(index: LetterIndex, **conditions: object) -> list[str | None]:
    """The ids of the events of those that are found."""
    return [one.event_id for one in index.find(["shop", "other"], Filter(**conditions)).oldest()]  # type: ignore[arg-type]


def test_it_follows_the_store_and_reads_each_letter_once(client: redis.Redis) -> None:
    """Letters that come, that go, that are corrected; in between it asks nothing but the books."""
    index = LetterIndex(client)
    assert found(index) == []
    bury(client, letter(1), letter(2), letter(3, connection="other"))
    assert found(index) == ["e1", "e2", "e3"]
    client.config_resetstat()
    assert found(index) == ["e1", "e2", "e3"]
    asked = client.info("commandstats")
    assert not {"cmdstat_hkeys", "cmdstat_hgetall", "cmdstat_hscan"} & set(asked)
    discard_letters(client, "shop", [letter(1).id])
    bury(client, letter(4))
    assert found(index) == ["e2", "e3", "e4"]
    amend_letter(client, "shop", letter(2).id, letter(2).encode(), letter(2, message="corrected").encode())
    assert found(index) == ["e2", "e3", "e4"]


def test_of_more_than_it_may_hold_it_has_the_newest(client: redis.Redis) -> None:
    """The older ones come when those have gone."""
    bury(client, *(letter(n) for n in range(10)))
    index = LetterIndex(client, most=3)
    assert found(index) == ["e7", "e8", "e9"]
    discard_letters(client, "shop", [letter(n).id for n in (8, 9)])
    assert found(index) == ["e5", "e6", "e7"]


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, ["e1", "e2", "e3"]),
        ({"connection": "other"}, ["e3"]),
        ({"reason": "invalid_url"}, ["e1"]),
        ({"field": "TikTok.URL"}, ["e1"]),
        ({"field": NONE}, ["e2", "e3"]),
        ({"tiktok_event": "Search"}, ["e2"]),
        ({"tiktok_event": NONE}, ["e1", "e3"]),
        ({"received": "1970-01-01"}, ["e1", "e2", "e3"]),
        ({"received": "1970-01-02"}, []),
        ({"received": "soon"}, []),
        ({"search": "e2"}, ["e2"]),
        ({"search": letter(3).id}, ["e3"]),
        ({"search": letter(3).id[:5]}, []),
        ({"id": letter(3).id}, ["e3"]),
        ({"id": letter(3).id[:5]}, []),
        ({"before_ms": DAY_MS + 2}, ["e1", "e2"]),
        ({"before_ms": 1}, []),
        ({"after": letter(2).id}, ["e3"]),
        ({"after": letter(1).id, "before_ms": DAY_MS + 2}, ["e2"]),
        ({"reason": "invalid_url", "connection": "other"}, []),
    ],
)
def test_a_filter_finds_those_that_are_like_it(
    client: redis.Redis, conditions: dict[str, object], expected: list[str]
) -> None:
    """All of its conditions together."""
    bury(
        client,
        letter(1, reason="invalid_url", field="TikTok.URL"),
        letter(2, tiktok_event="Search"),
        letter(3, connection="other"),
    )
    assert found(LetterIndex(client), **conditions) == expected


def test_groups_are_counted_the_largest_first(client: redis.Redis) -> None:
    """By connection, stage, reason and field."""
    bury(client, letter(1, reason="expired"), *(letter(n, reason="invalid_url", field="x") for n in (2, 3)))
    groups = LetterIndex(client).find(["shop"], Filter()).groups()
    assert [(one.reason, one.field, one.letters) for one in groups] == [("invalid_url", "x", 2), ("expired", None, 1)]


def test_a_damaged_letter_has_at_least_its_id(client: redis.Redis) -> None:
    """So it can be seen, and discarded."""
    client.hset("letters:shop", "damaged", b"\xff")
    client.hset("letters:shop:labels", "damaged", "label")
    client.hincrby("books:shop", "dead", 1)
    ((cell, (one,)),) = LetterIndex(client).find(["shop"], Filter()).cells
    assert (one.id, cell.reason) == ("damaged", "unreadable")


def test_pages_are_taken_from_the_newest_on(client: redis.Redis) -> None:
    """Across connections and reasons."""
    bury(client, *(letter(n, connection=("shop", "other")[n % 2], reason=("a", "b", "c")[n % 3]) for n in range(9)))
    found = LetterIndex(client).find(["shop", "other"], Filter())
    assert [one.event_id for one in found.newest(2, 4)] == ["e6", "e5", "e4", "e3"]
    assert len(found) == 9
    assert found.newest(9, 4) == []
