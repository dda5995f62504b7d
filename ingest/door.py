"""The path of one request into relay, on one page.

Authenticate, read within the limits, decompress, parse, sort, append, answer: `Door.__call__`, in plain ASGI, because a
web framework would cost more than all of these steps. A small request that arrives whole needs no task: `Door.take`.
"""

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, cast

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
from ingest.http.large_requests import LargeRequests
from ingest.http.request_cycle import RequestCycle
from ingest.live import LiveRequests
from ingest.redis.memory import RedisMemoryMonitor
from ingest.request_log import RefusalLog, log_unexpected_error
from ingest.sorting import Limits, SortedRequest, TooManyEventsInline, sort
from mapping.incoming.body import (
    BadBody,
    BodyTooLarge,
    Element,
    gunzip,
    gunzip_within,
    is_compressed,
    one_batch,
    split_batches,
)
from mapping.plan import Plan
from process.peers import Peers

INLINE_BYTES: Final = 256 * 1024
INLINE_GZIP_BYTES: Final = 16 * 1024
INLINE_EVENTS: Final = 500
"""A request above any of these is sorted in a thread, so that other requests do not wait for the event loop."""

Parse = Callable[[bytes], Sequence[Element]]
PATHS: Final[dict[str, Parse]] = {"/v2/events": one_batch, "/v2/bulkevents": split_batches}


