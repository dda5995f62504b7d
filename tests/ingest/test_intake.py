"""What ingest and consume share: it leaves nothing open when its process ends."""

import asyncio

import redis
from support.bench import Bench

from config.settings import Settings
from ingest.intake import Intake


def test_no_connection_to_redis_is_left(bench: Bench, client: redis.Redis) -> None:
    """Also those of the threads that announce the process and show events."""

    def open_connections() -> int:
        return int(client.info("clients")["connected_clients"])

    async def run() -> Intake:
        intake = Intake(Settings())
        async with intake.running([]):
            await intake.live.step()
            assert open_connections() > before
        return intake  # what it holds is not closed by the garbage collection

    before = open_connections()
    kept = asyncio.run(run())
    assert open_connections() == before, kept
