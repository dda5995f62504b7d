"""Build the ingest application: the door for batches, and behind it health, metrics and mounted routes."""

import contextlib
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from config.settings import Settings
from ingest.answers import METHOD_NOT_ALLOWED, NOT_FOUND, error_body
from ingest.door import Door
from ingest.health import health_routes
from ingest.http.large_requests import LargeRequests
from ingest.intake import Intake
from ingest.messages.firehose import PATH, FirehoseDoor
from ingest.metrics import metrics_route
from ingest.unserved_paths import UnservedPaths
from operations.metrics.names import ANSWERS, MISDIRECTED
from process.peers import Peers
from store.records.counter_batches import CounterBatch


def create_app(settings: Settings, routes: Sequence[BaseRoute] = ()) -> Door:
    """Return the application with `routes` added. Raise ConfigurationError when it cannot start with these settings."""
    intake = Intake(settings)
    reloader, memory = intake.reloader, intake.memory
    answers, misdirected = CounterBatch(intake.client, ANSWERS), CounterBatch(intake.client, MISDIRECTED)
    unserved = UnservedPaths(reloader, answers.note, misdirected.note)
    largest = settings.max_request_bytes
    large = LargeRequests.of(largest)
    firehose = FirehoseDoor(intake, large, largest, answers.note)
    other_routes = Starlette(
        routes=[
            *(Route(path, firehose) for path in (PATH, f"{PATH}/")),
            *health_routes(reloader, intake.probe, memory, intake.durability),
            metrics_route(settings, intake.redis_url, reloader.configuration, intake.durability),
            *routes,
        ],
        exception_handlers={HTTPException: partial(_answer_with_error_body, unserved)},
        lifespan=partial(_lifespan, intake, (answers, misdirected)),
    )
    peers = Peers(settings.trusted_proxies)
    return Door(reloader, memory, intake.coalescer, peers, large, largest, answers.note, other_routes, intake.live)


@contextlib.asynccontextmanager
async def _lifespan(intake: Intake, counts: Sequence[CounterBatch], _: Starlette) -> AsyncIterator[None]:
    async with intake.running(counts):
        yield


async def _answer_with_error_body(unserved: UnservedPaths, request: Request, error: Exception) -> Response:
    """Answer with mParticle's error body where no route answers."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == NOT_FOUND.status:
        unserved.record(request)
    code = _CODES.get(error.status_code, "ERROR")
    message = _SENTENCES.get(request.url.path) or (_NOWHERE if code == NOT_FOUND.code else error.detail)
    return Response(error_body(code, message), error.status_code, error.headers, media_type="application/json")


_CODES: Final = {kind.status: kind.code for kind in (NOT_FOUND, METHOD_NOT_ALLOWED)}
_NOWHERE: Final = (
    "Nothing is served at this path. Post one batch to /v2/events, or an array of batches to /v2/bulkevents."
)
_SENTENCES: Final = {
    "/v2/bulkevents/historical": "Historical batches are refused: mParticle itself forwards none of them to "
    "event outputs. Send recent ones to /v2/bulkevents.",
}
