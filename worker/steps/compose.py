"""Composes one request to TikTok out of a lease: opens its chunks, maps each entry, takes what fits."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final, NamedTuple, TypeAlias

import msgspec

from config.dead_letter_reasons import EXPIRED, INTERNAL_ERROR
from config.model import no_input
from config.routes import MOST_BODY_BYTES
from delivery.backoff import DEDUPLICATED_FOR_MS
from lanes.chunk import Batch, Chunk, Entry
from lanes.errors import ChunkUnreadable
from lanes.settlement import Lease
from mapping.items import event_of
from mapping.plan import Plan
from mapping.results import Mapped, Rejected, Result
from store.clocks import Clocks, own_ms

MOST_UNFINISHED_CLAIMS: Final = 5
MOST_UNPACKED_BYTES: Final = 4 << 20
"""Of one draft's chunks, once they are opened. A thousand events of usual size are a quarter of it."""


class Prepared(msgspec.Struct):
    """One entry and what today's configuration makes of it; the first `sent` of its items are in the request."""

    chunk: int
    shared: bytes
    entry: Entry
    results: list[Result]
    sent: int = 0

    @property
    def items(self) -> list[Mapped]:
        """The results that go to TikTok."""
        return [result for result in self.results if isinstance(result, Mapped)]


@dataclass(slots=True)
class Draft:
    """The leading chunks of a lease, every entry of them prepared, and the request that can be made of it."""

    plan: Plan
    chunks: list[Chunk] = field(default_factory=list)
    prepared: list[Prepared] = field(default_factory=list)
    items: list[Mapped] = field(default_factory=list)
    size: int = 0

    @property
    def weight(self) -> int:
        """Events, as the books count them."""
        return sum([chunk.weight for chunk in self.chunks])

    def has_room_for(self, chunk: Chunk) -> bool:
        """Whether to try the chunk: if its items are as large as those so far, they fit.

        It costs nothing to guess wrong: too many are mapped and not sent, or fewer are sent than could have been.
        """
        mean = self.size / max(1, len(self.prepared))
        return self.size + mean * _entries(chunk) <= MOST_BODY_BYTES

    def body(self, events: Sequence[int]) -> bytes:
        """The body of a request with these of its items."""
        return self.plan.request([self.items[event].body for event in events])


@dataclass(frozen=True, slots=True)
class OversizedChunk:
    """The first chunk is more than one request takes: it must wait in two parts."""

    parts: tuple[Chunk, Chunk]


@dataclass(frozen=True, slots=True)
class Blocked:
    """The first chunk cannot be read or mapped until someone acts; `what_to_do` is a sentence for them."""

    what_to_do: str
    error: str = "waiting events cannot be read"


CLOCKS_DISAGREE: Final = Blocked(
    "set both clocks right (a time service does it): TikTok may have these events, and would count them again 47 hours "
    "after it was first sent them, which one clock says is over and the other not; they wait, and go on by themselves",
    "Redis's clock and this worker's disagree",
)

Recall: TypeAlias = Callable[[Sequence[tuple[Chunk, Plan]], int], list[list[str | None]]]
"""Chunks and the time now → each batch's remembered address, chunk by chunk (`worker/steps/ip_enrichment.py`)."""


class _Opened(NamedTuple):
    """A chunk that can be mapped; `addresses` are its batches' remembered ones, empty where none are wanted."""

    chunk: Chunk
    plan: Plan
    addresses: Sequence[str | None] = ()


class Composer:
    """Composes requests for one connection. `plan_of` gives the plan for an input, or None when there is no such.

    `recall` is None for connections that send no remembered addresses.
    """

    def __init__(
        self,
        open_chunk: Callable[[bytes], Chunk],
        plan_of: Callable[[str], Plan | None],
        recall: Recall | None = None,
        clock_ms: Callable[[], int] = own_ms,
    ) -> None:
        self._open_chunk = open_chunk
        self._plan_of = plan_of
        self._recall = recall
        self._clock_ms = clock_ms

    def compose(self, lease: Lease) -> Draft | OversizedChunk | Blocked:
        """A request of leading chunks, whole: what is being posted must be nameable by counting chunks."""
        draft: Draft | None = None
        room = lease.pace.limit
        for opened in self._opened(lease):
            if isinstance(opened, Blocked):
                return draft or opened
            chunk, plan = opened.chunk, opened.plan
            weight = chunk.weight
            if chunk.first_unknown_ms and self._clocks_differ_on(chunk, lease):
                return draft or CLOCKS_DISAGREE
            if draft is None:
                if weight > room and _entries(chunk) > 1:
                    return split_chunk(chunk, room)
                draft = Draft(plan)
            elif plan.route != draft.plan.route or weight > room or not draft.has_room_for(chunk):
                break
            fitting = self._add(draft, opened, lease)
            if fitting is not None:
                if draft.chunks:
                    break
                return split_chunk(chunk, fitting)
            room -= weight
        if draft is None:
            raise AssertionError("a lease without chunks")
        return draft

    def _clocks_differ_on(self, chunk: Chunk, lease: Lease) -> bool:
        """Whether one of two clocks that disagree says that TikTok would count the events anew, and the other not."""
        clocks = Clocks(lease.now_ms, self._clock_ms())
        until = chunk.first_unknown_ms + DEDUPLICATED_FOR_MS
        return clocks.disagree and clocks.earliest_ms < until <= clocks.latest_ms

    def _opened(self, lease: Lease) -> Iterator[_Opened | Blocked]:
        """The lease's chunks: each opened when it is its turn, or all at once where addresses are recalled for them."""
        opened = _bounded(map(self._open, lease.chunks))
        if self._recall is None:
            yield from opened
            return
        every = list(opened)
        readable = [one for one in every if isinstance(one, _Opened)]
        recalled = iter(self._recall([(one.chunk, one.plan) for one in readable], lease.now_ms))
        yield from (one._replace(addresses=next(recalled)) if isinstance(one, _Opened) else one for one in every)

    def _open(self, sealed: bytes) -> _Opened | Blocked:
        try:
            chunk = self._open_chunk(sealed)
        except ChunkUnreadable as error:
            return Blocked(error.what_to_do)
        plan = self._plan_of(chunk.input)
        if plan is None:
            return Blocked(no_input(chunk.input))
        return _Opened(chunk, plan)

    def _add(self, draft: Draft, opened: _Opened, lease: Lease) -> int | None:
        """Add the whole chunk; or, adding nothing, how many leading entries of it (at least one) would fit."""
        chunk, plan, _ = opened
        prepared = _prepare(opened, len(draft.chunks), lease)
        items: list[Mapped] = []
        size, room = draft.size, plan.route.max_events - len(draft.items)
        for position, entry in enumerate(prepared):
            own = entry.items
            for item in own:
                size += len(item.body) + 1
                if (draft.items or items) and (size > MOST_BODY_BYTES or len(items) >= room):
                    break
                items.append(item)
                entry.sent += 1
            if entry.sent < len(own) and len(prepared) > 1:
                return max(1, position)
        draft.chunks.append(chunk)
        draft.prepared.extend(prepared)
        draft.items.extend(items)
        draft.size = size
        return None


