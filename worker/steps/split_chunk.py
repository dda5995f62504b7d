"""Split a chunk that is too large for one request, and measure chunks."""

from dataclasses import dataclass

from lanes.chunk import Batch, Chunk


@dataclass(frozen=True, slots=True)
class OversizedChunk:
    """The first chunk of a lease is larger than one request: it must wait as two parts."""

    parts: tuple[Chunk, Chunk]


def split_chunk(chunk: Chunk, weight: int) -> OversizedChunk:
    """Split the chunk into two, both with at least one entry; the first has at most `weight` events if it can."""
    first: list[Batch] = []
    second: list[Batch] = []
    room, count, total = weight, 0, entry_count(chunk)
    for batch in chunk.batches:
        taken = 0
        for entry in batch.entries:
            if second or (count and (entry.weight > room or count == total - 1)):
                break
            room, count, taken = room - entry.weight, count + 1, taken + 1
        if taken:
            first.append(Batch(batch.shared, batch.entries[:taken]))
        if taken < len(batch.entries):
            second.append(Batch(batch.shared, batch.entries[taken:]))
    return OversizedChunk((with_batches(chunk, first), with_batches(chunk, second)))


def with_batches(chunk: Chunk, batches: list[Batch]) -> Chunk:
    """Return the chunk with other batches; its input, times and stamp stay."""
    return Chunk(chunk.input, chunk.received_ms, batches, chunk.first_unknown_ms, chunk.peer_ip)


def entry_count(chunk: Chunk) -> int:
    """Return how many entries the chunk holds."""
    return sum([len(batch.entries) for batch in chunk.batches])


def unpacked_bytes(chunk: Chunk) -> int:
    """Return the size of the chunk's JSON."""
    own = sum([len(entry.raw) for batch in chunk.batches for entry in batch.entries])
    return own + sum([len(batch.shared) for batch in chunk.batches])
