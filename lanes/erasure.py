"""Reading a lane from end to end while it moves, and taking somebody's events out of it."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import redis

from lanes.arrivals import LARGEST_SCRIPT
from lanes.scripts import lane_scripts
from store.scripts import pack

PAGE: Final = 100
"""Chunks read, and at most replaced, at once."""


class Placed(NamedTuple):
    """A chunk as it was read, and its place in the lane (see `left` in `lanes/scripts/common.lua`)."""

    place: int
    sealed: bytes


class Edit(NamedTuple):
    """A chunk that held somebody's events, and what is to stand in its place: sealed anew without them, or nothing."""

    was: Placed
    without: bytes | None


class Erased(NamedTuple):
    """Events that are gone, and chunks that are not: a worker is delivering them, or they are no longer as read."""

    events: int = 0
    leased: int = 0
    changed: int = 0


def pages(client: redis.Redis, lane: str) -> Iterator[list[Placed]]:
    """Every chunk that is in the lane and stays until it is read, a page at a time. Raises RedisAway."""
    place = 0
    while True:
        first, chunks = lane_scripts(client).call("read_page", lane, place, PAGE)
        if not chunks:
            return
        yield [Placed(first + i, sealed) for i, sealed in enumerate(chunks)]
        place = first + len(chunks)


def erase(client: redis.Redis, lane: str, edits: Sequence[Edit], now_ms: int | None = None) -> Erased:
    """Carry out these edits of one page; works at maxmemory. Raises RedisAway, which leaves open how many were."""
    scripts, total = lane_scripts(client), Erased()
    for some in _cut(edits):
        described = [{"place": edit.was.place, "sha1": _sha1(edit.was.sealed)} for edit in some]
        chunks = [edit.without or b"" for edit in some]
        done = Erased(*scripts.call("erase", pack({"lane": lane, "edits": described}), *chunks, now_ms=now_ms))
        total = Erased(*(so_far + more for so_far, more in zip(total, done, strict=True)))
    return total


def _cut(edits: Sequence[Edit]) -> Iterator[list[Edit]]:
    """Edits in scripts of a bearable size, in the lane's order: what goes leaves the places after it as they are."""
    some: list[Edit] = []
    size = 0
    for edit in edits:
        length = len(edit.without or b"")
        if some and size + length > LARGEST_SCRIPT:
            yield some
            some, size = [], 0
        some.append(edit)
        size += length
    if some:
        yield some


def _sha1(chunk: bytes) -> str:
    """What the script compares: it is told what was read without being sent it."""
    return hashlib.sha1(chunk, usedforsecurity=False).hexdigest()
