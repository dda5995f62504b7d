"""The index of dead letters has what the store has, reads each once, and holds no more than it may."""

import weakref
from collections.abc import Callable
from dataclasses import fields

import click
import msgspec
import pytest
import redis

from cli.commands.dead_letters import replay
from delivery.dead_letter import DeadLetter
from lanes.chunk import Batch, Chunk, ChunkCodec, Entry
from lanes.dead_letters import remove_dead_letters, replace_dead_letter
from operations.dead_letters.index import DeadLetterIndex, find_once
from operations.dead_letters.query import NONE, TEXT_CONDITIONS, DeadLetterQuery

DAY_MS = 86_400_000
CODEC = ChunkCodec()


def dead_letter(number: int, **facts: object) -> DeadLetter:
    """Return a dead letter made `number` ms after the first, of an event received the day before."""
    received = Chunk("web", number, [Batch(b"{}", [Entry(0, None, b"{}")])])
    content = {
        "id": f"{DAY_MS + number:012x}{number:010x}",
        "connection": "shop",
        "input": "web",
        "at_ms": DAY_MS + number,
        "event_id": f"e{number}",
        "source": CODEC.encode(received),
        **facts,
    }
    return msgspec.convert(content, DeadLetter)


def store(client: redis.Redis, *dead_letters: DeadLetter) -> None:
    """Add them to the store and the ledger, as a settlement does."""
    for added in dead_letters:
        client.hset(f"dead_letters:{added.connection}", added.id, added.encode())
        client.hset(f"dead_letters:{added.connection}:labels", added.id, "label")
        client.hincrby(f"ledger:{added.connection}", "dead_lettered", 1)


def found(index: DeadLetterIndex, **conditions: object) -> list[str | None]:
    """Return the ids of the events that are found."""
    return [entry.event_id for entry in index.find(["shop", "other"], DeadLetterQuery(**conditions)).oldest()]  # type: ignore[arg-type]


def test_it_follows_the_store_and_reads_each_dead_letter_once(client: redis.Redis) -> None:
    """Dead letters are added, removed and corrected; in between it reads only the ledger."""
    index = DeadLetterIndex(client)
    assert found(index) == []
    store(client, dead_letter(1), dead_letter(2), dead_letter(3, connection="other"))
    assert found(index) == ["e1", "e2", "e3"]
    client.config_resetstat()
    assert found(index) == ["e1", "e2", "e3"]
    asked = client.info("commandstats")
    assert not {"cmdstat_hkeys", "cmdstat_hgetall", "cmdstat_hscan"} & set(asked)
    remove_dead_letters(client, "shop", [dead_letter(1).id])
    store(client, dead_letter(4))
    assert found(index) == ["e2", "e3", "e4"]
    replace_dead_letter(
        client, "shop", dead_letter(2).id, dead_letter(2).encode(), dead_letter(2, message="corrected").encode()
    )
    assert found(index) == ["e2", "e3", "e4"]


def test_of_more_than_it_may_hold_it_has_the_newest(client: redis.Redis) -> None:
    """Older ones are added when newer ones have been removed."""
    store(client, *(dead_letter(n) for n in range(10)))
    index = DeadLetterIndex(client, most=3)
    assert found(index) == ["e7", "e8", "e9"]
    remove_dead_letters(client, "shop", [dead_letter(n).id for n in (8, 9)])
    assert found(index) == ["e5", "e6", "e7"]


def test_entries_are_dropped_once_no_query_comes(client: redis.Redis) -> None:
    """A query keeps them until the next but one call; a query after that reads them again."""
    waiting: list[Callable[[], None]] = []
    index = DeadLetterIndex(client, later=lambda _, call: waiting.append(call))
    store(client, dead_letter(1), dead_letter(2))
    before = index.find(["shop"], DeadLetterQuery())
    entry = weakref.ref(index._connections["shop"])
    assert found(index) == ["e1", "e2"]
    [drop] = waiting  # one for any number of queries
    drop()
    assert entry() is not None
    waiting.pop()()
    assert entry() is None
    assert not index._connections
    assert [kept.event_id for kept in before.oldest()] == ["e1", "e2"]  # a page that is being made has its own
    assert found(index) == ["e1", "e2"]
    assert len(waiting) == 2  # of the calls before, and of this query