def _bounded(opened: Iterable[_Opened | Blocked]) -> Iterator[_Opened | Blocked]:
    """The first, and further ones until together they are too large: compressed ones say nothing of their size."""
    room = MOST_UNPACKED_BYTES
    for one in opened:
        if isinstance(one, _Opened):
            bytes_ = _size_of(one.chunk)
            if bytes_ > room and room < MOST_UNPACKED_BYTES:
                return
            room -= bytes_
        yield one


def _size_of(chunk: Chunk) -> int:
    own = sum([len(entry.raw) for batch in chunk.batches for entry in batch.entries])
    return own + sum([len(batch.shared) for batch in chunk.batches])


def split_chunk(chunk: Chunk, weight: int) -> OversizedChunk:
    """The chunk in two, the first of at most `weight` events but of one entry at least, and not of all."""
    first: list[Batch] = []
    second: list[Batch] = []
    room, count, total = weight, 0, _entries(chunk)
    for batch in chunk.batches:
        cut = 0
        for entry in batch.entries:
            if second or (count and (entry.weight > room or count == total - 1)):
                break
            room, count, cut = room - entry.weight, count + 1, cut + 1
        if cut:
            first.append(Batch(batch.shared, batch.entries[:cut]))
        if cut < len(batch.entries):
            second.append(Batch(batch.shared, batch.entries[cut:]))
    return OversizedChunk((with_batches(chunk, first), with_batches(chunk, second)))


def with_batches(chunk: Chunk, batches: list[Batch]) -> Chunk:
    """The chunk with other content: its input, times and stamp stay."""
    return Chunk(chunk.input, chunk.received_ms, batches, chunk.first_unknown_ms, chunk.peer_ip)


def _entries(chunk: Chunk) -> int:
    return sum([len(batch.entries) for batch in chunk.batches])


def _prepare(opened: _Opened, index: int, lease: Lease) -> list[Prepared]:
    chunk, plan, addresses = opened
    if lease.pace.limit == 1 and lease.alone >= MOST_UNFINISHED_CLAIMS:
        return [Prepared(index, batch.shared, e, _unfinished(e)) for batch in chunk.batches for e in batch.entries]
    expired = 0 < chunk.first_unknown_ms <= lease.now_ms - DEDUPLICATED_FOR_MS
    prepared = []
    for batch, address in zip_longest(chunk.batches, addresses):
        mapper = plan.batch(batch.shared, chunk.received_ms, chunk.peer_ip or None, address, lease.now_ms)
        for entry in batch.entries:
            results = mapper.map(entry.raw, entry.event_id, entry.items, entry.made)
            if expired:
                results = [_expire(result) for result in results]
            prepared.append(Prepared(index, batch.shared, entry, results))
    return prepared


def _unfinished(entry: Entry) -> list[Result]:
    message = (
        f"this event alone was not completed {MOST_UNFINISHED_CLAIMS} times: each time the worker's process ended, or "
        "lost its lease; keep the event and report it"
    )
    if entry.items is None:
        return [Rejected(None, entry.event_id, INTERNAL_ERROR.code, None, message)]
    return [Rejected(event_of(key), entry.event_id, INTERNAL_ERROR.code, None, message, key) for key in entry.items]


def _expire(result: Result) -> Result:
    """Sent again now, an event whose first outcome nobody learnt could count twice."""
    if not isinstance(result, Mapped):
        return result
    message = (
        "TikTok did not say for 47 hours whether it took this event, and would now count it anew: check, then replay"
    )
    return Rejected(result.tiktok_event, result.event_id, EXPIRED.code, None, message, result.item)
