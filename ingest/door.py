"""The door: the journey of one request, on one page.

Authenticate, read within the limits, decompress, parse, sort, append, answer. Plain ASGI, because what a web framework
adds would cost more than all of that.
"""

import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from starlette.types import ASGIApp, Receive, Scope, Send

from ingest.active_configuration import ConfigurationReloader
from ingest.answers import (
    ACCEPTED,
    BAD_REQUEST,
    INTERNAL_ERROR,
    METHOD_NOT_ALLOWED,
    OVERLOADED,
    TOO_LARGE,
    Answer,
    RequestRefused,
    refusal,
)
from ingest.coalescer import Coalescer
from ingest.http.body import ClientGone, is_gzip, read_body
from ingest.http.large_requests import MOST_READING_BYTES, MOST_WORKING_BYTES, BodyBudget, SideThreads
from ingest.redis_memory import RedisMemoryMonitor
from ingest.request_log import RefusalLog, log_unexpected_error
from ingest.sorting import Limits, SortedRequest, TooManyEventsInline, sort
from mapping.incoming.body import (
    BadBody,
    BodyTooLarge,
    JsonBytes,
    gunzip,
    gunzip_within,
    is_compressed,
    many_batches,
    one_batch,
)
from mapping.plan import Plan
from process.peers import Peers

INLINE_BYTES: Final = 256 * 1024
INLINE_GZIP_BYTES: Final = 16 * 1024
INLINE_EVENTS: Final = 500
"""Beyond any of these a request is sorted beside the event loop, which other requests wait for."""

Parse = Callable[[bytes], Sequence[JsonBytes]]
PATHS: Final[dict[str, Parse]] = {"/v2/events": one_batch, "/v2/bulkevents": many_batches}


class Door:
    """Takes the requests that bring batches: each as a whole, once Redis has it, or not at all."""

    def __init__(
        self,
        reloader: ConfigurationReloader,
        memory: RedisMemoryMonitor,
        coalescer: Coalescer,
        peers: Peers,
        largest_request: int,
        count: Callable[[str], None],
        behind: ASGIApp,
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        """`largest_request` is in bytes after decompression; `count` hears the status of each answer; `behind` answers
        everything that is not for the door.
        """
        self._reloader = reloader
        self._memory = memory
        self._coalescer = coalescer
        self._peers = peers
        self._largest_request = largest_request
        self._count = count
        self._behind = behind
        self._clock_ms = clock_ms
        self._limits = Limits.of(largest_request, INLINE_EVENTS)
        self._bodies = BodyBudget(max(MOST_READING_BYTES, 4 * largest_request))
        self._beside = SideThreads(max(MOST_WORKING_BYTES, 4 * largest_request))
        self._refusals = RefusalLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for one of PATHS; let others pass."""
        path = scope.get("path", "")
        parse = PATHS.get(path) or PATHS.get(without_idle_slashes(path))
        if parse is None:
            await self._behind(scope, receive, send)
            return
        try:
            await self._take(scope, receive, parse)
            answer = ACCEPTED
        except BadBody as bad:
            answer = self._refuse(
                scope, RequestRefused(TOO_LARGE if isinstance(bad, BodyTooLarge) else BAD_REQUEST, str(bad))
            )
        except RequestRefused as refused:
            answer = self._refuse(scope, refused)
        except ClientGone:
            return
        except Exception as surprise:  # noqa: BLE001 - its text may quote the request, and uvicorn would log it
            log_unexpected_error("request_failed", surprise, input=scope.get("relay.input"))
            answer = refusal(
                RequestRefused(INTERNAL_ERROR, "The request failed because of a fault in relay; send it again.")
            )
        self._count(answer.status)
        await send(answer.start)
        await send(answer.body)

    def _refuse(self, scope: Scope, refused: RequestRefused) -> Answer:
        self._refusals.note(scope.get("relay.input"), refused.row, refused.message)
        return refusal(refused)

    async def _take(self, scope: Scope, receive: Receive, parse: Parse) -> None:
        """The journey; returns when all of the request is safe."""
        if scope["method"] != "POST":
            raise RequestRefused(METHOD_NOT_ALLOWED, "Batches are sent with POST.")
        active = self._reloader.active
        authorization, encoding, length = _headers(scope)
        scope["relay.input"] = input_id = active.credentials.input_of(authorization)
        if self._memory.is_full:
            raise RequestRefused(OVERLOADED, "Redis's memory is nearly full: what waits must be delivered first.")
        peer = self._peers.address_of(scope) if input_id in active.peer_inputs else ""
        announced = is_gzip(encoding)
        body = await read_body(receive, length, self._largest_request, self._bodies)
        gzipped = announced or is_compressed(body)
        small = _small(body, self._largest_request, gzipped)
        job = _Job(input_id, active.plans[input_id], self._clock_ms(), peer)
        try:
            request = None if small is None else job.sort(parse(small), self._limits)
        except TooManyEventsInline:
            request = None
        if request is None:
            request = await self._sorted_beside(job, parse, body, gzipped)
        await self._coalescer.append(request)
        self._reloader.in_use.note(input_id)

    async def _sorted_beside(self, job: "_Job", parse: Parse, body: bytes, gzipped: bool) -> SortedRequest:
        """The request sorted in a thread: it is large in bytes or in events, and others must not wait for it."""

        def sorted_request() -> SortedRequest:
            plain = gunzip(body, self._largest_request) if gzipped else body
            return job.sort(parse(plain), self._limits.beside())

        return await self._beside.run(job.input_id, len(body), sorted_request)


class _Job(NamedTuple):
    """What sorting a request needs to know besides its batches."""

    input_id: str
    plans: Sequence[Plan]
    received_ms: int
    peer: str

    def sort(self, batches: Sequence[JsonBytes], limits: Limits) -> SortedRequest:
        return sort(self.input_id, self.plans, batches, self.received_ms, limits, self.peer)


def without_idle_slashes(path: str) -> str:
    """The path that is meant where slashes are doubled, or one stands at the end."""
    return "/" + "/".join(filter(None, path.split("/")))


def _small(body: bytes, limit: int, gzipped: bool) -> bytes | None:
    """The body, decompressed, where that is small; else None."""
    if not gzipped:
        return body if len(body) <= INLINE_BYTES else None
    return gunzip_within(body, min(INLINE_BYTES, limit)) if len(body) <= INLINE_GZIP_BYTES else None


def _headers(scope: Scope) -> tuple[bytes | None, bytes, bytes]:
    """Authorization, Content-Encoding and Content-Length."""
    headers = dict(scope["headers"])
    return headers.get(b"authorization"), headers.get(b"content-encoding", b""), headers.get(b"content-length", b"")
