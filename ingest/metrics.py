"""Serve `/metrics`: any ingest reports all of relay, because every count is in Redis."""

import asyncio
from collections.abc import Callable
from hmac import compare_digest
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from config.model import Configuration
from config.settings import Settings
from ingest.answers import UNAUTHORIZED, error_body
from ingest.redis.durability import DurabilityMonitor
from operations.metrics.exposition import exposition
from operations.metrics.rising import RisingCounters
from store.client import connect

_CHALLENGE: Final = {"www-authenticate": 'Bearer realm="relay metrics"'}


def metrics_route(
    settings: Settings, redis_url: str, read: Callable[[], Configuration], durability: DurabilityMonitor
) -> Route:
    """Return the route; it requires RELAY_METRICS_TOKEN if that is set. Only one scrape reads Redis at a time.

    `read` returns the configuration without reading the file again, which would delay requests.
    """
    client = connect(redis_url)
    token = settings.metrics_token
    expected = None if token is None else f"Bearer {token.get_secret_value()}".encode()
    one_at_a_time, counters = asyncio.Lock(), RisingCounters()

    async def metrics(request: Request) -> Response:
        given = request.headers.get("authorization", "").encode()
        if expected is not None and not compare_digest(given, expected):
            body = error_body(UNAUTHORIZED.code, "Send RELAY_METRICS_TOKEN in an Authorization header (Bearer).")
            return Response(body, UNAUTHORIZED.status, _CHALLENGE, media_type="application/json")
        async with one_at_a_time:
            text = await asyncio.to_thread(exposition, settings, client, read, durability.found, counters)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    return Route("/metrics", metrics)
