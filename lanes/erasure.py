"""Read a lane from end to end while it moves, and remove a person's events from it."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import redis

from lanes.appends.contents import LARGEST_SCRIPT
from lanes.scripts import lane_scripts
from lanes.settlement import NO_RECEIPTS, Receipts
from store.scripts import pack

PAGE: Final = 100
"""The most chunks that are read or replaced at once."""
PAGE_BYTES: Final = 4 * 1024 * 1024
"""The most bytes of chunks that are read at once, unless one chunk has more."""


class Placed(NamedTuple):
    """A chunk as it was read, and its place in the lane (see `left` in `lanes/scripts/common.lua`)."""

    place: int
    chunk: bytes


class Edit(NamedTuple):
    """A chunk with a person's events, the encoded chunk that replaces it (None to remove it), and their receipts."""

    was: Placed
    without: bytes | None
    receipts: Receipts = NO_RECEIPTS


class Erased(NamedTuple):
    """Events erased, and chunks left alone because a worker is delivering them or because they have changed."""

    events: int = 0
    leased: int = 0
    changed: int = 0


def pages(client: redis.Redis, lane: str) -> Iterator[list[Placed]]:
    """Yield every chunk that is in the lane and stays until it is read, a page at a time. Raise RedisAway."""
    place = 0
    while True:
        first, chunks = lane_scripts(client).call("read_page", lane, place, PAGE, PAGE_BYTES)
        if not chunks:
            return
        yield [Placed(first + i, chunk) for i, chunk in enumerate(chunks)]
        place = first + len(chunks)


def erase(client: redis.Redis, lane: str, edits: Sequence[Edit], now_ms: int | None = None) -> Erased:
    """Carry out these edits of one page; works at maxmemory. After RedisAway some of them may be done."""
    scripts, total = lane_scripts(client), Erased()
    for some in _by_script(edits):
        described = [
            {"place": edit.was.place, "sha1": sha1_of(edit.was.chunk), "receipts": edit.receipts.described()}
            for edit in some
        ]
        blobs = [*(edit.without or b"" for edit in some), *(edit.receipts.content for edit in some)]
        done = Erased(*scripts.call("erase", pack({"lane": lane, "edits": described}), *blobs, now_ms=now_ms))
        total = Erased(*(so_far + more for so_far, more in zip(total, done, strict=True)))
    return total


def _by_script(edits: Sequence[Edit]) -> Iterator[list[Edit]]:
    """Yield the edits in portions that one script may carry, in the lane's order; an edit moves no later place."""
    some: list[Edit] = []
    size = 0
    for edit in edits:
        length = len(edit.without or b"") + len(edit.receipts.content)
        if some and size + length > LARGEST_SCRIPT:
            yield some
            some, size = [], 0
        some.append(edit)
        size += length
    if some:
        yield some


def sha1_of(chunk: bytes) -> str:
    """Return the digest that the script compares instead of the chunk that was read."""
    return hashlib.sha1(chunk, usedforsecurity=False).hexdigest()