class Door:
    """Answers requests with batches: 202 once Redis has all of the request, or a refusal of all of it."""

    def __init__(
        self,
        reloader: ConfigurationReloader,
        memory: RedisMemoryMonitor,
        coalescer: Coalescer,
        peers: Peers,
        large: LargeRequests,
        largest_request: int,
        count: Callable[[str], None],
        other_routes: ASGIApp,
        live: LiveRequests,
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        """`largest_request` is in bytes after decompression; `count` gets the status of each answer; `other_routes`
        answers requests for other paths.
        """
        self._reloader = reloader
        self._memory = memory
        self._coalescer = coalescer
        self._peers = peers
        self._largest_request = largest_request
        self._count = count
        self._other_routes = other_routes
        self._live = live
        self._clock_ms = clock_ms
        self._largest_inline = min(INLINE_BYTES, largest_request)
        self._limits = Limits.of(largest_request, INLINE_EVENTS)
        self._large = large
        self._refusals = RefusalLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for one of PATHS; pass others to `other_routes`."""
        path = scope.get("path", "")
        parse = PATHS.get(path) or PATHS.get(without_extra_slashes(path))
        if parse is None:
            await self._other_routes(scope, receive, send)
            return
        try:
            await self._accept(scope, receive, parse)
            answer = ACCEPTED
        except BadBody as bad:
            kind = TOO_LARGE if isinstance(bad, BodyTooLarge) else BAD_REQUEST
            answer = self._refuse(scope.get("relay.input"), RequestRefused(kind, str(bad)))
        except RequestRefused as refused:
            answer = self._refuse(scope.get("relay.input"), refused)
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001 - its text may quote the request, and uvicorn would log it
            log_unexpected_error("request_failed", error, input=scope.get("relay.input"))
            answer = refusal(
                RequestRefused(INTERNAL_ERROR, "The request failed because of a fault in relay; send it again.")
            )
        self._count(answer.status)
        await send(answer.start)
        await send(answer.body)

    def take(self, request: RequestCycle, body: bytes) -> bool:
        """Accept a small request whose whole body has arrived, without a task; return False for any other.

        `__call__` then finds what is unusual about it, and answers.
        """
        target = request.target or _target_of(request.scope)
        if not isinstance(target, _Target) or len(body) > self._largest_inline:
            return False
        if self._memory.is_full or request.waiting_for_100_continue:
            return False
        request.target = target
        active = self._reloader.active
        try:
            input_id = active.credentials.input_of(target.authorization)
            peer = self._peers.address_of(request.scope) if input_id in active.peer_inputs else ""
            plans = active.plans[input_id]
            sorted_request = sort(input_id, plans, target.parse(body), self._clock_ms(), self._limits, peer)
            self._coalescer.add(sorted_request, partial(self._answer, request, sorted_request, plans))
        except Exception:  # noqa: BLE001 - `__call__` meets the same and answers it, or decompresses the body
            return False
        return True

    def _answer(
        self,
        request: RequestCycle,
        sorted_request: SortedRequest,
        plans: Sequence[Plan],
        refused: RequestRefused | None,
    ) -> None:
        """Answer a request that was taken, once it has ended."""
        try:
            if refused is None:
                answer = ACCEPTED
                if self._live.feed.watches:
                    self._live.show(sorted_request, plans, partial(_batches_of, request))
                self._reloader.in_use.record(sorted_request.input)
            else:
                answer = self._refuse(sorted_request.input, refused)
            self._count(answer.status)
            request.answer(answer)
        except Exception as error:  # noqa: BLE001 - it must not fail the other requests of the append
            log_unexpected_error("request_failed", error, input=sorted_request.input)

    def _refuse(self, input_id: str | None, refused: RequestRefused) -> Answer:
        self._refusals.record(input_id, refused.kind, refused.message)
        return refusal(refused)

    async def _accept(self, scope: Scope, receive: Receive, parse: Parse) -> None:
        """Take the steps of the path; return when Redis has all of the request."""
        if scope["method"] != "POST":
            raise RequestRefused(METHOD_NOT_ALLOWED, "Batches are sent with POST.")
        active = self._reloader.active
        authorization, encoding, length = _headers(scope)
        scope["relay.input"] = input_id = active.credentials.input_of(authorization)
        if self._memory.is_full:
            raise RequestRefused(OVERLOADED, "Redis's memory is nearly full: waiting events must be delivered first.")
        peer = self._peers.address_of(scope) if input_id in active.peer_inputs else ""
        says_gzip = is_gzip(encoding)
        body = await read_body(receive, length, self._largest_request, self._large.bodies)
        gzipped = says_gzip or is_compressed(body)
        small = _small(body, self._largest_request, gzipped)
        job = _Job(input_id, active.plans[input_id], self._clock_ms(), peer)
        try:
            request = None if small is None else job.sort(parse(small), self._limits)
        except TooManyEventsInline:
            request = None
        if request is None:
            request = await self._sorted_in_thread(job, parse, body, gzipped)
        await self._coalescer.append(request)
        if self._live.feed.watches:
            self._live.show(request, job.plans, lambda: parse(gunzip(body, self._largest_request) if gzipped else body))
        self._reloader.in_use.record(request.input)

    async def _sorted_in_thread(self, job: "_Job", parse: Parse, body: bytes, gzipped: bool) -> SortedRequest:
        """Sort a request with many bytes or events in a thread, so that other requests do not wait for it."""

        def sorted_request() -> SortedRequest:
            plain = gunzip(body, self._largest_request) if gzipped else body
            return job.sort(parse(plain), self._limits.in_thread())

        return await self._large.threads.run(job.input_id, len(body), sorted_request)


class _Job(NamedTuple):
    """What sorting a request needs besides its batches; `peer` is the sender's address, or ""."""

    input_id: str
    plans: Sequence[Plan]
    received_ms: int
    peer: str

    def sort(self, batches: Sequence[Element], limits: Limits) -> SortedRequest:
        return sort(self.input_id, self.plans, batches, self.received_ms, limits, self.peer)


def without_extra_slashes(path: str) -> str:
    """Return the path without doubled slashes and without one at its end."""
    return "/" + "/".join(filter(None, path.split("/")))


def _small(body: bytes, limit: int, gzipped: bool) -> bytes | None:
    """Return the body, decompressed, if it is small enough for the event loop; else None."""
    if not gzipped:
        return body if len(body) <= INLINE_BYTES else None
    return gunzip_within(body, min(INLINE_BYTES, limit)) if len(body) <= INLINE_GZIP_BYTES else None


def _batches_of(request: RequestCycle) -> Sequence[Element]:
    """Return the batches of a request that was taken."""
    return cast("_Target", request.target).parse(bytes(request.body))


class _Target(NamedTuple):
    """What the head of a request says that needs no task."""

    parse: Parse
    authorization: bytes | None


def _target_of(scope: Any) -> _Target | None:
    """Return what the head says; None where it is unusual."""
    parse = PATHS.get(scope["path"])
    authorization, encoding, _ = _headers(scope)
    return None if parse is None or scope["method"] != "POST" or encoding else _Target(parse, authorization)


def _headers(scope: Scope) -> tuple[bytes | None, bytes, bytes]:
    """Return Authorization, Content-Encoding and Content-Length."""
    headers = dict(scope["headers"])
    return headers.get(b"authorization"), headers.get(b"content-encoding", b""), headers.get(b"content-length", b"")
