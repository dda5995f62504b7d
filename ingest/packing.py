"""Pack sorted requests of one input into arrivals, their events joined in chunks of limited size."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from delivery.receipt import AlikeItems, ReceiptFields
from ingest.sorting import CHUNK_BYTES, CHUNK_EVENTS, ENTRY_OVERHEAD, SortedRequest, Wanted
from lanes.appends.arrivals import Arrival, Share
from lanes.chunk import Batch, Chunk, ChunkCodec, Entry


def pack(requests: Sequence[SortedRequest], codec: ChunkCodec) -> list[Arrival]:
    """Return arrivals for requests of one input and peer; the first has the counts, the others further chunks."""
    first = requests[0]
    encoder = _ChunkEncoder(first, codec)
    shares = {connection: _shares(wanted, encoder) for connection, wanted in _joined(requests).items()}
    accepted = sum([request.accepted for request in requests])
    unrouted = sum([request.accepted for request in requests if not request.wanted])
    arrivals = []
    for number, row in enumerate(zip_longest(*shares.values())):
        present = {connection: share for connection, share in zip(shares, row, strict=True) if share is not None}
        arrivals.append(Arrival(first.input, 0 if number else accepted, 0 if number else unrouted, present))
    return arrivals or [Arrival(first.input, accepted, unrouted)]


def withheld_items(requests: Iterable[SortedRequest]) -> list[AlikeItems]:
    """Return the receipts' fields for the events that are withheld."""
    return [
        (ReceiptFields(connection, request.input, "withheld", None, reason, request.received_ms), event_ids)
        for request in requests
        for connection, wanted in request.wanted.items()
        for reason, event_ids in wanted.withheld.items()
    ]


def _joined(requests: Sequence[SortedRequest]) -> dict[str, Wanted]:
    joined: dict[str, Wanted] = {}
    for request in requests:
        for connection, wanted in request.wanted.items():
            whole = joined.get(connection)
            if whole is None:
                whole = joined[connection] = Wanted()
            whole.batches += wanted.batches
            whole.size += wanted.size
            if wanted.unsupported:
                whole.unsupported += wanted.unsupported
            if wanted.withheld:
                for rule, event_ids in wanted.withheld.items():
                    whole.withhold(rule, *event_ids)
    return joined


def _shares(wanted: Wanted, encoder: "_ChunkEncoder") -> list[Share]:
    """Return one share for each chunk, or one without a chunk."""
    withheld = {rule: len(event_ids) for rule, event_ids in wanted.withheld.items()}
    unwanted = wanted.unsupported + sum(withheld.values())
    (events, chunk), *others = encoder.chunks_of(wanted) or [(0, None)]
    return [
        Share(events + unwanted, wanted.unsupported, withheld, chunk),
        *(Share(count, chunk=further) for count, further in others),
    ]


class _ChunkEncoder:
    """Splits and encodes batches, once for all connections that want the same ones."""

    def __init__(self, first: SortedRequest, codec: ChunkCodec) -> None:
        """The chunks get the input, time and peer of `first`."""
        self._first = first
        self._codec = codec
        self._encoded: dict[tuple[int, ...], list[tuple[int, bytes | None]]] = {}

    def chunks_of(self, wanted: Wanted) -> list[tuple[int, bytes | None]]:
        """Return the chunks of the wanted batches, each with the number of its events."""
        key = tuple(map(id, wanted.batches))
        if key not in self._encoded:
            self._encoded[key] = [(events, self._encode(part)) for part, events in split_into_parts(wanted)]
        return self._encoded[key]

    def _encode(self, batches: list[Batch]) -> bytes:
        first = self._first
        return self._codec.encode(Chunk(first.input, first.received_ms, batches, peer_ip=first.peer_ip))


def split_into_parts(wanted: Wanted) -> Iterator[tuple[list[Batch], int]]:
    """Yield the batches in parts of at most CHUNK_EVENTS events and about CHUNK_BYTES bytes; never an empty part.

    With each part comes the number of its events. A batch that continues in the next part has its shared JSON there
    again. That copy is not counted: else a large one would make every event a part of its own. Events keep their
    positions.
    """
    if wanted.batches and wanted.size <= CHUNK_BYTES:
        events = sum([len(batch.entries) for batch in wanted.batches])
        if events <= CHUNK_EVENTS:
            yield wanted.batches, events
            return
    part: list[Batch] = []
    events = size = 0
    for batch in wanted.batches:
        entries: list[Entry] = []
        size += len(batch.shared)
        for entry in batch.entries:
            entry_size = len(entry.raw) + ENTRY_OVERHEAD
            if events == CHUNK_EVENTS or (events and size + entry_size > CHUNK_BYTES):
                yield ([*part, Batch(batch.shared, entries)] if entries else part), events
                part, entries, events, size = [], [], 0, 0
            entries.append(entry)
            events += 1
            size += entry_size
        part.append(batch if len(entries) == len(batch.entries) else Batch(batch.shared, entries))
    if part:
        yield part, events
