"""Chunks of numbered events in a lane, for tests that append and claim."""

from collections.abc import Callable

from lanes.chunk import Batch, Chunk, ChunkCodec, Entry
from lanes.lanes import ClaimLimits, Lanes
from lanes.settlement import Lease

NOW = 1_000_000
CLAIM_LIMITS = ClaimLimits(events=1000, bytes=1 << 20, probe=2)
CODEC = ChunkCodec()

AppendEvents = Callable[..., None]


def chunk_of(*ids: int, stamp: int = 0) -> bytes:
    """Return a chunk, encoded, of entries at the positions `ids`."""
    return CODEC.encode(Chunk("web", 5, [Batch(b"{}", [Entry(n, None, b"{}") for n in ids])], stamp))


def ids_in(lease: Lease) -> list[int]:
    """Return the positions in a lease."""
    return [e.position for c in lease.chunks for b in CODEC.decode(c).batches for e in b.entries]


def granted(lanes: Lanes, lane: str = "shop:0", now: int = NOW) -> Lease:
    """Claim the lane and return the lease."""
    lease = lanes.claim(lane, CLAIM_LIMITS, now)
    assert isinstance(lease, Lease), lease
    return lease
