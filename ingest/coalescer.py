"""Coalesce requests: those that arrive while Redis is writing share the next append.

One append is in flight at a time, and each request is answered after its own. Together they cost one round trip and
one fsync; the more requests arrive, the fuller the chunks. After an append of several requests, the next one waits a
moment for more.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from ingest.answers import INTERNAL_ERROR, OVERLOADED, TOO_LARGE, UNAVAILABLE, RequestRefused
from ingest.packing import pack, withheld_items
from ingest.redis.profiles import NO_PROFILES, ProfileWriter
from ingest.request_log import log_unexpected_error
from ingest.sorting import SortedRequest
from lanes.appends.arrivals import Append, Arrival
from lanes.chunk import ChunkCodec
from lanes.errors import ArrivalTooLarge
from lanes.settlement import NO_RECEIPTS, Receipts
from operations.alerts.outage import Outage
from operations.receipts.writer import NO_WRITER, ReceiptWriter
from store.errors import LATE, RedisAway, RedisFull

ANSWER_WITHIN_S: Final = 2.5
"""From the moment a request is sorted to its answer, so that 503 comes within the promised 3 s."""
LEAST_TIME_S: Final = 0.25
"""A request with less time left is not sent: it is unknown whether an interrupted append was made."""
APPEND_BYTES: Final = 3 * 1024 * 1024
"""The most bytes of one append, unless a single request has more: a script takes 4 MiB."""
MOST_WAITING_BYTES: Final = 64 * 1024 * 1024
GATHER_S: Final = 0.001
"""How long an append waits for more requests after one of several: half as many appends, and fuller chunks."""
INLINE_BYTES: Final = 512 * 1024
"""Packing more than this is done in a thread."""

Outcome = Exception | None
"""None: Redis has all of it. RedisFull, ArrivalTooLarge: Redis has nothing of it. Other errors: unknown."""


Ended = Callable[[RequestRefused | None], None]
"""Called once, with None when Redis has all of the request. It raises nothing."""


class _Waiting(msgspec.Struct, frozen=True):
    request: SortedRequest
    deadline: float
    ended: Ended


class _Packed(NamedTuple):
    """What one append writes; `profiles` is described by `ingest/redis/profiles.py`."""

    arrivals: list[Arrival]
    receipts: Receipts
    profiles: Sequence[Mapping[str, Any]]


class Coalescer:
    """Appends requests together, within one event loop."""

    def __init__(
        self,
        append: Append,
        codec: ChunkCodec,
        outage: Outage,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        receipts: ReceiptWriter = NO_WRITER,
        profiles: ProfileWriter = NO_PROFILES,
    ) -> None:
        """`outage` gets the reason of a failed append; RedisMemoryMonitor notices when Redis can be used again."""
        self._outage = outage
        self._pause = pause
        self._append = append
        self._codec = codec
        self._receipts, self._profiles = receipts, profiles
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._task: asyncio.Task[None] | None = None

    async def append(self, request: SortedRequest) -> None:
        """Return once Redis has all of the request. Raise RequestRefused if it refuses it or answers too late."""
        ended: asyncio.Future[RequestRefused | None] = asyncio.get_running_loop().create_future()
        self.add(request, lambda refused: None if ended.done() else ended.set_result(refused))
        refused = await ended
        if refused is not None:
            raise refused

    def add(self, request: SortedRequest, ended: Ended) -> None:
        """Append the request, and call `ended`. Raise RequestRefused, without that call, beside too many others."""
        waiting_bytes = self._waiting_bytes + request.memory
        if waiting_bytes > MOST_WAITING_BYTES and self._waiting:
            raise RequestRefused(UNAVAILABLE, "Redis does not write as fast as requests arrive.")
        loop = asyncio.get_running_loop()
        self._waiting.append(_Waiting(request, loop.time() + ANSWER_WITHIN_S, ended))
        self._waiting_bytes = waiting_bytes
        if self._task is None:
            self._task = loop.create_task(self._run())

    async def _run(self) -> None:
        """Append waiting requests until none is left."""
        try:
            while self._waiting:
                if requests := self._next_requests():
                    await self._append_together(requests)
                if len(requests) > 1:  # a single sender does not wait
                    await self._pause(GATHER_S)
        finally:
            self._task = None

    def _next_requests(self) -> list[_Waiting]:
        """Remove and return the oldest requests that fit one append; answer those without time left."""
        latest = asyncio.get_running_loop().time() + LEAST_TIME_S
        if self._waiting_bytes <= APPEND_BYTES and self._waiting[0].deadline >= latest:  # the oldest comes first
            taken = list(self._waiting)
            self._waiting.clear()
            self._waiting_bytes = 0
            return taken
        taken, size = [], 0
        while self._waiting and (not taken or size + self._waiting[0].request.size <= APPEND_BYTES):
            waiting = self._waiting.popleft()
            self._waiting_bytes -= waiting.request.memory
            if waiting.deadline < latest:
                _resolve(waiting, RedisAway(LATE))
                continue
            taken.append(waiting)
            size += waiting.request.size
        return taken

    async def _append_together(self, requests: Sequence[_Waiting]) -> None:
        """Append requests together; if Redis refuses them and wrote nothing, in smaller parts."""
        failure = await self._try(requests)
        if failure is not None and (parts := _smaller_parts(requests, failure)):
            for part in parts:
                await self._append_together(part)
            return
        for waiting in requests:
            _resolve(waiting, failure)

    async def _try(self, requests: Sequence[_Waiting]) -> Outcome:
        try:
            async with asyncio.timeout_at(requests[0].deadline):  # the oldest comes first
                await self._write(requests)
        except TimeoutError:
            self._outage.begin(LATE)
            return RedisAway(LATE)
        except RedisAway as failure:
            self._outage.begin(failure.trouble)
            return failure
        except (RedisFull, ArrivalTooLarge) as failure:
            return failure
        except Exception as error:  # noqa: BLE001 - it fails these requests, not later ones
            log_unexpected_error("append_failed", error)
            return error
        return None

    async def _write(self, requests: Sequence[_Waiting]) -> None:
        together = [waiting.request for waiting in requests]
        if sum([request.size for request in together]) > INLINE_BYTES:
            packed = await asyncio.to_thread(self._pack, together)
        else:
            packed = self._pack(together)
        await self._append.append(packed.arrivals, receipts=packed.receipts, profiles=packed.profiles)

    def _pack(self, requests: Sequence[SortedRequest]) -> _Packed:
        origins: dict[tuple[str, str], list[SortedRequest]] = {}
        for request in requests:  # a chunk has one input and one peer
            origins.setdefault((request.input, request.peer_ip), []).append(request)
        arrivals = [arrival for together in origins.values() for arrival in pack(together, self._codec)]
        withheld = withheld_items(requests) if any(map(_withholds, arrivals)) else ()
        updates = [update for request in requests if request.profiles for update in request.profiles]
        return _Packed(
            arrivals,
            self._receipts.write(withheld) if withheld else NO_RECEIPTS,
            self._profiles.describe(updates) if updates else (),
        )


def _withholds(arrival: Arrival) -> bool:
    return any(share.withheld for share in arrival.shares.values())


def _smaller_parts(requests: Sequence[_Waiting], failure: Outcome) -> list[list[_Waiting]]:
    """Split requests so that those that caused a refusal fail alone; return an empty list if that cannot help.

    A full connection concerns only its own inputs, and requests too large together may fit one by one.
    """
    parts: dict[Hashable, list[_Waiting]] = {}
    for number, waiting in enumerate(requests):
        match failure:
            case RedisFull():
                parts.setdefault(waiting.request.input, []).append(waiting)
            case ArrivalTooLarge():
                parts[number] = [waiting]
            case _:
                return []
    return list(parts.values()) if len(parts) > 1 else []


def _resolve(waiting: _Waiting, outcome: Outcome) -> None:
    waiting.ended(None if outcome is None else _refused(outcome))


def _refused(failure: Exception) -> RequestRefused:
    match failure:
        case RedisAway():
            return RequestRefused(UNAVAILABLE, "Redis did not take the events in time; send them again.")
        case RedisFull():
            return RequestRefused(OVERLOADED, f"Too much is waiting: {failure.what}.")
        case ArrivalTooLarge():
            return RequestRefused(TOO_LARGE, "The request has more events than one write takes: send fewer at once.")
        case _:
            return RequestRefused(INTERNAL_ERROR, "The events could not be written because of a fault in relay.")
