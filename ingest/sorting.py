"""Sort a request: choose the events that each connection of its input wants, and generate missing event ids."""

import secrets
from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import count
from typing import Final, NamedTuple

import msgspec

from ingest.answers import BAD_REQUEST, TOO_LARGE, RequestRefused
from ingest.redis.profiles import observe, size_of
from lanes.chunk import Batch, Entry
from mapping.incoming.batch import Head, NotABatch, SplitBatch, generate_id, head
from mapping.incoming.body import Element
from mapping.incoming.invalid_batch import as_invalid_batch, split_element
from mapping.incoming.unreadable import own_id_of
from mapping.plan import Plan
from mapping.profiles.values import ProfileUpdate
from mapping.results import Unsupported

SMALLEST_EVENT: Final = 100
"""The least bytes of an event, on average: a request may have as many events as fit into its limit."""
CHUNK_EVENTS: Final = 500
CHUNK_BYTES: Final = 256 * 1024
"""The most that a chunk holds; a batch in several chunks has its shared JSON in each."""
STORED_FACTOR: Final = 4
"""A stored request may have this many times the bytes of the largest request."""
ENTRY_OVERHEAD: Final = 64
"""The most bytes around each event in a chunk: its position, its id, the framing."""
ENTRY_MEMORY: Final = 256
"""Roughly the bytes that an event has in memory besides its own."""

_PROCESS: Final = secrets.token_hex(8)
_numbers = count()
"""These distinguish all batches received in the same millisecond by any process (E2)."""


class Wanted(msgspec.Struct, gc=False):
    """The events of a request that one connection wants; connections that want the same events share the Batch.

    `withheld` has the ids of withheld events by rule. `size` is the most bytes that the batches have in chunks, before
    compression.
    """

    batches: list[Batch] = []
    unsupported: int = 0
    withheld: dict[str, list[str | None]] = {}
    size: int = 0

    def withhold(self, rule: str, *event_ids: str | None) -> None:
        """Add events that this rule withholds."""
        self.withheld.setdefault(rule, []).extend(event_ids)


class SortedRequest(msgspec.Struct, gc=False):
    """A sorted request: the number of `accepted` events, and those that each connection of the input wants.

    Without a connection, all of its events are unrouted. `size` is as in Wanted, for all connections together; shared
    batches count once. `memory` is in bytes of this process. `peer_ip` is the sender's address, "" where no connection
    uses it (I1). `profiles` is what the batches tell of their users.
    """

    input: str
    received_ms: int
    wanted: dict[str, Wanted]
    accepted: int = 0
    size: int = 0
    memory: int = 0
    peer_ip: str = ""
    profiles: list[ProfileUpdate] = []


