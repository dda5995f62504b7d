"""Find events that wait, by their ids: every chunk of the backlog is read, for no index could be smaller."""

from collections.abc import Collection, Iterator, Sequence

import redis

from delivery.receipt import ReceiptFields
from lanes.chunk import Chunk, ChunkCodec
from lanes.erasure import pages
from lanes.errors import ChunkUnreadable
from lanes.ledger import LaneReading
from lanes.names import connection_of
from mapping.items import event_of
from operations.receipts.ended import event_id_of
from operations.receipts.item import Place, TraceItem


def find_waiting(
    client: redis.Redis, codec: ChunkCodec, lanes: Sequence[LaneReading], event_ids: Collection[str]
) -> Iterator[TraceItem]:
    """Yield the items that wait in these lanes; events that cannot be decrypted are omitted. Raise RedisAway."""
    for lane in lanes:
        before = 0
        for page in pages(client, lane.name):
            for placed in page:
                try:
                    chunk = codec.decode(placed.chunk)
                except ChunkUnreadable:
                    continue
                yield from _in_chunk(chunk, lane, before, event_ids)
                before += chunk.weight


def _in_chunk(chunk: Chunk, lane: LaneReading, before: int, event_ids: Collection[str]) -> Iterator[TraceItem]:
    for batch in chunk.batches:
        for entry in batch.entries:
            event_id = event_id_of(entry)
            if event_id is not None and event_id in event_ids:
                for event in [None] if entry.items is None else map(event_of, entry.items):
                    about = (connection_of(lane.name), chunk.input, "waiting", event, None, chunk.received_ms)
                    facts = ReceiptFields(*about, attempts=lane.attempts, repeated=chunk.first_unknown_ms > 0)
                    yield TraceItem(event_id, facts, None, Place(lane.name, before))
            before += entry.weight
