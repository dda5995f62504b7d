"""The lanes, empty, and a way to append to them."""

import asyncio
from collections.abc import Iterator

import pytest
import redis
from support.lane import NOW, AppendEvents, chunk_of

from lanes.appends.arrivals import Append, Arrival, Share
from lanes.lanes import Lanes
from lanes.names import connection_of
from store.client import connect_async


@pytest.fixture
def lanes(client: redis.Redis) -> Lanes:
    """The lanes, empty."""
    return Lanes(client)


@pytest.fixture
def append(redis_url: str) -> Iterator[AppendEvents]:
    """append(*ids, lane=…, now=…): those events in one chunk of that lane."""
    chosen = [0]
    with asyncio.Runner() as runner:
        client = connect_async(redis_url)
        appender = Append(client, choose_lane=lambda: chosen[0])

        def append_events(*ids: int, lane: str = "shop:0", now: int = NOW, most_bytes: int = 0) -> None:
            chosen[0], appender.max_backlog_bytes = int(lane[-1]), most_bytes
            share = Share(len(ids), chunk=chunk_of(*ids))
            runner.run(appender.append([Arrival("web", len(ids), 0, {connection_of(lane): share})], now))

        yield append_events
        runner.run(client.aclose())
