"""Preview batches without sending them: choose events as ingest does, then map and split requests as workers do."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeAlias, assert_never

from config.model import Configuration, Connection, Input
from config.routes import MOST_BODY_BYTES
from mapping.incoming.batch import Head, NotABatch, SplitBatch, generate_id, head
from mapping.incoming.invalid_batch import as_invalid_batch, is_no_batch, split_element
from mapping.plan import Plan, compile_plan
from mapping.profiles.values import Filling
from mapping.results import Mapped, Note, Rejected, Unsupported, Withheld

_REPEATED = Note(
    "source_request_id",
    "an earlier batch has the same one, so the event got the same generated id: TikTok counts both as one. "
    "Give events a source_message_id, or each batch its own source_request_id",
)
_REPEATED_BATCH = Note(
    "source_message_id",
    "an earlier batch has the same bytes, so the event got the same generated id: TikTok counts both as one. "
    "Give events a source_message_id",
)


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it would be posted: `body` to `url`, with these items."""

    url: str
    body: bytes
    items: tuple[Mapped, ...]


@dataclass(slots=True)
class Preview:
    """What one connection makes of the batches of one input. Each entry has its event's position among all events."""

    connection: str
    input: str
    plan: Plan
    requests: list[Request] = field(default_factory=list)
    indexes: list[int] = field(default_factory=list)
    """The position of each of `items`."""
    rejected: list[tuple[int, Rejected]] = field(default_factory=list)
    unsupported: list[tuple[int, Unsupported]] = field(default_factory=list)
    withheld: list[tuple[int, Withheld]] = field(default_factory=list)
    notes: list[tuple[int, Note]] = field(default_factory=list)

    @property
    def items(self) -> list[Mapped]:
        """The TikTok events that would be sent, in order."""
        return [item for request in self.requests for item in request.items]


class RefusedBatch(ValueError):
    """Ingest would refuse the whole request because of this batch; the message says which and why."""


def split_all(batches: Sequence[bytes]) -> list[SplitBatch]:
    """Split every batch; an invalid batch counts as one event. Raise RefusedBatch when all are invalid."""
    split_batches = []
    refusals = []
    for number, batch in enumerate(batches, start=1):
        try:
            split_batches.append(split_element(batch))
        except NotABatch as error:
            refusals.append(f"batch {number}: {error}" if len(batches) > 1 else str(error))
            split_batches.append(as_invalid_batch(batch))
    if refusals and len(refusals) == len(batches):
        raise RefusedBatch(refusals[0])
    return split_batches


Recall: TypeAlias = Callable[[Plan, bytes, int], Filling]
"""Takes a batch's JSON without `events` and the time of receipt; returns what its user's profile has."""


def preview_all(
    batches: Sequence[bytes],
    pairs: Iterable[tuple[Input, Connection]],
    tiktok_url: str,
    received_ms: int | None = None,
    recall: Recall | None = None,
) -> list[Preview]:
    """Return a preview for each input and connection, as if the batches arrived now. Raise RefusedBatch.

    Without `recall`, nothing is filled from profiles.
    """
    received = time.time_ns() // 1_000_000 if received_ms is None else received_ms
    parts = list(zip(split_all(batches), (sha256(batch).digest() for batch in batches), strict=True))
    return [_preview(parts, source, connection, tiktok_url, received, recall) for source, connection in pairs]


def pairs_of(configuration: Configuration) -> list[tuple[Input, Connection]]:
    """Return every input with each of its connections, in the file's order."""
    return [
        (source, connection)
        for source in configuration.inputs.values()
        for connection in configuration.connections_of(source.id)
    ]


def _preview(
    parts: list[tuple[SplitBatch, bytes]],
    source: Input,
    connection: Connection,
    tiktok_url: str,
    received_ms: int,
    recall: Recall | None,
) -> Preview:
    plan = compile_plan(connection, source)
    preview = Preview(connection.id, source.id, plan)
    generated: set[str] = set()
    items: list[Mapped] = []
    index = 0
    for batch, digest in parts:
        filling = None if recall is None else recall(plan, batch.shared, received_ms)
        mapper = plan.batch(batch.shared, received_ms, filling=filling)
        withheld = plan.withholds(batch.environment, batch.shared)
        for position, event in enumerate(batch.events):
            seen = None if is_no_batch(batch.shared) else head(event)
            if withheld is not None:
                preview.withheld.append((index, withheld))
            else:
                generated_id = generate_id(source.id, batch, digest, position, seen, received_ms)
                for result in mapper.map(bytes(event), generated_id):
                    _sort(preview, items, index, result)
                if generated_id in generated and preview.indexes[-1:] == [index] and _is_repeated(batch, seen):
                    preview.notes.append((index, _REPEATED if batch.source_request_id else _REPEATED_BATCH))
                generated.add(generated_id or "")
            index += 1
    url = tiktok_url + plan.route.path
    preview.requests = [
        Request(url, plan.request([item.body for item in part]), part) for part in split_requests(items, plan)
    ]
    return preview


def _is_repeated(batch: SplitBatch, seen: Head | None) -> bool:
    """Return whether ingest would generate the same id again; there, events without a time get an id each."""
    return batch.source_request_id is not None or (seen is not None and seen.has_timestamp)


def _sort(
    preview: Preview, items: list[Mapped], index: int, result: Mapped | Rejected | Unsupported | Withheld
) -> None:
    match result:
        case Mapped():
            items.append(result)
            preview.indexes.append(index)
            preview.notes.extend((index, note) for note in result.notes)
        case Rejected():
            preview.rejected.append((index, result))
        case Unsupported():
            preview.unsupported.append((index, result))
        case Withheld():
            preview.withheld.append((index, result))
        case _:
            assert_never(result)


def split_requests(items: Iterable[Mapped], plan: Plan) -> Iterator[tuple[Mapped, ...]]:
    """Yield the items of each request: as many as the route and the size of a body allow, as in a worker."""
    part: list[Mapped] = []
    size = 0
    for item in items:
        length = len(item.body) + 1
        if part and (len(part) >= plan.route.max_events or size + length > MOST_BODY_BYTES):
            yield tuple(part)
            part, size = [], 0
        part.append(item)
        size += length
    if part:
        yield tuple(part)
