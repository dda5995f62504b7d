"""Build the ingest application: the door for batches, and behind it health, metrics and mounted routes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from typing import Final

import redis.asyncio
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from config.errors import ConfigurationError, Problem
from config.file import ConfigurationFile
from config.settings import Settings
from ingest import active_configuration
from ingest.active_configuration import ConfigurationReloader, InputsInUse
from ingest.answers import METHOD_NOT_ALLOWED, NOT_FOUND, error_body
from ingest.coalescer import Coalescer
from ingest.door import Door
from ingest.health import health_routes
from ingest.metrics import metrics_route
from ingest.redis.durability import INTERVAL_S as DURABILITY_EVERY_S
from ingest.redis.durability import DurabilityMonitor
from ingest.redis.memory import INTERVAL_S as MEMORY_EVERY_S
from ingest.redis.memory import RedisMemoryMonitor, log_missing_permissions
from ingest.redis.replication import COMPARE_EVERY_S, create_append, repair
from ingest.request_log import log_unexpected_error
from ingest.unserved_paths import UnservedPaths
from lanes.appends.arrivals import Append
from lanes.appends.replicated import ReplicatedAppend
from lanes.chunk import ChunkCodec
from operations.alerts.outage import Outage
from operations.metrics.samples import ANSWERS, MISDIRECTED
from operations.receipts.writer import receipt_writer
from process.peers import Peers
from store.client import connect_async
from store.diagnosis.probe import AsyncProbe
from store.errors import RedisAway, RedisFull
from store.records.counter_batches import CounterBatch

FLUSH_EVERY_S: Final = 1.0


def create_app(settings: Settings, routes: Sequence[BaseRoute] = ()) -> ASGIApp:
    """Return the application with `routes` added. Raise ConfigurationError when it cannot start with these settings."""
    if settings.redis_url is None:
        raise ConfigurationError([Problem("RELAY_REDIS_URL", None, "must be set: ingest keeps all events in Redis")])
    in_use = InputsInUse()
    file = ConfigurationFile(settings.config, settings.keyring, hold_back_if=in_use.would_lose_connections)
    redis_url = settings.redis_url.get_secret_value()
    client = connect_async(redis_url)
    append = create_append(settings, client)
    reloader = ConfigurationReloader(file, in_use)
    outage = Outage()
    probe = AsyncProbe(client, settings.replicas)
    memory = RedisMemoryMonitor(client, append, outage, probe)
    durability = DurabilityMonitor(settings, redis_url)
    answers, misdirected = CounterBatch(client, ANSWERS), CounterBatch(client, MISDIRECTED)
    unserved = UnservedPaths(reloader, answers.note, misdirected.note)
    other_routes = Starlette(
        routes=[
            *health_routes(reloader, probe, memory, durability),
            metrics_route(settings, redis_url, reloader.configuration, durability),
            *routes,
        ],
        exception_handlers={HTTPException: partial(_answer_with_error_body, unserved)},
        lifespan=partial(_lifespan, redis_url, reloader, memory, durability, append, (answers, misdirected), client),
    )
    coalescer = Coalescer(append, ChunkCodec(settings.keyring), outage, receipts=receipt_writer(settings))
    peers = Peers(settings.trusted_proxies)
    return Door(reloader, memory, coalescer, peers, settings.max_request_bytes, answers.note, other_routes)


@contextlib.asynccontextmanager
async def _lifespan(
    redis_url: str,
    reloader: ConfigurationReloader,
    memory: RedisMemoryMonitor,
    durability: DurabilityMonitor,
    append: Append,
    counts: Sequence[CounterBatch],
    client: redis.asyncio.Redis,
    _: Starlette,
) -> AsyncIterator[None]:
    """Reload the configuration, watch Redis's memory and write counters to Redis, as long as the server runs."""
    await memory.read()
    if memory.usable:
        await asyncio.to_thread(log_missing_permissions, redis_url)
        await asyncio.to_thread(durability.read)
    stopping = asyncio.Event()
    poll = partial(asyncio.to_thread, reloader.poll)
    tasks = [
        asyncio.create_task(_repeat(poll, active_configuration.INTERVAL_S, stopping)),
        asyncio.create_task(_repeat(memory.read, MEMORY_EVERY_S, stopping)),
        asyncio.create_task(_repeat(partial(_flush, counts), FLUSH_EVERY_S, stopping)),
        asyncio.create_task(_repeat(partial(asyncio.to_thread, durability.read), DURABILITY_EVERY_S, stopping)),
    ]
    if isinstance(append, ReplicatedAppend):
        tasks.append(asyncio.create_task(_repeat(partial(repair, append), COMPARE_EVERY_S, stopping)))
    try:
        yield
    finally:
        stopping.set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await _flush(counts)
        await client.aclose()
        durability.close()


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


async def _answer_with_error_body(unserved: UnservedPaths, request: Request, error: Exception) -> Response:
    """Answer with mParticle's error body where no route answers."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == NOT_FOUND.status:
        unserved.record(request)
    code = _CODES.get(error.status_code, "ERROR")
    message = _SENTENCES.get(request.url.path, error.detail)
    return Response(error_body(code, message), error.status_code, error.headers, media_type="application/json")


_CODES: Final = {kind.status: kind.code for kind in (NOT_FOUND, METHOD_NOT_ALLOWED)}
_SENTENCES: Final = {
    "/v2/bulkevents/historical": "Historical batches are refused: mParticle itself forwards none of them to "
    "event outputs. Send recent ones to /v2/bulkevents.",
}
