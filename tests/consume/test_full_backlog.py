"""A connection's backlog is full, for hours perhaps: its messages stay in the queue, and their deliveries are few."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from support.bench import HEADER, Bench
from support.consuming import CONNECTION, consuming, declare, log_of, source_lines
from support.events import as_json, batch, purchase
from support.queues import Queue
from support.waiting import until

from config.settings import Settings
from config.sources.model import QueueSource
from consume import consumer
from consume.consumer import Consumer
from consume.report import SourceReport
from consume.sources.interface import Message, Source
from consume.sources.opening import open_source
from ingest.active_configuration import ActiveConfiguration
from ingest.intake import Intake

pytestmark = pytest.mark.parametrize("queue", ["rabbitmq", "kafka", "sqs"], indirect=True)


@contextmanager
def full_backlog(bench: Bench) -> Iterator[None]:
    """The connection is paused because of its dead letters, and its backlog has reached its limit."""
    bench.redis.config_set("maxmemory", 10 << 30)
    bench.redis.hset("connection:shop", mapping={"bytes": 5 << 30, "by": "dead_letters"})
    try:
        yield
    finally:
        bench.redis.config_set("maxmemory", 0)


class Watched:
    """A real source that counts what is done with it, and gives back after a second."""

    def __init__(self, source: Source) -> None:
        self._source, self.hold_s = source, 1.0
        self.kept = self.received = self.given_back = 0

    def receive(self, *limits: Any) -> list[Message]:
        messages = self._source.receive(*limits)
        self.received += len(messages)
        return messages

    def keep(self, messages: Sequence[Message]) -> None:
        self.kept += len(messages)
        self._source.keep(messages)

    def give_back(self, messages: Sequence[Message]) -> None:
        self.given_back += len(messages)
        self._source.give_back(messages)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)


async def becomes(condition: Any) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


@asynccontextmanager
async def running(queue: Queue, opened: list[Watched]) -> AsyncIterator[tuple[Consumer, Intake]]:
    """Run a consumer in this process."""

    def open_watched(source: QueueSource) -> Source:
        opened.append(Watched(open_source(source)))
        return opened[-1]

    intake = Intake(Settings(), "consume")
    async with intake.running([]):
        report = SourceReport(queue.source.id, "p", lambda _: None)
        one = Consumer(queue.source, open_watched, intake, report, 4 << 20)
        task = asyncio.create_task(one.run())
        try:
            yield one, intake
        finally:
            one.stopping.set()
            await task


def test_messages_are_kept_then_given_back_once_and_taken_when_there_is_room(queue: Queue, bench: Bench) -> None:
    """Quorum queues drop a message after 20 deliveries, and SQS moves it after a few."""
    declare(bench, source_lines(queue))
    queue.publish([as_json(batch(purchase(number))) for number in range(3)])
    opened: list[Watched] = []

    async def run() -> None:
        async with running(queue, opened) as (one, intake):
            looked = 0
            look = intake.nearly_full

            async def counted(connections: Any) -> dict[str, int]:
                nonlocal looked
                looked += 1
                return await look(connections)

            intake.nearly_full = counted  # type: ignore[method-assign]
            await becomes(lambda: opened and opened[0].given_back)
            await becomes(lambda: looked > 4)
            assert len(opened) == 1
            assert opened[0].kept >= opened[0].received > 0
            assert opened[0].received == opened[0].given_back
            assert "dead letters" in one._report.state.problem
            bench.redis.hset("connection:shop", "bytes", 0)
            await becomes(lambda: bench.redis.hget("ledger:shop", "accepted") == b"3")

    with full_backlog(bench), patch.object(consumer, "KEEP_EVERY_S", 0.1), patch.object(consumer, "LOOK_EVERY_S", 0.1):
        asyncio.run(run())
    until(lambda: queue.ready() == 0)


def test_what_is_held_for_a_connection_that_is_removed_goes_to_the_others(
    queue: Queue, bench: Bench, tmp_path: Path
) -> None:
    """Before, it was tried again and again for the connection that is gone; of Kafka, without end."""
    declare(bench, source_lines(queue))
    queue.publish([as_json(batch(purchase(1), purchase(2)))])
    with full_backlog(bench), consuming(tmp_path, bench.url):
        until(lambda: "its dead letters hold their share" in log_of(tmp_path))
        other = CONNECTION.replace("id: shop", "id: other")
        bench.path.write_text(f"{other}sources:\n{source_lines(queue)}")
        until(lambda: bench.redis.hget("ledger:other", "accepted") == b"2" and queue.ready() == 0)
    assert bench.redis.hget("ledger:shop", "accepted") is None
    assert '"messages_given_back"' not in log_of(tmp_path)


def test_a_message_that_comes_while_its_input_is_removed_is_given_back(queue: Queue, bench: Bench) -> None:
    """It is neither lost nor a fault of relay."""
    declare(bench, source_lines(queue))
    assert HEADER in bench.path.read_text()
    opened: list[Watched] = []

    async def run() -> None:
        async with running(queue, opened) as (one, intake):
            await becomes(lambda: opened)
            active = intake.reloader.active
            intake.reloader.active = ActiveConfiguration(active.credentials, {}, frozenset())
            queue.publish([as_json(batch(purchase(1)))])
            await becomes(lambda: one._report.state.problem == "The configuration is changing.")
            assert opened[0].received == opened[0].given_back
            intake.reloader.active = active
            await becomes(lambda: bench.redis.hget("ledger:shop", "accepted") == b"1")

    asyncio.run(run())
    until(lambda: queue.ready() == 0)
