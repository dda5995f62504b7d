"""Sorting: which events of a request each connection of its input wants, and the ids of those without one."""

import secrets
from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import count
from typing import Final, NamedTuple

import msgspec

from ingest.answers import BAD_REQUEST, TOO_LARGE, RequestRefused
from lanes.chunk import Batch, Entry
from mapping.incoming.batch import Head, NotABatch, SplitBatch, generate_id, head
from mapping.incoming.body import JsonBytes
from mapping.incoming.invalid_batch import NO_BATCH, in_place_of_a_batch, split_element
from mapping.plan import Gate, Plan

SMALLEST_EVENT: Final = 100
"""Bytes that an event has at least, on average: a request may have as many events as its limit has room for."""
CHUNK_EVENTS: Final = 500
CHUNK_BYTES: Final = 256 * 1024
"""What a chunk holds at most; a batch that needs several has its shared JSON in each."""
PACKED_TIMES: Final = 4
"""A request may come to this many times its own limit when it is packed."""
ENTRY_OVERHEAD: Final = 64
"""Bytes around each event in a chunk, at most: its place, its id, the framing."""
ENTRY_MEMORY: Final = 256
"""Bytes that an event has in memory besides its own, about."""

_PROCESS: Final = secrets.token_hex(8)
_numbers = count()
"""With these no two batches received in the same millisecond, anywhere, are taken for one (E2)."""


class Wanted(msgspec.Struct):
    """What one connection takes of a request; connections that choose the same events share the Batch.

    `size` is what the batches come to in chunks, in bytes before compression, at most.
    """

    batches: list[Batch] = []
    unsupported: int = 0
    withheld: int = 0
    size: int = 0


class SortedRequest(msgspec.Struct):
    """A request sorted: `accepted` events and what each of the input's connections wants of them.

    With no connection, all its events are unrouted. `size` is as in Wanted, of all connections together, what they
    share counted once; `memory` is what it holds in this process. `peer_ip` is whose address it came from, "" where no
    connection asks (I1).
    """

    input: str
    received_ms: int
    wanted: dict[str, Wanted]
    accepted: int = 0
    size: int = 0
    memory: int = 0
    peer_ip: str = ""


class Limits(NamedTuple):
    """How many events a request may have, how many are sorted on the event loop, what it may come to in chunks."""

    events: int
    inline: int
    packed: int

    @classmethod
    def of(cls, largest_request: int, inline: int) -> "Limits":
        """Return those that go with requests of so many bytes."""
        return cls(max(1000, largest_request // SMALLEST_EVENT), inline, PACKED_TIMES * max(largest_request, 4 << 20))

    def beside(self) -> "Limits":
        """Return the same beside the event loop, where there is no hurry."""
        return self._replace(inline=self.events)


UNLIMITED: Final = Limits(1 << 60, 1 << 60, 1 << 60)


class TooManyEventsInline(Exception):
    """More events than are sorted on the event loop."""


def sort(
    input_id: str,
    plans: Sequence[Plan],
    batches: Iterable[JsonBytes],
    received_ms: int,
    limits: Limits = UNLIMITED,
    peer_ip: str = "",
) -> SortedRequest:
    """Sort all events of a request. An element that is no batch counts as one event, which every connection wants.

    Raises Refused when none of its elements is a batch or its events are too many, and TakesLong before it sorts any
    where they are more than `limits.inline`.
    """
    request = SortedRequest(input_id, received_ms, {plan.connection: Wanted() for plan in plans}, peer_ip=peer_ip)
    for raw, split in _split(request, batches, limits):
        if plans and split.events:
            _sort_batch(request, plans, raw, split, limits.packed)
    return request


def _split(request: SortedRequest, batches: Iterable[JsonBytes], limits: Limits) -> list[tuple[JsonBytes, SplitBatch]]:
    """Return the elements of a request taken apart, their events counted."""
    splits = []
    no_batch = ""
    number_of_batches = 0
    for number, raw in enumerate(batches, start=1):
        try:
            split = split_element(raw)
            number_of_batches += 1
        except NotABatch as error:
            no_batch = no_batch or f"Batch {number}: {error}"
            split = in_place_of_a_batch(raw)
        request.accepted += len(split.events)
        if request.accepted > limits.events:
            raise RequestRefused(TOO_LARGE, f"The request has more than {limits.events} events: send fewer at once.")
        if request.accepted > limits.inline:
            raise TooManyEventsInline
        splits.append((raw, split))
    if not number_of_batches:
        raise RequestRefused(BAD_REQUEST, no_batch)
    return splits


def _sort_batch(request: SortedRequest, plans: Sequence[Plan], raw: JsonBytes, split: SplitBatch, most: int) -> None:
    heads = [None] if split.shared == NO_BATCH else [head(event) for event in split.events]
    ids = _Ids(request, raw, split)
    made: dict[tuple[int, ...], tuple[Batch, int]] = {}
    for plan in plans:
        wanted = request.wanted[plan.connection]
        chosen = _choose(plan, split.environment, heads, wanted)
        if not chosen:
            continue
        if chosen not in made:
            size = _packed(raw, split, chosen)
            request.size += size
            if request.size > most:
                raise RequestRefused(
                    TOO_LARGE, f"The request comes to more than {most} bytes when stored: send fewer events."
                )
            request.memory += size + ENTRY_MEMORY * len(chosen)
            entries = [Entry(at, ids.id_of(at, heads[at]), bytes(split.events[at])) for at in chosen]
            made[chosen] = Batch(split.shared, entries), size
        batch, size = made[chosen]
        wanted.batches.append(batch)
        wanted.size += size


def _packed(raw: JsonBytes, split: SplitBatch, chosen: Sequence[int]) -> int:
    """Return what the chosen events come to in chunks, at most: the shared JSON once more for each further chunk."""
    number = len(chosen)
    if number == len(split.events):
        size = len(raw) if type(raw) is bytes else memoryview(raw).nbytes
    else:
        size = len(split.shared) + sum([memoryview(split.events[at]).nbytes for at in chosen])
    further = number // CHUNK_EVENTS + size // CHUNK_BYTES
    return size + ENTRY_OVERHEAD * (1 + number) + further * len(split.shared)


def _choose(plan: Plan, environment: str | None, heads: Sequence[Head | None], wanted: Wanted) -> tuple[int, ...]:
    """Positions of the events that the connection wants; the others are counted."""
    chosen = []
    for position, seen in enumerate(heads):
        gate = plan.gate(environment, seen)
        if gate is Gate.WANTED:
            chosen.append(position)
        elif gate is Gate.UNSUPPORTED:
            wanted.unsupported += 1
        else:
            wanted.withheld += 1
    return tuple(chosen)


class _Ids:
    """Ids for a batch's events that have none (E2); what they are made of is made when first asked for."""

    __slots__ = ("_digest", "_raw", "_receipt", "_request", "_split")

    def __init__(self, request: SortedRequest, raw: JsonBytes, split: SplitBatch) -> None:
        self._request, self._raw, self._split = request, raw, split
        self._digest = b""
        self._receipt = ""

    def id_of(self, position: int, seen: Head | None) -> str | None:
        """The event's generated id; None when it has its own."""
        if seen is not None and seen.has_own_id:
            return None
        if not self._receipt:
            self._receipt = f"{self._request.received_ms} {_PROCESS} {next(_numbers)}"
        return generate_id(self._request.input, self._split, self._hash, position, seen, self._receipt)

    def _hash(self) -> bytes:
        """SHA-256 of the batch."""
        if not self._digest:
            self._digest = sha256(self._raw).digest()
        return self._digest