def test_queries_keep_the_entries(client: redis.Redis) -> None:
    """While an operator looks, each dead letter is read once."""
    waiting: list[Callable[[], None]] = []
    index = DeadLetterIndex(client, later=lambda _, call: waiting.append(call))
    store(client, dead_letter(1))
    for _ in range(3):
        assert found(index) == ["e1"]
        kept = index._connections
        waiting.pop()()
        assert index._connections is kept


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
        ({"search": dead_letter(3).id}, ["e3"]),
        ({"search": dead_letter(3).id[:5]}, []),
        ({"ids": (dead_letter(3).id,)}, ["e3"]),
        ({"ids": (dead_letter(3).id, "nothing", dead_letter(1).id, dead_letter(3).id)}, ["e1", "e3"]),
        ({"ids": (dead_letter(3).id[:5],)}, []),
        ({"ids": (dead_letter(3).id,), "connection": "shop"}, []),
        ({"job": "job-2"}, ["e2"]),
        ({"job": "job-9"}, []),
        ({"older_than": "1d"}, ["e1", "e2", "e3"]),
        ({"newer_than": "1d"}, []),
        ({"newer_than": "yesterday"}, []),
        ({"older_than": "yesterday"}, []),
        ({"older_than": "1d", "until_ms": 3 * DAY_MS}, ["e1", "e2", "e3"]),
        ({"older_than": "1d", "until_ms": 2 * DAY_MS + 2}, ["e1"]),
        ({"newer_than": "1d", "until_ms": 2 * DAY_MS + 2}, ["e2", "e3"]),
        ({"older_than": "60m", "newer_than": "24h", "until_ms": 2 * DAY_MS + 3}, ["e3"]),
        ({"until_ms": DAY_MS + 2}, ["e1", "e2"]),
        ({"until_ms": 1}, []),
        ({"after": dead_letter(2).id}, ["e3"]),
        ({"after": dead_letter(1).id, "until_ms": DAY_MS + 2}, ["e2"]),
        ({"reason": "invalid_url", "connection": "other"}, []),
    ],
)
def test_a_query_finds_the_same_in_an_index_and_without_one(
    client: redis.Redis, conditions: dict[str, object], expected: list[str]
) -> None:
    """The console keeps an index and the commands do not; each condition works on both."""
    store(
        client,
        dead_letter(1, reason="invalid_url", field="TikTok.URL"),
        dead_letter(2, tiktok_event="Search", job="job-2"),
        dead_letter(3, connection="other"),
    )
    query = DeadLetterQuery(**conditions)  # type: ignore[arg-type]
    connections = ["shop", "other"]
    for result in (DeadLetterIndex(client).find(connections, query), find_once(client, connections, query)):
        assert [entry.event_id for entry in result.oldest()] == expected


def test_failures_are_counted_the_most_frequent_first(client: redis.Redis) -> None:
    """By connection, stage, reason and field."""
    store(client, dead_letter(1, reason="expired"), *(dead_letter(n, reason="invalid_url", field="x") for n in (2, 3)))
    failures = DeadLetterIndex(client).find(["shop"], DeadLetterQuery()).failure_counts()
    counts = [(failure.reason, failure.field, failure.dead_letters) for failure in failures]
    assert counts == [("invalid_url", "x", 2), ("expired", None, 1)]


def test_a_damaged_dead_letter_has_at_least_its_id(client: redis.Redis) -> None:
    """So it can be shown, and discarded."""
    client.hset("dead_letters:shop", "damaged", b"\xff")
    client.hset("dead_letters:shop:labels", "damaged", "label")
    client.hincrby("ledger:shop", "dead_lettered", 1)
    ((key, (entry,)),) = DeadLetterIndex(client).find(["shop"], DeadLetterQuery()).keys
    assert (entry.id, key.reason) == ("damaged", "unreadable")


def test_pages_begin_with_the_newest(client: redis.Redis) -> None:
    """Across connections and reasons."""
    store(
        client, *(dead_letter(n, connection=("shop", "other")[n % 2], reason=("a", "b", "c")[n % 3]) for n in range(9))
    )
    found = DeadLetterIndex(client).find(["shop", "other"], DeadLetterQuery())
    assert [entry.event_id for entry in found.newest(2, 4)] == ["e6", "e5", "e4", "e3"]
    assert len(found) == 9
    assert found.newest(9, 4) == []


def test_commands_and_console_offer_every_condition_of_a_query() -> None:
    """No condition works on one side only."""
    conditions = {field.name for field in fields(DeadLetterQuery)} - {"ids", "until_ms", "after"}
    options = {parameter.name for parameter in replay.params if isinstance(parameter, click.Option)}
    assert options - {"every", "dry_run", "yes", "as_json", "reveal"} == conditions
    assert set(TEXT_CONDITIONS) == conditions


@pytest.mark.parametrize("name", TEXT_CONDITIONS)
@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_condition_is_refused(name: str, text: str) -> None:
    """It must not mean all dead letters."""
    with pytest.raises(ValueError, match=f"`{name}` is empty"):
        DeadLetterQuery(**{name: text})  # type: ignore[arg-type]
