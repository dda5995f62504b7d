"""Receipts in Redis: append them in pieces, merge pieces into blocks, search both. What a receipt says is opaque here.

A piece is what one script appends:   time u64 | receipts u32 | ids, 8 bytes each | body
A block is many pieces merged:        version u8 | 3 zeros | receipts u32 | ids, 8 bytes each | zstd of their parts
The part of a piece in a block:       time u64 | receipts u32 | length of the body u32 | body

Ids are digests, which do not compress. So they stay readable in place, and a search reads only them.
"""

import struct
from array import array
from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple, cast

import redis
import zstandard

from lanes.scripts import lane_scripts
from store.diagnosis.trouble import translate_errors
from store.reading import read_together
from store.scripts import pack

ID_BYTES: Final = 8
BLOCK_RECEIPTS: Final = 32_768
"""A block is begun when this many receipts are in pieces."""
MOST_PIECE_BYTES: Final = 4 << 20
"""A block is also begun when pieces take this much memory, or an eighth of the budget."""
BLOCK_VERSION: Final = 1
_PIECE: Final = struct.Struct(">QI")
_PART: Final = struct.Struct(">QII")
_BLOCK: Final = struct.Struct(">BxxxI")
_LEVEL: Final = 3
_PAGE: Final = 2_000
_AT_ONCE: Final = 8
"""Blocks that are read in one round trip: about 3 MB of ids."""
_FEW: Final = 4
"""So few ids are searched one by one, which is faster than through a set."""


class ReceiptsKept(NamedTuple):
    """How many receipts are kept, in how many bytes, and since when: Unix milliseconds, None without any so far."""

    receipts: int
    bytes: int
    since_ms: int | None


class Hit(NamedTuple):
    """A receipt that was found: its id, when it was written (Unix ms), and its place in the piece with this body."""

    id: bytes
    at_ms: int
    body: bytes
    place: int


class _Part(NamedTuple):
    """The body of one piece, when it was written, and how many receipts it describes."""

    at_ms: int
    receipts: int
    body: bytes


def receipts_kept(client: redis.Redis) -> ReceiptsKept:
    """Return how many receipts are kept, in how many bytes, and since when. Raise RedisAway."""
    with translate_errors:
        values = cast("list[bytes | None]", client.hmget("receipts:kept", ["receipts", "bytes", "since"]))
    receipts, size, since = values
    return ReceiptsKept(int(receipts or 0), int(size or 0), None if since is None else int(since))


def trim_receipts(client: redis.Redis, budget: int) -> None:
    """Remove the oldest receipts beyond `budget` bytes; with 0 all of them. Raise RedisAway."""
    lane_scripts(client).call("trim_receipts", budget)


