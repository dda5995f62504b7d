"""Sorting: which events of a request each connection of its input wants, and the ids of those without one."""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count
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

_PROCESS: Final = secrets.token_hex(8)
_numbers = count()
"""With these no two batches received in the same millisecond, anywhere, are taken for one (E2)."""


@dataclass(slots=True)
class Wanted:
    """What one connection takes of a request; connections that choose the same events share the Batch.

    `size` is what the batches come to in chunks, in bytes before compression, at most.
    """

    batches: list[Batch] = field(default_factory=list)
    unsupported: int = 0
    withheld: int = 0
    size: int = 0


@dataclass(slots=True)
class Sorted:
    """A request sorted: `accepted` events and what each of the input's connections wants of them.

    With no connection, all its events are unrouted. `size` is as in Wanted, of all connections together. `peer_ip` is
    whose address it came from, "" where no connection asks (I1).
    """

    input: str
    received_ms: int
    wanted: dict[str, Wanted]
    accepted: int = 0
    size: int = 0
    peer_ip: str = ""


def sort(
    input_id: str, plans: Sequence[Plan], batches: Iterable[JsonBytes], received_ms: int, peer_ip: str = ""
) -> Sorted:
    """Sort all events of a request; Refused when one of its batches is no batch."""
    request = Sorted(input_id, received_ms, {plan.connection: Wanted() for plan in plans}, peer_ip=peer_ip)
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
    digest, receipt = _Digest(raw), f"{request.received_ms} {_PROCESS} {next(_numbers)}"
    made: dict[tuple[int, ...], Batch] = {}
    for plan in plans:
        wanted = request.wanted[plan.connection]
        chosen = _choose(plan, split.environment, heads, wanted)
        if not chosen:
            continue
        if chosen not in made:
            ids = [mint(request.input, split, digest, at, heads[at], receipt) for at in chosen]
            entries = [Entry(at, own, bytes(split.events[at])) for at, own in zip(chosen, ids, strict=True)]
            made[chosen] = Batch(split.shared, entries)
        size = memoryview(raw).nbytes + ENTRY_OVERHEAD * (1 + len(chosen))
        wanted.batches.append(made[chosen])
        wanted.size += size
        request.size += size


def _choose(plan: Plan, environment: str, heads: Sequence[Head | None], wanted: Wanted) -> tuple[int, ...]:
    """Positions of the events that the connection wants; the others are counted."""
    gates = [plan.gate(environment, seen) for seen in heads]
    wanted.unsupported += gates.count(Gate.UNSUPPORTED)
    wanted.withheld += gates.count(Gate.WITHHELD)
    return tuple([position for position, gate in enumerate(gates) if gate is Gate.WANTED])


class _Digest:
    """SHA-256 of a batch, made when it is first asked for."""

    __slots__ = ("_digest", "_raw")

    def __init__(self, raw: JsonBytes) -> None:
        self._raw = raw
        self._digest: bytes | None = None

    def __call__(self) -> bytes:
        if self._digest is None:
            self._digest = sha256(self._raw).digest()
        return self._digest
