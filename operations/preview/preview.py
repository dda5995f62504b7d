"""What batches would become, without sending: ingest's choice, then the worker's mapping and cutting of requests."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import assert_never

from config.model import Configuration, Connection, Input
from config.routes import MOST_BODY_BYTES
from mapping.incoming.batch import Head, NotABatch, SplitBatch, generate_id, head
from mapping.incoming.invalid_batch import NO_BATCH, as_invalid_batch, split_element
from mapping.plan import Gate, Plan, compile_plan
from mapping.results import Mapped, Note, Rejected, Unsupported, Withheld

_REPEATED = Note(
    "source_request_id",
    "an earlier batch has the same one, so the event got the same generated id: TikTok counts both as one. "
    "Give events a source_message_id, or each batch a source_request_id of its own",
)
_REPEATED_BATCH = Note(
    "source_message_id",
    "an earlier batch is the same byte by byte, so the event got the same generated id: TikTok counts both as one. "
    "Give events a source_message_id",
)
DISABLED = "the connection is disabled (enabled: false)"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it would be posted: `body` to `url`, carrying the items at these places."""

    url: str
    body: bytes
    items: tuple[Mapped, ...]


@dataclass(slots=True)
class Preview:
    """What one connection makes of the batches of one input; each entry goes with its event's position among all."""

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
        """Every TikTok event that would be sent, in order."""
        return [item for request in self.requests for item in request.items]


class RefusedBatch(ValueError):
    """Ingest would refuse the whole request for this batch; the message says which and why."""


def split_all(batches: Sequence[bytes]) -> list[SplitBatch]:
    """Every batch taken apart, what is none as one event; raises RefusedBatch where none is a batch."""
    split = []
    refusals = []
    for number, batch in enumerate(batches, start=1):
        try:
            split.append(split_element(batch))
        except NotABatch as error:
            refusals.append(f"batch {number}: {error}" if len(batches) > 1 else str(error))
            split.append(as_invalid_batch(batch))
    if refusals and len(refusals) == len(batches):
        raise RefusedBatch(refusals[0])
    return split


def preview_all(
    batches: Sequence[bytes], pairs: Iterable[tuple[Input, Connection]], tiktok_url: str, received_ms: int | None = None
) -> list[Preview]:
    """One preview for each input and connection, as if the batches were received now. Raises RefusedBatch."""
    received = time.time_ns() // 1_000_000 if received_ms is None else received_ms
    parts = list(zip(split_all(batches), (sha256(batch).digest() for batch in batches), strict=True))
    return [_preview(parts, source, connection, tiktok_url, received) for source, connection in pairs]


def pairs_of(configuration: Configuration) -> list[tuple[Input, Connection]]:
    """Every input with each of its connections, in the file's order."""
    return [
        (source, connection)
        for source in configuration.inputs.values()
        for connection in configuration.connections_of(source.id)
    ]


def _preview(
    parts: list[tuple[SplitBatch, bytes]], source: Input, connection: Connection, tiktok_url: str, received_ms: int
) -> Preview:
    plan = compile_plan(connection, source)
    made = Preview(connection.id, source.id, plan)
    generated: set[str] = set()
    items: list[Mapped] = []
    index = 0
    for batch, digest in parts:
        mapper = plan.batch(batch.shared, received_ms)
        for position, event in enumerate(batch.events):
            seen = None if batch.shared == NO_BATCH else head(event)
            if plan.gate(batch.environment, seen) is Gate.WITHHELD and not connection.enabled:
                made.withheld.append((index, Withheld(DISABLED)))
            else:
                generated_id = generate_id(source.id, batch, digest, position, seen, received_ms)
                for result in mapper.map(bytes(event), generated_id):
                    _sort(made, items, index, result)
                if generated_id in generated and made.indexes[-1:] == [index] and _is_repeated(batch, seen):
                    made.notes.append((index, _REPEATED if batch.source_request_id else _REPEATED_BATCH))
                generated.add(generated_id or "")
            index += 1
    url = tiktok_url + plan.route.path
    made.requests = [Request(url, plan.request([item.body for item in cut]), cut) for cut in cuts(items, plan)]
    return made


def _is_repeated(batch: SplitBatch, seen: Head | None) -> bool:
    """Whether an id that was generated before is so at ingest too, where events without any time get one each."""
    return batch.source_request_id is not None or (seen is not None and seen.has_timestamp)


def _sort(made: Preview, items: list[Mapped], index: int, result: Mapped | Rejected | Unsupported | Withheld) -> None:
    match result:
        case Mapped():
            items.append(result)
            made.indexes.append(index)
            made.notes.extend((index, note) for note in result.notes)
        case Rejected():
            made.rejected.append((index, result))
        case Unsupported():
            made.unsupported.append((index, result))
        case Withheld():
            made.withheld.append((index, result))
        case _:
            assert_never(result)


def cuts(items: Iterable[Mapped], plan: Plan) -> Iterator[tuple[Mapped, ...]]:
    """The items of each request: as many as the route takes and a body may hold, as the worker cuts them."""
    cut: list[Mapped] = []
    size = 0
    for item in items:
        length = len(item.body) + 1
        if cut and (len(cut) >= plan.route.max_events or size + length > MOST_BODY_BYTES):
            yield tuple(cut)
            cut, size = [], 0
        cut.append(item)
        size += length
    if cut:
        yield tuple(cut)
