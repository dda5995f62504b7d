"""Compose one request to TikTok from a lease: decode its chunks, map each entry, take what fits."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Final, NamedTuple, TypeAlias

import msgspec

from config.dead_letter_reasons import EXPIRED, INTERNAL_ERROR
from config.model import no_input
from config.routes import MOST_BODY_BYTES
from delivery.backoff import DEDUPLICATED_FOR_MS
from lanes.chunk import Chunk, Entry
from lanes.errors import ChunkUnreadable
from lanes.settlement import Lease
from mapping.items import event_of
from mapping.plan import Plan
from mapping.profiles.values import Filling
from mapping.results import Mapped, Rejected, Result
from operations.receipts.ended import event_id_of
from store.clocks import Clocks, own_ms
from worker.steps.split_chunk import OversizedChunk, entry_count, split_chunk, unpacked_bytes

MOST_UNFINISHED_CLAIMS: Final = 5
MOST_UNPACKED_BYTES: Final = 4 << 20
"""The most JSON in the chunks of one draft. A thousand events of usual size take a quarter of it."""


class Prepared(msgspec.Struct):
    """One entry and its results under the current configuration; the first `sent` of its items are in the request."""

    chunk: int
    shared: bytes
    entry: Entry
    results: list[Result]
    sent: int = 0

    @property
    def items(self) -> list[Mapped]:
        """The results that are sent to TikTok."""
        if len(self.results) == 1:  # nearly all, and faster
            return self.results if type(self.results[0]) is Mapped else []  # type: ignore[return-value]
        return [result for result in self.results if isinstance(result, Mapped)]


class Part(NamedTuple):
    """The entries of one chunk. With `items`, these are all that became of them, and all are in the request."""

    entries: Sequence[Prepared]
    items: Sequence[Mapped] = ()


@dataclass(slots=True)
class Draft:
    """The leading chunks of a lease with all their entries prepared, and the items of one request.

    `parts` has one part for each of `chunks`; `entries` is how many entries these have.
    """

    plan: Plan
    chunks: list[Chunk] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    items: list[Mapped] = field(default_factory=list)
    entries: int = 0
    size: int = 0

    @property
    def weight(self) -> int:
        """How many events the ledger counts in these chunks."""
        return sum([chunk.weight for chunk in self.chunks])

    def has_room_for(self, chunk: Chunk) -> bool:
        """Estimate whether the chunk's items fit, by the mean size of the items so far.

        A wrong estimate loses nothing: some entries are mapped and not sent, or the request is smaller than possible.
        """
        mean = self.size / max(1, self.entries)
        return self.size + mean * entry_count(chunk) <= MOST_BODY_BYTES

    def body(self, events: Sequence[int]) -> bytes:
        """Return the body of a request with these items, by their index."""
        return self.plan.request([self.items[event].body for event in events])


@dataclass(frozen=True, slots=True)
class Blocked:
    """The first chunk cannot be read or mapped until someone acts; `what_to_do` is a sentence for that person."""

    what_to_do: str
    error: str = "waiting events cannot be read"


CLOCKS_DISAGREE: Final = Blocked(
    "correct both clocks, with a time service such as NTP. TikTok may have these events, and counts them twice if they "
    "are sent more than 47 hours after the first attempt; only one of the clocks says that this time is over. The "
    "events wait, and are delivered automatically once the clocks agree",
    "Redis's clock and this worker's disagree",
)

Recall: TypeAlias = Callable[[Sequence[tuple[Chunk, Plan]]], list[list[Filling]]]
"""Take chunks; return what users' profiles have for each batch, by chunk (`worker/steps/profiles.py`)."""


class _Opened(NamedTuple):
    """A chunk that can be mapped; `fillings` has what may fill each batch, or is empty without profiles."""

    chunk: Chunk
    plan: Plan
    fillings: Sequence[Filling] = ()


