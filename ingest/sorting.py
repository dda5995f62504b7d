"""Sorting: which events of a request each connection of its input wants, and the ids of those without one."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from typing import Final

from ingest.answers import BAD_REQUEST, TOO_LARGE, Refused
from ingest.batches import JsonBytes
from lanes.chunk import Batch, Entry
from mapping.plan import Gate, Plan
from mapping.source import Head, NotABatch, SplitBatch, head, mint, split_batch

MOST_EVENTS: Final = 100_000
"""No client has so many in one request; it bounds what a body of a million zeros can cost."""
ENTRY_OVERHEAD: Final = 64
"""Bytes around each event in a chunk, at most: its place, its id, the framing."""


@dataclass(slots=True)
class Wanted:
    """What one connection takes of a request; connections that choose the same events share the Batch."""

    batches: list[Batch] = field(default_factory=list)
    unsupported: int = 0
    withheld: int = 0


@dataclass(slots=True)
class Sorted:
    """A request sorted: `accepted` events, what of them each connection wants, and the bytes of that at most."""

    input: str
    received_ms: int
    wanted: dict[str, Wanted]
    accepted: int = 0
    size: int = 0

    @property
    def unrouted(self) -> int:
        """Events that no connection serves."""
        return 0 if self.wanted else self.accepted


def sort(input_id: str, plans: Sequence[Plan], batches: Iterable[JsonBytes], received_ms: int) -> Sorted:
    """Sort all events of a request; Refused when one of its batches is no batch."""
    request = Sorted(input_id, received_ms, {plan.connection: Wanted() for plan in plans})
    for number, raw in enumerate(batches, start=1):
        try:
            split = split_batch(raw)
        except NotABatch as error:
            raise Refused(BAD_REQUEST, f"Batch {number}: {error}") from None
        request.accepted += len(split.events)
        if request.accepted > MOST_EVENTS:
            raise Refused(TOO_LARGE, f"The request has more than {MOST_EVENTS} events: send fewer at once.")
        if plans and split.events:
            _sort_batch(request, plans, raw, split)
    return request


def _sort_batch(request: Sorted, plans: Sequence[Plan], raw: JsonBytes, split: SplitBatch) -> None:
    heads = [head(event) for event in split.events]
    digest = cache(lambda: sha256(raw).digest())

    @cache
    def batch_of(positions: tuple[int, ...]) -> Batch:
        return Batch(
            split.shared,
            [
                Entry(
                    position,
                    mint(request.input, split, digest, position, heads[position], request.received_ms),
                    bytes(split.events[position]),
                )
                for position in positions
            ],
        )

    for plan in plans:
        wanted = request.wanted[plan.connection]
        chosen = _choose(plan, split.environment, heads, wanted)
        if chosen:
            batch = batch_of(chosen)
            wanted.batches.append(batch)
            request.size += size_of(batch)


def _choose(plan: Plan, environment: str, heads: Sequence[Head | None], wanted: Wanted) -> tuple[int, ...]:
    """Positions of the events that the connection wants; the others are counted."""
    chosen = []
    for position, seen in enumerate(heads):
        match plan.gate(environment, seen):
            case Gate.WANTED:
                chosen.append(position)
            case Gate.UNSUPPORTED:
                wanted.unsupported += 1
            case Gate.WITHHELD:
                wanted.withheld += 1
    return tuple(chosen)


def size_of(batch: Batch) -> int:
    """Bytes of a batch in a chunk, at most."""
    return len(batch.shared) + ENTRY_OVERHEAD + sum(len(entry.raw) + ENTRY_OVERHEAD for entry in batch.entries)
