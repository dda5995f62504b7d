"""Events as they end: the page, and the stream of server-sent events behind it."""

import time
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import anyio.to_thread
import msgspec
from anyio import CapacityLimiter
from starlette.responses import Response, StreamingResponse

from config.nearest import unknown
from console.filters import unknown_connection
from console.request import PageRequest
from console.services import Services
from delivery.outcome_names import OUTCOMES
from operations.choices import tiktok_events, unknown_events, unsent_events
from operations.status.connections import Overview
from store.errors import RedisAway
from store.records.live_watches import MOST_WATCHES, Watch, Watcher

TAKE_EVERY_S: Final = 0.5
MOST_STREAM_S: Final = 300.0
"""The browser then opens the next stream. A request that ingest forwards may last 600 s."""
MOST_STREAMS: Final = 4
"""Of one console's process; `relay tail` still finds room among all watches."""
_RETRY_MS: Final = 1_000
FULL: Final = (
    f"Too many pages or commands watch already: at most {MOST_STREAMS} pages, and {MOST_WATCHES} of both together. "
    "Close one, then reload this page."
)
SIGNED_OUT: Final = "This session has ended. Sign in again to watch."
AWAY: Final = "Redis cannot be used now. Reload the page to try again."


def show(services: Services, request: PageRequest) -> Response:
    """Show the page; its script opens the stream with the same query."""
    overview = services.overview()
    choices = {
        "connections": [status.id for status in overview.statuses],
        "outcomes": OUTCOMES,
        "events": tiktok_events(status.connection for status in overview.statuses if status.connection),
    }
    chosen = {name: request.field(name).strip() for name in ("connection", "event", "outcome")}
    return services.page(
        request, "live/page.html", choices=choices, chosen=chosen, unknown=list(_unknown(request, overview))
    )


def _unknown(request: PageRequest, overview: Overview) -> Iterator[str]:
    """Yield sentences about what the page is limited to and no event can have, or none has at present."""
    connections, events, outcomes = (_chosen(request, name) for name in ("connection", "event", "outcome"))
    yield from unknown_connection(request, [status.id for status in overview.statuses])
    yield from (unknown("outcome", outcome, OUTCOMES) for outcome in outcomes if outcome not in OUTCOMES)
    yield from list(unknown_events(events, overview)) or unsent_events(events, connections, overview)


def stream(services: Services, request: PageRequest) -> Response:
    """Return the stream of the events that the query chooses, until the session or the page ends."""
    watch = Watch(*(_chosen(request, name) for name in ("connection", "event", "outcome")))
    headers = {"x-accel-buffering": "no"}  # nginx would keep events back
    return StreamingResponse(_Stream(services, request, watch).parts(), media_type="text/event-stream", headers=headers)


def _chosen(request: PageRequest, name: str) -> tuple[str, ...]:
    """Return the value of a field of the form; nothing where it is empty."""
    return tuple(filter(None, [request.field(name).strip()]))


class _Stream:
    """One open stream. It asks Redis in a thread of its own, so that no page waits for it."""

    def __init__(self, services: Services, request: PageRequest, watch: Watch) -> None:
        self._services, self._request = services, request
        self._watcher = Watcher(services.redis, watch)

    async def parts(self) -> AsyncIterator[bytes]:
        """Yield what the browser gets; the first part at once, so that the page says that it watches."""
        streams = self._services.live_streams
        if len(streams) >= MOST_STREAMS:
            yield _end(FULL)
            return
        streams.add(self)
        until = time.monotonic() + MOST_STREAM_S
        yield f"retry: {_RETRY_MS}\n\n".encode()
        try:
            while time.monotonic() < until:
                part, lasts = await anyio.to_thread.run_sync(self._next, limiter=_threads_of(self._services))
                yield part
                if not lasts:
                    return
                await anyio.sleep(TAKE_EVERY_S)
        finally:
            streams.discard(self)
            with anyio.CancelScope(shield=True):
                await anyio.to_thread.run_sync(self._stop, limiter=_threads_of(self._services))

    def _next(self) -> tuple[bytes, bool]:
        """Return the next part, and whether the stream lasts."""
        session = self._request.session
        try:
            if session is None or self._services.sessions.find(session.token) is None:
                return _end(SIGNED_OUT), False
            taken = self._watcher.take()
        except RedisAway:
            return _end(AWAY), False
        if taken is None:
            return _end(FULL), False
        rows = [_message("ended", self._row(msgspec.json.decode(line))) for line in taken.lines]
        left_out = [_message("left_out", str(taken.left_out))] if taken.left_out else []
        return b"".join([*rows, *left_out]) or b": watching\n\n", True

    def _row(self, event: dict[str, Any]) -> str:
        return self._services.part("live/row.html", event=event)

    def _stop(self) -> None:
        try:
            self._watcher.end()
        except RedisAway:
            return  # it expires within seconds


def _threads_of(services: Services) -> CapacityLimiter:
    return services.live_threads


def _end(sentence: str) -> bytes:
    return _message("end", sentence)


def _message(kind: str, text: str) -> bytes:
    """Return one server-sent event; each line of its text is a line of data."""
    return "".join([f"event: {kind}\n", *(f"data: {line}\n" for line in text.splitlines()), "\n"]).encode()
