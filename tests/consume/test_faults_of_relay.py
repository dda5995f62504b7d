"""A fault in relay ends a consumer; it starts again, later after each fault in a row."""

import asyncio
from unittest.mock import patch

from support.bench import Bench
from support.consuming import declare

from config.settings import Settings
from consume.consumer import Consumer
from consume.process import RESTART_S, Consumers
from ingest.intake import Intake
from operations.metrics.names import SOURCES
from store.records.counter_batches import CounterBatch

SOURCE = "  - {id: batches, url: 'amqp://127.0.0.1:1', queue: batches, input: web}\n"


def test_a_consumer_that_fails_again_and_again_rests_between(bench: Bench) -> None:
    """A queue counts each delivery, and may drop a message after the twentieth."""
    declare(bench, SOURCE)
    starts = asyncio.run(_starts(3))
    assert starts[2] - starts[1] >= RESTART_S[1]


async def _starts(number: int) -> list[float]:
    """Return when a consumer that always fails was started, in seconds of the loop's clock."""
    loop = asyncio.get_running_loop()
    starts: list[float] = []

    async def fail(_: Consumer) -> None:
        starts.append(loop.time())
        raise RuntimeError("a fault")

    settings = Settings()
    intake = Intake(settings, "consume")
    counts = CounterBatch(intake.client, SOURCES)
    with patch.object(Consumer, "run", fail):
        async with intake.running([counts]):
            consumers = Consumers(settings, intake, counts)
            while len(starts) < number:
                await consumers.follow(intake.reloader.in_force.sources)
                await asyncio.sleep(0.02)
            await consumers.stop()
    return starts
