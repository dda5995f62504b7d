"""What takes batches in, whatever brings them: the configuration in force, the state of Redis, and the append."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Final

from config.errors import ConfigurationError, Problem
from config.file import ConfigurationFile
from config.settings import Settings
from ingest import active_configuration
from ingest.active_configuration import ConfigurationReloader, InputsInUse
from ingest.coalescer import Coalescer
from ingest.live import LiveRequests
from ingest.redis import memory
from ingest.redis.durability import INTERVAL_S as DURABILITY_EVERY_S
from ingest.redis.durability import DurabilityMonitor
from ingest.redis.memory import RedisMemoryMonitor, log_missing_permissions
from ingest.redis.profiles import profile_writer
from ingest.redis.replication import COMPARE_EVERY_S, create_append, repair
from ingest.request_log import log_unexpected_error
from lanes.appends.replicated import ReplicatedAppend
from lanes.chunk import ChunkCodec
from operations.alerts.outage import Outage
from operations.live.feed import STEP_EVERY_S, LiveFeed
from operations.receipts.writer import receipt_writer
from store.client import connect, connect_async
from store.diagnosis.probe import AsyncProbe
from store.diagnosis.trouble import translate_errors
from store.errors import RedisAway, RedisFull
from store.records.counter_batches import CounterBatch
from store.records.processes import REPORT_EVERY_S, Announcement

FLUSH_EVERY_S: Final = 1.0
ROOM_BELOW: Final = 0.9
"""A backlog below this part of its limit has room again."""


class Intake:
    """The parts that every process with an append has; one instance per event loop."""

    def __init__(self, settings: Settings, kind: str = "ingest") -> None:
        """Raise ConfigurationError when the process cannot start with these settings. `kind`: its command."""
        if settings.redis_url is None:
            problem = "must be set: ingest keeps all events in Redis"
            raise ConfigurationError([Problem("RELAY_REDIS_URL", None, problem)])
        in_use = InputsInUse()
        file = ConfigurationFile(settings.config, settings.keyring, hold_back_if=in_use.would_lose_connections)
        self.redis_url = settings.redis_url.get_secret_value()
        self.client = connect_async(self.redis_url)
        self.reloader = ConfigurationReloader(file, in_use)
        outage = Outage()
        self._append = create_append(settings, self.client)
        self.probe = AsyncProbe(self.client, settings.replicas)
        self.memory = RedisMemoryMonitor(self.client, self._append, outage, self.probe)
        self._blocking_client = connect(self.redis_url)
        self._announcement = Announcement(kind, self._blocking_client, settings.cell, settings.tiktok_url)
        self.durability = DurabilityMonitor(settings, self.redis_url)
        self.live = LiveRequests(LiveFeed(self.redis_url))
        codec = ChunkCodec(settings.keyring)
        receipts, profiles = receipt_writer(settings), profile_writer(settings)
        self.coalescer = Coalescer(self._append, codec, outage, receipts=receipts, profiles=profiles)

    @contextlib.asynccontextmanager
    async def running(self, counts: Sequence[CounterBatch]) -> AsyncIterator[None]:
        """Within the block, reload the configuration, watch Redis's memory and write `counts` to Redis."""
        await self.memory.read()
        if self.memory.usable:
            await asyncio.to_thread(log_missing_permissions, self.redis_url)
            await asyncio.to_thread(self.durability.read)
            await asyncio.to_thread(self._announce)
        stopping = asyncio.Event()
        steps: list[tuple[Callable[[], Awaitable[None]], float]] = [
            (partial(asyncio.to_thread, self.reloader.poll), active_configuration.INTERVAL_S),
            (partial(asyncio.to_thread, self._announce), REPORT_EVERY_S),
            (self.memory.read, memory.INTERVAL_S),
            (partial(_flush, counts), FLUSH_EVERY_S),
            (self.live.step, STEP_EVERY_S),
            (partial(asyncio.to_thread, self.durability.read), DURABILITY_EVERY_S),
        ]
        if isinstance(self._append, ReplicatedAppend):
            steps.append((partial(repair, self._append), COMPARE_EVERY_S))
        tasks = [asyncio.create_task(_repeat(step, interval_s, stopping)) for step, interval_s in steps]
        try:
            yield
        finally:
            stopping.set()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await _flush(counts)
            await asyncio.to_thread(self._announcement.end)
            await self.client.aclose()
            self.durability.close()
            self.live.feed.close()
            self._blocking_client.close()

    async def nearly_full(self, connections: Iterable[str]) -> dict[str, int]:
        """Return those of the connections whose backlog is near its limit, in bytes. Raise RedisAway or RedisFull."""
        limit, found = self._append.max_backlog_bytes, {}
        with translate_errors:
            for name in connections if limit else ():
                size = int(await self.client.hget(f"connection:{name}", "bytes") or 0)
                if size > ROOM_BELOW * limit:
                    found[name] = size
        return found

    def _announce(self) -> None:
        refused = self.reloader.refused
        self._announcement.step(refused.sentence if refused else None)


async def _flush(counts: Sequence[CounterBatch]) -> None:
    with contextlib.suppress(RedisAway, RedisFull):  # appends log it already, and the counts are kept
        for bundles in counts:
            await bundles.flush()


async def _repeat(step: Callable[[], Awaitable[None]], interval_s: float, stopping: asyncio.Event) -> None:
    """Run the step periodically until `stopping`; cancelling is not enough: Python 3.11's `wait_for` may swallow it."""
    while not stopping.is_set():
        await asyncio.sleep(interval_s)
        try:
            await step()
        except Exception as error:  # noqa: BLE001 - one failure must not end the task
            log_unexpected_error("background_task_failed", error)
