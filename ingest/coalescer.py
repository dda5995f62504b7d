"""Coalescing: requests that come while Redis is writing wait for the next append and share it.

One append is in flight at a time and each request is answered after its own, so many requests cost one round trip and
one fsync; the busier it is, the fuller the chunks. After an append of several, those that follow are waited for.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Final, NamedTuple

from ingest.answers import INTERNAL_ERROR, OVERLOADED, TOO_LARGE, UNAVAILABLE, RequestRefused
from ingest.packing import pack
from ingest.request_log import log_unexpected_error
from ingest.sorting import SortedRequest
from lanes.arrivals import Append, Arrival
from lanes.chunk import ChunkCodec
from lanes.errors import ArrivalTooLarge
from operations.alerts.outage import Outage
from store.errors import LATE, RedisAway, RedisFull

ANSWER_WITHIN_S: Final = 2.5
"""From a request's arrival here to its answer, so that 503 comes within the 3 s that are promised."""
LEAST_TIME_S: Final = 0.25
"""A request with less time left is not sent any more: an append cut short leaves open whether it was made."""
APPEND_BYTES: Final = 3 * 1024 * 1024
"""One append takes this much at most, or a single request: a script carries 4 MiB."""
MOST_WAITING_BYTES: Final = 64 * 1024 * 1024
GATHER_S: Final = 0.001
"""How long those that follow an append of several are waited for: half as many appends, and fuller chunks."""
INLINE_BYTES: Final = 512 * 1024
"""Packing more than this takes long enough to be done beside the event loop."""

Outcome = Exception | None
"""None: Redis has it. RedisFull and ArrivalTooLarge: it has nothing of it. Anything else leaves that open."""


class _Waiting(NamedTuple):
    request: SortedRequest
    deadline: float
    outcome: asyncio.Future[Outcome]


class Coalescer:
    """Appends requests together; for use within one event loop."""

    def __init__(
        self,
        append: Append,
        codec: ChunkCodec,
        outage: Outage,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`outage` is told why Redis did not take an append; that it takes them again is found out elsewhere."""
        self._outage = outage
        self._pause = pause
        self._append = append
        self._codec = codec
        self._waiting: deque[_Waiting] = deque()
        self._waiting_bytes = 0
        self._pump: asyncio.Task[None] | None = None

    async def append(self, request: SortedRequest) -> None:
        """Return once Redis has all of the request; raises Refused when it refuses it, or does not answer in time."""
        if self._waiting and self._waiting_bytes + request.memory > MOST_WAITING_BYTES:
            raise RequestRefused(UNAVAILABLE, "Redis does not keep up with what arrives.")
        loop = asyncio.get_running_loop()
        waiting = _Waiting(request, loop.time() + ANSWER_WITHIN_S, loop.create_future())
        self._waiting.append(waiting)
        self._waiting_bytes += request.memory
        if self._pump is None:
            self._pump = loop.create_task(self._run())
        failure = await waiting.outcome
        if failure is not None:
            raise _refused(failure)

    async def _run(self) -> None:
        """Append whatever waits, until nothing does."""
        try:
            while self._waiting:
                if taken := self._take():
                    await self._settle(taken)
                if len(taken) > 1:  # a sender that is alone waits for nobody
                    await self._pause(GATHER_S)
        finally:
            self._pump = None

    def _take(self) -> list[_Waiting]:
        """The oldest requests that one append may carry; those whose time is up are answered instead."""
        now = asyncio.get_running_loop().time()
        taken: list[_Waiting] = []
        size = 0
        while self._waiting and (not taken or size + self._waiting[0].request.size <= APPEND_BYTES):
            one = self._waiting.popleft()
            self._waiting_bytes -= one.request.memory
            if one.deadline - now < LEAST_TIME_S:
                _resolve(one, RedisAway(LATE))
                continue
            taken.append(one)
            size += one.request.size
        return taken

    async def _settle(self, taken: Sequence[_Waiting]) -> None:
        """Append requests together; when Redis refuses them together and wrote nothing, in smaller companies."""
        failure = await self._try(taken)
        smaller = _smaller(taken, failure)
        if smaller:
            for part in smaller:
                await self._settle(part)
            return
        for one in taken:
            _resolve(one, failure)

    async def _try(self, taken: Sequence[_Waiting]) -> Outcome:
        try:
            async with asyncio.timeout_at(taken[0].deadline):  # the oldest comes first
                await self._write(taken)
        except TimeoutError:
            self._outage.begin(LATE)
            return RedisAway(LATE)
        except RedisAway as failure:
            self._outage.begin(failure.trouble)
            return failure
        except (RedisFull, ArrivalTooLarge) as failure:
            return failure
        except Exception as surprise:  # noqa: BLE001 - it fails these requests, not all that come after them
            log_unexpected_error("append_failed", surprise)
            return surprise
        return None

    async def _write(self, taken: Sequence[_Waiting]) -> None:
        if sum([one.request.size for one in taken]) > INLINE_BYTES:
            arrivals = await asyncio.to_thread(self._pack, taken)
        else:
            arrivals = self._pack(taken)
        await self._append.append(arrivals)

    def _pack(self, taken: Sequence[_Waiting]) -> list[Arrival]:
        alike = _grouped(taken, _origin)  # a chunk has one input and one peer
        return [arrival for part in alike for arrival in pack([one.request for one in part], self._codec)]


def _input(waiting: _Waiting) -> str:
    return waiting.request.input


def _origin(waiting: _Waiting) -> tuple[str, str]:
    return waiting.request.input, waiting.request.peer_ip


def _grouped(taken: Sequence[_Waiting], key: Callable[[_Waiting], Hashable]) -> list[list[_Waiting]]:
    groups: dict[Hashable, list[_Waiting]] = {}
    for one in taken:
        groups.setdefault(key(one), []).append(one)
    return list(groups.values())


def _smaller(taken: Sequence[_Waiting], failure: Outcome) -> list[list[_Waiting]]:
    """How to divide requests so that those which caused a refusal fail alone; nothing when they are to stay together.

    A connection that is full concerns its own inputs only, and requests too large together may fit one by one.
    """
    match failure:
        case RedisFull():
            parts = _grouped(taken, _input)
        case ArrivalTooLarge():
            parts = [[one] for one in taken]
        case _:
            return []
    return parts if len(parts) > 1 else []


def _resolve(waiting: _Waiting, outcome: Outcome) -> None:
    if not waiting.outcome.done():
        waiting.outcome.set_result(outcome)


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
