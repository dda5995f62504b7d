"""The door: the journey of one request, on one page.

Authenticate, read within the limits, decompress, parse, sort, append, answer. Plain ASGI, because what a web framework
adds would cost more than all of that.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from starlette.types import Receive, Scope, Send

from ingest.answers import ACCEPTED, INTERNAL_ERROR, METHOD_NOT_ALLOWED, OVERLOADED, Refused, refusal
from ingest.batches import JsonBytes, many_batches, one_batch
from ingest.body import ClientGone, checked_text, gunzip, is_gzip, read_body
from ingest.coalescer import Coalescer
from ingest.in_force import Follower, InForce
from ingest.logs import RefusalLog, log_surprise
from ingest.memory import MemoryWatch
from ingest.sorting import Sorted, sort

INLINE_BYTES: Final = 256 * 1024
INLINE_GZIP_BYTES: Final = 16 * 1024

PATHS: Final[dict[str, Callable[[bytes], Sequence[JsonBytes]]]] = {
    "/v2/events": one_batch,
    "/v2/bulkevents": many_batches,
}


class Headers(NamedTuple):
    """The request headers that matter here."""

    authorization: bytes | None = None
    content_encoding: bytes = b""
    content_length: bytes = b""


class Door:
    """Takes the requests that bring batches: each as a whole, once Redis has it, or not at all."""

    def __init__(
        self,
        follower: Follower,
        memory: MemoryWatch,
        coalescer: Coalescer,
        largest_request: int,
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        """`largest_request` is in bytes after decompression."""
        self._follower = follower
        self._memory = memory
        self._coalescer = coalescer
        self._largest_request = largest_request
        self._clock_ms = clock_ms
        self._refusals = RefusalLog()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request for one of PATHS."""
        try:
            await self._take(scope, receive)
            answer = ACCEPTED
        except Refused as refused:
            self._refusals.note(scope.get("relay.input"), refused.row, refused.message)
            answer = refusal(refused)
        except ClientGone:
            return
        except Exception as surprise:  # noqa: BLE001 - its text may quote the request, and uvicorn would log it
            log_surprise("request failed", surprise, input=scope.get("relay.input"))
            answer = refusal(Refused(INTERNAL_ERROR, "The request failed because of a fault in relay; send it again."))
        await send(answer.start)
        await send(answer.body)

    async def _take(self, scope: Scope, receive: Receive) -> None:
        """The journey; returns when all of the request is safe."""
        if scope["method"] != "POST":
            raise Refused(METHOD_NOT_ALLOWED, "Batches are sent with POST.")
        in_force = self._follower.now
        headers = _read_headers(scope)
        scope["relay.input"] = in_force.credentials.input_of(headers.authorization)
        if self._memory.latest.is_full:
            raise Refused(OVERLOADED, "Redis's memory is nearly full: what waits must be delivered first.")
        gzipped = is_gzip(headers.content_encoding)
        body = await read_body(receive, headers.content_length, self._largest_request)
        if len(body) > (INLINE_GZIP_BYTES if gzipped else INLINE_BYTES):  # long enough to be done beside the loop
            request = await asyncio.to_thread(self._sort, scope, in_force, body, gzipped)
        else:
            request = self._sort(scope, in_force, body, gzipped)
        await self._coalescer.append(request)

    def _sort(self, scope: Scope, in_force: InForce, body: bytes, gzipped: bool) -> Sorted:
        text = checked_text(gunzip(body, self._largest_request) if gzipped else body)
        batches = PATHS[scope["path"]](text)
        input_id = scope["relay.input"]
        return sort(input_id, in_force.plans[input_id], batches, self._clock_ms())


def _read_headers(scope: Scope) -> Headers:
    authorization, encoding, length = None, b"", b""
    for name, value in scope["headers"]:
        if name == b"authorization":
            authorization = value
        elif name == b"content-encoding":
            encoding = value
        elif name == b"content-length":
            length = value
    return Headers(authorization, encoding, length)
