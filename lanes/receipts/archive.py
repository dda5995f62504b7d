"""What waits in Redis for the archive of receipts: close a portion of it, read it, remove it once it is written.

A piece is what one script appends:   time u64 | receipts u32 | SHA-256 of each event's id, 32 bytes each | body

Redis has these pieces beside the receipts that `relay trace` searches, because the digest there is keyed and shorter.
A closed portion never changes and has a name of its own. So a process that was killed after it wrote the file, and
before it removed the portion, is followed by one that writes the same rows into the same file.
"""

import secrets
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple, cast

import redis

from lanes.scripts import lane_scripts
from store.diagnosis.trouble import translate_errors
from store.scripts import pack

ID_BYTES: Final = 32
MOST_PORTION_BYTES: Final = 8 << 20
"""A file has the receipts of about this many bytes in Redis, or of an eighth of the memory for what waits."""
MOST_PORTION_PIECES: Final = 20_000
_PIECE: Final = struct.Struct(">QI")
_PAGE: Final = 1_000
_KEPT: Final = "archive:kept"
_FIELDS: Final = ("receipts", "bytes", "archived", "lost", "lost_at", "since", "until", "failing_since", "error_at")


class ArchiveKept(NamedTuple):
    """What Redis knows of the archive. Times are in Unix milliseconds, None for never.

    receipts, bytes    of what waits
    archived, lost     receipts written to files, and removed unwritten, the last at `lost_at_ms`
    since_ms, until_ms when the first and the last archived receipt were written
    failing_since_ms   since when no file can be written; `error` is the last reason, at `error_at_ms`
    """

    receipts: int
    bytes: int
    archived: int
    lost: int
    lost_at_ms: int | None
    since_ms: int | None
    until_ms: int | None
    failing_since_ms: int | None
    error_at_ms: int | None
    error: str


class Piece(NamedTuple):
    """The receipts of one script: when it ran, the SHA-256 of each event's id, and what is said of them."""

    at_ms: int
    ids: bytes
    body: bytes


class Portion(NamedTuple):
    """A closed portion: its series and number name the file; all pieces are of the same hour."""

    series: str
    number: int
    pieces: list[Piece]


def archive_kept(client: redis.Redis) -> ArchiveKept:
    """Return what Redis knows of the archive. Raise RedisAway."""
    with translate_errors:
        values = cast("list[bytes | None]", client.hmget(_KEPT, [*_FIELDS, "error"]))
    counts = [int(value or 0) for value in values[:4]]
    times = [None if value is None else int(value) for value in values[4:9]]
    return ArchiveKept(*counts, *times, (values[9] or b"").decode())  # type: ignore[arg-type, call-arg]


def close_portion(client: redis.Redis, budget: int) -> Portion | None:
    """Return the portion that is to be written next, closed; None while there is none. Raise RedisAway.

    `budget`: the bytes of Redis that may wait.
    """
    most_bytes = max(1, min(MOST_PORTION_BYTES, budget // 8))
    ask = {"bytes": most_bytes, "pieces": MOST_PORTION_PIECES, "series": secrets.token_hex(4)}
    closed = lane_scripts(client).call("close_portion", pack(ask))
    if not closed:
        return None
    return Portion(closed[0].decode(), int(closed[1]), list(_pieces(client, "archive:closed")))


def remove_portion(client: redis.Redis, portion: Portion, unreadable: int = 0) -> int:
    """Remove a portion whose file is written; return its receipts, 0 when it is gone already. Raise RedisAway.

    `unreadable` of its receipts are in no file, and count as lost.
    """
    return int(lane_scripts(client).call("remove_portion", portion.number, unreadable))


def discard_waiting(client: redis.Redis) -> int:
    """Remove everything that waits, because there is no archive any more; return how many receipts. Raise RedisAway."""
    return int(lane_scripts(client).call("discard_archive"))


def waiting_pieces(client: redis.Redis) -> list[Piece]:
    """Return all pieces that wait for the archive, oldest first. Raise RedisAway."""
    return [*_pieces(client, "archive:closed"), *_pieces(client, "archive:pieces")]


def oldest_waiting_ms(client: redis.Redis) -> int | None:
    """Return when the oldest piece that waits was written; None where none waits. Raise RedisAway."""
    with translate_errors, client.pipeline() as pipeline:
        pipeline.lindex("archive:closed", 0)
        pipeline.lindex("archive:pieces", 0)
        found = cast("list[bytes | None]", pipeline.execute())
    first = next((piece for piece in found if piece is not None), None)
    return None if first is None else int(_PIECE.unpack_from(first)[0])


def note_failure(client: redis.Redis, error: str, now_ms: int) -> None:
    """Record why the archive could not be written. Raise RedisAway or RedisFull."""
    with translate_errors, client.pipeline() as pipeline:
        pipeline.hsetnx(_KEPT, "failing_since", now_ms)
        pipeline.hset(_KEPT, mapping={"error": error, "error_at": now_ms})
        pipeline.execute()


def move_since(client: redis.Redis, since_ms: int) -> None:
    """Record that the archive now reaches back to this time only: older files were removed. Raise RedisAway."""
    with translate_errors:
        client.hset(_KEPT, "since", since_ms)


def _pieces(client: redis.Redis, name: str) -> Iterator[Piece]:
    at = 0
    while True:
        with translate_errors:
            page = cast("list[bytes]", client.lrange(name, at, at + _PAGE - 1))
        for stored in page:
            at_ms, receipts = _PIECE.unpack_from(stored)
            end = _PIECE.size + ID_BYTES * receipts
            yield Piece(at_ms, stored[_PIECE.size : end], stored[end:])
        at += len(page)
        if len(page) < _PAGE:
            return
