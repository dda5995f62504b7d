"""Discard the backlog of a connection that was removed from the configuration."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import redis

from lanes.erasure import PAGE_BYTES, sha1_of
from lanes.names import LANES_PER_CONNECTION, lane_name
from lanes.scripts import lane_scripts
from lanes.settlement import NO_RECEIPTS, Receipts
from store.scripts import pack

PAGE: Final = 200


class Discarded(NamedTuple):
    """Events discarded by one call, and the number of lanes that were left alone because a worker holds them."""

    events: int
    leased: int


def discard_page(
    client: redis.Redis,
    connection: str,
    chunks: int = PAGE,
    now_ms: int | None = None,
    receipts_of: Callable[[Sequence[bytes]], Receipts] = lambda _: NO_RECEIPTS,
) -> Discarded:
    """Discard at most `chunks` chunks; repeat until nothing is discarded. Raise RedisAway.

    `receipts_of` makes the receipts of the events in some chunks.
    """
    scripts, events, leased, room = lane_scripts(client), 0, 0, chunks
    for number in range(LANES_PER_CONNECTION):
        lane, changed = lane_name(connection, number), 1
        while changed:
            _, page = scripts.call("read_page", lane, 0, max(1, room), PAGE_BYTES)
            page = page[:room]
            receipts = receipts_of(page)
            ask = {"lane": lane, "sha1s": [sha1_of(chunk) for chunk in page], "receipts": receipts.described()}
            discarded, held, changed = scripts.call("discard_backlog", pack(ask), receipts.content, now_ms=now_ms)
        events, leased = events + discarded, leased + held
        room -= len(page) if discarded else 0
    return Discarded(events, leased)
