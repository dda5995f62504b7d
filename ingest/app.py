"""The ingest application: the door for batches in front, health and whatever else is mounted behind it."""

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
from ingest import active_configuration, redis_memory
from ingest.active_configuration import ConfigurationReloader, InputsInUse
from ingest.answers import METHOD_NOT_ALLOWED, NOT_FOUND, error_body
from ingest.coalescer import Coalescer
from ingest.door import Door
from ingest.health import health_routes
from ingest.metrics import metrics_route
from ingest.redis_memory import RedisMemoryMonitor, log_missing_permissions
from ingest.request_log import log_unexpected_error
from ingest.unserved_paths import UnservedPaths
from lanes.arrivals import Append
from lanes.chunk import ChunkCodec
from operations.alerts.outage import Outage
from operations.metrics.samples import ANSWERS, MISDIRECTED
from process.peers import Peers
from store.client import connect_async
from store.counter_batches import Bundles
from store.errors import RedisAway, RedisFull

BRING_EVERY_S: Final = 1.0


def create_app(settings: Settings, routes: Sequence[BaseRoute] = ()) -> ASGIApp:
    """The whole application; `routes` stand beside ours. Raises ConfigurationError when it cannot start so."""
    if settings.redis_url is None:
        raise ConfigurationError([Problem("RELAY_REDIS_URL", None, "must be set: ingest keeps all events in Redis")])
    in_use = InputsInUse()
    file = ConfigurationFile(settings.config, settings.keyring, hold_back_if=in_use.would_lose_connections)
    redis_url = settings.redis_url.get_secret_value()
    client = connect_async(redis_url)
    append = Append(client)
    reloader = ConfigurationReloader(file, in_use)
    outage = Outage()
    memory = RedisMemoryMonitor(client, append, outage)
    answers, misdirected = Bundles(client, ANSWERS), Bundles(client, MISDIRECTED)
    unserved = UnservedPaths(reloader, answers.note, misdirected.note)
    behind = Starlette(
        routes=[
            *health_routes(reloader, client, memory),
            metrics_route(settings, redis_url, reloader.configuration),
            *routes,
        ],
        exception_handlers={HTTPException: partial(_answer_in_our_words, unserved)},
        lifespan=partial(_lifespan, redis_url, reloader, memory, (answers, misdirected), client),
    )
    coalescer = Coalescer(append, ChunkCodec(settings.keyring), outage)
    peers = Peers(settings.trusted_proxies)
    return Door(reloader, memory, coalescer, peers, settings.max_request_bytes, answers.note, behind)


@contextlib.asynccontextmanager
async def _lifespan(
    redis_url: str,
    reloader: ConfigurationReloader,
    memory: RedisMemoryMonitor,
    counts: Sequence[Bundles],
    client: redis.asyncio.Redis,
    _: Starlette,
) -> AsyncIterator[None]:
    """While it serves: the configuration is followed, Redis's memory watched, and what was answered counted there."""
    await memory.read()
    if memory.usable:
        await asyncio.to_thread(log_missing_permissions, redis_url)
    over = asyncio.Event()
    tasks = [
        asyncio.create_task(_repeat(partial(asyncio.to_thread, reloader.poll), active_configuration.INTERVAL_S, over)),
        asyncio.create_task(_repeat(memory.read, redis_memory.INTERVAL_S, over)),
        asyncio.create_task(_repeat(partial(_bring, counts), BRING_EVERY_S, over)),
    ]
    try:
        yield
    finally:
        over.set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await _bring(counts)
        await client.aclose()


async def _bring(counts: Sequence[Bundles]) -> None:
    with contextlib.suppress(RedisAway, RedisFull):  # the appends say so already, and nothing counted is forgotten
        for bundles in counts:
            await bundles.bring()


async def _repeat(step: Callable[[], Awaitable[None]], interval_s: float, over: asyncio.Event) -> None:
    """Until it is cancelled and `over`: Python 3.11's `wait_for`, in Redis's client, may swallow the cancellation."""
    while not over.is_set():
        await asyncio.sleep(interval_s)
        try:
            await step()
        except Exception as surprise:  # noqa: BLE001 - one bad turn must not be the last
            log_unexpected_error("background_task_failed", surprise)


async def _answer_in_our_words(unserved: UnservedPaths, request: Request, error: Exception) -> Response:
    """mParticle's error body for what no route answers."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == NOT_FOUND.status:
        unserved.note(request)
    code = _CODES.get(error.status_code, "ERROR")
    message = _SENTENCES.get(request.url.path, error.detail)
    return Response(error_body(code, message), error.status_code, error.headers, media_type="application/json")


_CODES: Final = {row.status: row.code for row in (NOT_FOUND, METHOD_NOT_ALLOWED)}
_SENTENCES: Final = {
    "/v2/bulkevents/historical": "Historical batches are not taken, because they are not for event outputs: "
    "mParticle itself forwards none of them. Recent ones go to /v2/bulkevents.",
}
