"""Counters added in batches: each batch counts once, also when its reply is lost."""

import asyncio

import pytest
from support.server import free_port

from store.client import connect, connect_async
from store.errors import RedisAway
from store.records.counter_batches import CounterBatch, read_counts
from store.scripts import AsyncScript


async def _bring(redis_url: str) -> None:
    client = connect_async(redis_url)
    one, other = CounterBatch(client, "answers"), CounterBatch(client, "answers")
    for what in ("202", "202", "429"):
        one.note(what)
    other.note("202")
    await one.flush()
    await other.flush()
    await one.flush()
    await client.aclose()


def test_counts_of_processes_add_up(redis_url: str) -> None:
    """A process with no new counts adds nothing."""
    asyncio.run(_bring(redis_url))
    assert read_counts(connect(redis_url), "answers") == {"202": 3, "429": 1}


async def _bring_twice(redis_url: str) -> None:
    client = connect_async(redis_url)
    bundles = CounterBatch(client, "answers")
    bundles.note("202")
    script, nothing = bundles._script, connect_async(f"redis://127.0.0.1:{free_port()}/0")
    bundles._script = AsyncScript(nothing, "add_counts")
    with pytest.raises(RedisAway):
        await bundles.flush()
    bundles._script = script
    bundles.note("202")
    number, bundle = bundles._number, bundles._bundle
    await bundles.flush()
    bundles._bundle = bundle  # as after a lost reply
    assert bundles._number == number
    await bundles.flush()
    await bundles.flush()
    await client.aclose()


def test_a_repeated_batch_counts_once(redis_url: str) -> None:
    """Whether it failed or only its reply was lost; counts that came meanwhile are in the next batch."""
    asyncio.run(_bring_twice(redis_url))
    assert read_counts(connect(redis_url), "answers") == {"202": 2}


def test_at_maxmemory_it_still_counts(redis_url: str) -> None:
    """A full Redis is when refusals matter most."""
    client = connect(redis_url)
    client.config_set("maxmemory", 1)
    try:
        asyncio.run(_bring(redis_url))
    finally:
        client.config_set("maxmemory", 0)
    assert read_counts(client, "answers") == {"202": 3, "429": 1}