class Limits(NamedTuple):
    """The most events of a request, the most that are sorted on the event loop, and the most bytes in chunks."""

    events: int
    inline: int
    stored: int

    @classmethod
    def of(cls, largest_request: int, inline: int) -> "Limits":
        """Return the limits for requests of at most `largest_request` bytes."""
        return cls(max(1000, largest_request // SMALLEST_EVENT), inline, STORED_FACTOR * max(largest_request, 4 << 20))

    def in_thread(self) -> "Limits":
        """Return the limits for sorting in a thread, where more events may be sorted."""
        return self._replace(inline=self.events)


UNLIMITED: Final = Limits(1 << 60, 1 << 60, 1 << 60)


class TooManyEventsInline(Exception):
    """The request has more events than are sorted on the event loop."""


def sort(
    input_id: str,
    plans: Sequence[Plan],
    batches: Iterable[Element],
    received_ms: int,
    limits: Limits = UNLIMITED,
    peer_ip: str = "",
    message_id: str | None = None,
) -> SortedRequest:
    """Sort all events of a request. An element that is no batch counts as one event, which every connection wants.

    Raise RequestRefused if no element is a batch or the events are too many. Raise TooManyEventsInline, before sorting
    any event, if they are more than `limits.inline`.

    `message_id` is that of a queue's message, whose ids must be equal when it is delivered again (E2). A message is
    never refused because no element is a batch: the elements become dead letters.
    """
    request = SortedRequest(input_id, received_ms, {}, peer_ip=peer_ip)
    remembers = False
    for plan in plans:
        request.wanted[plan.connection] = Wanted()
        remembers = remembers or plan.remembers
    splits = _split(request, batches, limits, message_id is None)
    receipt = ""
    for number, (raw, split) in enumerate(splits):
        if plans and split.events:
            if message_id is not None:
                receipt = f"message {message_id} {number}"
            _sort_batch(request, plans, raw, split, limits.stored, receipt)
    if remembers:
        request.profiles = observe(plans, [split for _, split in splits], received_ms)
        size = size_of(request.profiles)
        request.size += size
        request.memory += size
    return request


def _split(
    request: SortedRequest, batches: Iterable[Element], limits: Limits, needs_a_batch: bool
) -> list[tuple[Element, SplitBatch]]:
    """Split the elements of a request into their events, and count these."""
    splits = []
    no_batch = ""
    events = number_of_batches = 0
    for number, raw in enumerate(batches, start=1):
        try:
            split = split_element(raw)
            number_of_batches += 1
        except NotABatch as error:
            no_batch = no_batch or f"Batch {number}: {error}"
            split = as_invalid_batch(raw)
        events += len(split.events)
        if events > limits.inline:
            raise _too_many_events(events, limits)
        splits.append((raw, split))
    if needs_a_batch and not number_of_batches:
        raise RequestRefused(BAD_REQUEST, no_batch)
    request.accepted = events
    return splits


def _too_many_events(events: int, limits: Limits) -> Exception:
    if events <= limits.events:
        return TooManyEventsInline()
    return RequestRefused(TOO_LARGE, f"The request has more than {limits.events} events: send fewer at once.")


def _sort_batch(
    request: SortedRequest, plans: Sequence[Plan], raw: Element, split: SplitBatch, most: int, receipt: str
) -> None:
    heads = [None] if split.environment is None else [*map(head, split.events)]
    ids = _Ids(request, raw, split, receipt)
    stored: dict[tuple[int, ...], tuple[Batch, int]] = {}
    for plan in plans:
        wanted = request.wanted[plan.connection]
        chosen = _choose(plan, split, heads, ids, wanted)
        if not chosen:
            continue
        found = stored.get(chosen)
        if found is None:
            found = stored[chosen] = _stored(split, heads, ids, chosen)
            request.size += found[1]
            if request.size > most:
                raise RequestRefused(
                    TOO_LARGE, f"The request comes to more than {most} bytes when stored: send fewer events."
                )
            request.memory += found[1] + ENTRY_MEMORY * len(chosen)
        batch, size = found
        wanted.batches.append(batch)
        wanted.size += size


def _stored(split: SplitBatch, heads: Sequence[Head | None], ids: "_Ids", chosen: Sequence[int]) -> tuple[Batch, int]:
    """Return the chosen events as a batch, and the most bytes that it has in chunks.

    Each further chunk repeats the shared JSON.
    """
    entries = []
    shared = len(split.shared)
    size = shared + ENTRY_OVERHEAD
    for at in chosen:
        event = bytes(split.events[at])
        entries.append(Entry(at, ids.id_of(at, heads[at]), event))
        size += len(event) + ENTRY_OVERHEAD
    if size > CHUNK_BYTES or len(entries) > CHUNK_EVENTS:
        size += shared * (len(entries) // CHUNK_EVENTS + size // CHUNK_BYTES)
    return Batch(split.shared, entries), size


def _choose(
    plan: Plan, split: SplitBatch, heads: Sequence[Head | None], ids: "_Ids", wanted: Wanted
) -> tuple[int, ...]:
    """Return the positions of the events that the connection wants; count the others."""
    withheld = plan.withholds(split.environment, split.shared)
    if withheld is not None:
        wanted.withhold(withheld.rule, *map(ids.any_id_of, range(len(heads)), heads))
        return ()
    chosen = []
    for position, event_head in enumerate(heads):
        refused = plan.refuses(event_head)
        if refused is None:
            chosen.append(position)
        elif isinstance(refused, Unsupported):
            wanted.unsupported += 1
        else:
            wanted.withhold(refused.rule, ids.any_id_of(position, event_head))
    return tuple(chosen)


class _Ids(msgspec.Struct, gc=False):
    """Generates ids for events without one (E2); hashes the batch only when the first id is needed.

    `receipt` distinguishes this batch from equal ones; "" means that each receipt is another one.
    """

    request: SortedRequest
    raw: Element
    split: SplitBatch
    receipt: str
    digest: bytes = b""

    def id_of(self, position: int, event_head: Head | None) -> str | None:
        """Return the event's generated id; None if it has its own."""
        if event_head is not None and event_head.has_own_id:
            return None
        if not self.receipt:
            self.receipt = f"{self.request.received_ms} {_PROCESS} {next(_numbers)}"
        return generate_id(self.request.input, self.split, self._hash, position, event_head, self.receipt)

    def any_id_of(self, position: int, event_head: Head | None) -> str | None:
        """Return the event's own id, or the one generated for it."""
        return own_id_of(bytes(self.split.events[position])) or self.id_of(position, event_head)

    def _hash(self) -> bytes:
        """Return the SHA-256 of the batch."""
        if not self.digest:
            self.digest = sha256(self.raw.element if isinstance(self.raw, SplitBatch) else self.raw).digest()
        return self.digest