class Composer:
    """Compose requests for one connection. `plan_of` returns the plan for an input, None for an unknown input.

    `recall` is None for connections that remember nothing.
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
        """Return a request of whole leading chunks: the lane notes what is being posted as a number of chunks."""
        draft: Draft | None = None
        room = lease.sizing.limit
        for opened in self._opened(lease):
            if isinstance(opened, Blocked):
                return draft or opened
            chunk, plan = opened.chunk, opened.plan
            weight = chunk.weight
            if chunk.first_unknown_ms and self._clocks_differ_on(chunk, lease):
                return draft or CLOCKS_DISAGREE
            if draft is None:
                if weight > room and entry_count(chunk) > 1:
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
        """Return whether the clocks disagree on whether TikTok would count the chunk's events twice."""
        clocks = Clocks(lease.now_ms, self._clock_ms())
        until = chunk.first_unknown_ms + DEDUPLICATED_FOR_MS
        return clocks.disagree and clocks.earliest_ms < until <= clocks.latest_ms

    def _opened(self, lease: Lease) -> Iterator[_Opened | Blocked]:
        """Yield the lease's chunks, decoded one by one; with profiles all at once, to recall in one round trip."""
        opened = _bounded(map(self._open, lease.chunks))
        if self._recall is None:
            yield from opened
            return
        chunks = list(opened)
        readable = [chunk for chunk in chunks if isinstance(chunk, _Opened)]
        recalled = iter(self._recall([(chunk.chunk, chunk.plan) for chunk in readable]))
        for chunk in chunks:
            yield chunk._replace(fillings=next(recalled)) if isinstance(chunk, _Opened) else chunk

    def _open(self, stored: bytes) -> _Opened | Blocked:
        try:
            chunk = self._open_chunk(stored)
        except ChunkUnreadable as error:
            return Blocked(error.what_to_do)
        plan = self._plan_of(chunk.input)
        if plan is None:
            return Blocked(no_input(chunk.input))
        return _Opened(chunk, plan)

    def _add(self, draft: Draft, opened: _Opened, lease: Lease) -> int | None:
        """Add the whole chunk and return None; or add nothing and return how many leading entries fit, at least one."""
        chunk, plan, _ = opened
        prepared: list[Prepared] = []
        items: list[Mapped] = []
        size, room = draft.size, plan.route.max_events - len(draft.items)
        for position, entry in enumerate(_prepare(opened, len(draft.chunks), lease)):
            prepared.append(entry)
            own = entry.items
            for item in own:
                size += len(item.body) + 1
                if (draft.items or items) and (size > MOST_BODY_BYTES or len(items) >= room):
                    break
                items.append(item)
                entry.sent += 1
            if entry.sent < len(own) and entry_count(chunk) > 1:
                return max(1, position)
        draft.chunks.append(chunk)
        whole = False not in [len(each.results) == each.sent == each.entry.weight for each in prepared]
        draft.parts.append(Part(prepared, items if whole else ()))
        draft.entries += len(prepared)
        draft.items.extend(items)
        draft.size = size
        return None


def _bounded(opened: Iterable[_Opened | Blocked]) -> Iterator[_Opened | Blocked]:
    """Yield the first chunk, and further ones while their JSON together fits: a stored chunk may be compressed."""
    room = MOST_UNPACKED_BYTES
    for chunk in opened:
        if isinstance(chunk, _Opened):
            size = unpacked_bytes(chunk.chunk)
            if size > room and room < MOST_UNPACKED_BYTES:
                return
            room -= size
        yield chunk


def _prepare(opened: _Opened, index: int, lease: Lease) -> Iterator[Prepared]:
    """Yield the entries of a chunk as they are mapped. Map no more than needed: an event may become 500 items."""
    chunk, plan, fillings = opened
    if lease.sizing.limit == 1 and lease.alone >= MOST_UNFINISHED_CLAIMS:
        for batch in chunk.batches:
            for entry in batch.entries:
                yield Prepared(index, batch.shared, entry, _unfinished(entry))
        return
    expired = 0 < chunk.first_unknown_ms <= lease.now_ms - DEDUPLICATED_FOR_MS
    for batch, filling in zip_longest(chunk.batches, fillings):
        mapper = plan.batch(batch.shared, chunk.received_ms, chunk.peer_ip or None, filling, lease.now_ms)
        for entry in batch.entries:
            results = mapper.map(entry.raw, entry.event_id, entry.items, entry.made)
            if expired:
                results = [_expire(result) for result in results]
            yield Prepared(index, batch.shared, entry, results)


def _unfinished(entry: Entry) -> list[Result]:
    message = (
        f"this event alone was not completed {MOST_UNFINISHED_CLAIMS} times: each time the worker's process ended, or "
        "lost its lease; keep the event and report it"
    )
    event_id = event_id_of(entry)
    if entry.items is None:
        return [Rejected(None, event_id, INTERNAL_ERROR.code, None, message)]
    return [Rejected(event_of(key), event_id, INTERNAL_ERROR.code, None, message, key) for key in entry.items]


def _expire(result: Result) -> Result:
    """Reject a mapped event whose first outcome is unknown: sent again now, TikTok could count it twice."""
    if not isinstance(result, Mapped):
        return result
    message = (
        "TikTok did not confirm this event within 47 hours, and would count it twice if it has it: "
        "check in Events Manager, then replay"
    )
    return Rejected(result.tiktok_event, result.event_id, EXPIRED.code, None, message, result.item)