def merge_receipts(client: redis.Redis, budget: int, receipts_a_block: int = BLOCK_RECEIPTS) -> int:
    """Merge pieces into one block if there are enough of them; return the number of receipts in it, else 0.

    Several processes may do so at once: each block replaces exactly its pieces, or nothing. Raise RedisAway.
    """
    with translate_errors:
        waiting = cast("list[bytes | None]", client.hmget("receipts:kept", ["pieces", "left"]))
    held, place = (int(value or 0) for value in waiting)
    most_bytes = max(1, min(MOST_PIECE_BYTES, budget // 8))
    pieces: list[bytes] = []
    receipts = size = 0
    while receipts < receipts_a_block and size < most_bytes:
        with translate_errors:
            page = cast("list[bytes]", client.lrange("receipts:pieces", len(pieces), len(pieces) + _PAGE - 1))
        for piece in page:
            pieces.append(piece)
            receipts += _PIECE.unpack_from(piece)[1]
            size += len(piece)
            if receipts >= receipts_a_block or size >= most_bytes:
                break
        if len(page) < _PAGE:
            break
    if not pieces or (receipts < receipts_a_block and max(size, held) < most_bytes):
        return 0
    block = _merged(pieces, receipts)
    ask = {"place": place, "pieces": len(pieces), "receipts": receipts, "bytes": memory_of(len(block))}
    done = lane_scripts(client).call("merge_receipts", pack({**ask, "budget": budget}), block)
    return receipts if done else 0


def memory_of(size: int) -> int:
    """Return about what Redis needs for a string of this size: its allocator knows four sizes for each doubling."""
    step = 1 << max(4, size.bit_length() - 3)
    return (size // step + 1) * step + 200


def _merged(pieces: Sequence[bytes], receipts: int) -> bytes:
    ids: list[bytes] = []
    parts: list[bytes] = []
    for piece in pieces:
        at_ms, number = _PIECE.unpack_from(piece)
        end = _PIECE.size + ID_BYTES * number
        ids.append(piece[_PIECE.size : end])
        parts += (_PART.pack(at_ms, number, len(piece) - end), piece[end:])
    body = zstandard.ZstdCompressor(level=_LEVEL).compress(b"".join(parts))
    return b"".join((_BLOCK.pack(BLOCK_VERSION, receipts), *ids, body))


def search_receipts(client: redis.Redis, ids: Collection[bytes]) -> Iterator[Hit]:
    """Yield every kept receipt of these ids, the newest pieces first. Raise RedisAway.

    Blocks and pieces are listed at one instant. A block that is trimmed meanwhile is omitted: receipts then no longer
    reach back to it.
    """
    listed = read_together(client, [("LRANGE", "receipts:blocks", "0", "-1"), ("LRANGE", "receipts:pieces", "0", "-1")])
    blocks, pieces = listed.replies
    wanted = _Wanted(ids)
    for piece in pieces:
        at_ms, number = _PIECE.unpack_from(piece)
        end = _PIECE.size + ID_BYTES * number
        for index in wanted.places(piece[_PIECE.size : end]):
            at = _PIECE.size + ID_BYTES * index
            yield Hit(piece[at : at + ID_BYTES], at_ms, piece[end:], index)
    names = [(f"receipts:block:{entry.split(b':')[0].decode()}", int(entry.split(b":")[1])) for entry in blocks]
    for start in range(0, len(names), _AT_ONCE):
        yield from _in_blocks(client, names[start : start + _AT_ONCE], wanted)


def _in_blocks(client: redis.Redis, names: Sequence[tuple[str, int]], wanted: "_Wanted") -> Iterator[Hit]:
    with translate_errors, client.pipeline(transaction=False) as pipeline:
        for name, number in names:
            pipeline.getrange(name, _BLOCK.size, _BLOCK.size + ID_BYTES * number - 1)
        found = cast("list[bytes]", pipeline.execute())
    for (name, number), ids in zip(names, found, strict=True):
        places = wanted.places(ids)
        if not places:
            continue
        with translate_errors:
            block = cast("bytes | None", client.get(name))
        if block is None or block[0] != BLOCK_VERSION:
            continue
        parts = list(_parts_of(block, number))
        first, part = 0, 0
        for place in places:
            while place >= first + parts[part].receipts:
                first += parts[part].receipts
                part += 1
            at = ID_BYTES * place
            yield Hit(ids[at : at + ID_BYTES], parts[part].at_ms, parts[part].body, place - first)


def _parts_of(block: bytes, number: int) -> Iterator[_Part]:
    bodies = zstandard.ZstdDecompressor().decompress(block[_BLOCK.size + ID_BYTES * number :])
    at = 0
    while at < len(bodies):
        at_ms, receipts, length = _PART.unpack_from(bodies, at)
        at += _PART.size
        yield _Part(at_ms, receipts, bodies[at : at + length])
        at += length


class _Wanted:
    """The ids to find. Ids are compared as numbers of this machine, without copying any."""

    def __init__(self, ids: Collection[bytes]) -> None:
        self._ids = list(ids)
        self._numbers = set(array("Q", b"".join(self._ids)))

    def places(self, ids: bytes) -> list[int]:
        """Return the indexes of wanted ids in this column of ids, ascending."""
        if len(self._ids) > _FEW:
            column = memoryview(ids).cast("Q")
            if self._numbers.isdisjoint(column):
                return []
            return [index for index, number in enumerate(column) if number in self._numbers]
        return sorted(place for one in self._ids for place in _places(ids, one))


def _places(ids: bytes, one: bytes) -> Iterator[int]:
    at = ids.find(one)
    while at >= 0:
        if at % ID_BYTES == 0:
            yield at // ID_BYTES
        at = ids.find(one, at + 1)
