"""Pause and resume a connection; discard the backlog of one that was removed from the configuration."""

from collections.abc import Sequence

import redis

from lanes.backlog import Discarded, discard_page
from lanes.chunk import ChunkCodec
from lanes.lanes import Lanes
from lanes.settlement import RECHECK_MS, Receipts
from operations.receipts.ended import receipts_of_chunks
from operations.receipts.writer import ReceiptWriter


def pause(client: redis.Redis, connection_id: str) -> str:
    """Stop delivering until an operator resumes it; return the command that does. Raise RedisAway."""
    command = f"relay connections resume {connection_id}"
    Lanes(client).pause(connection_id, "paused", RECHECK_MS, {"by": "operator", "what": command})
    return command


def resume(client: redis.Redis, connection_id: str) -> None:
    """Deliver again at once. Raise RedisAway."""
    Lanes(client).resume(connection_id)


def discard_backlog(client: redis.Redis, connection_id: str, codec: ChunkCodec, writer: ReceiptWriter) -> Discarded:
    """Discard the backlog, page by page; what a worker holds at this moment stays. Raise RedisAway."""

    def receipts_of(chunks: Sequence[bytes]) -> Receipts:
        return receipts_of_chunks(chunks, codec, connection_id, writer)

    total = 0
    while (page := discard_page(client, connection_id, receipts_of=receipts_of)).events:
        total += page.events
    return Discarded(total, page.leased)
