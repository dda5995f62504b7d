"""Composing a request: its cost does not depend on how the events are divided into chunks."""

from collections import Counter

import pytest

from config.model import Connection, Input
from lanes.chunk import Batch, Chunk, Entry
from lanes.settlement import BatchSizing, Lease
from mapping.plan import compile_plan
from worker.steps.compose import MOST_UNPACKED_BYTES, Composer, Draft

CHUNKS = 300
weighings: Counter[bytes] = Counter()


class Weighed(Chunk, frozen=True):
    """A chunk that counts how often its weight is read."""

    @property
    def weight(self) -> int:
        weighings[self.batches[0].shared] += 1
        return sum(entry.weight for batch in self.batches for entry in batch.entries)


def open_chunk(sealed: bytes) -> Chunk:
    raw = b'{"event_type": "commerce_event", "data": {"product_action": {"action": "purchase"}}}'
    return Weighed("app", 1_700_000_000_000, [Batch(b'{"mpid": %b}' % sealed, [Entry(0, "generated", raw)])])


def test_each_of_many_small_chunks_is_counted_once():
    """With 300 single events, counting all chunks again for each took longer than mapping them."""
    shop = Connection(id="shop", inputs=("app",), access_token="t", event_source_id="7312345678901234567")
    plan = compile_plan(shop, Input("app", "ios", "key", "secret"))
    chunks = [str(number).encode() for number in range(CHUNKS)]
    lease = Lease("shop:0", "token", 0, 1_700_000_000_000, BatchSizing(limit=1000), 0, False, 0, 0, chunks)
    draft = Composer(open_chunk, lambda _: plan).compose(lease)
    assert isinstance(draft, Draft)
    assert len(draft.items) == CHUNKS
    assert set(weighings.values()) == {1}


@pytest.mark.parametrize("recalls", [False, True])
def test_the_json_decoded_for_a_request_is_bounded(recalls):
    """Large batches may compress to little: few chunks are decoded at once, with IP enrichment too."""
    opened: list[int] = []
    large = b'{"user_attributes": {"text": "%b"}}' % (b"x" * (1 << 20))

    def open_large(sealed: bytes) -> Chunk:
        opened.append(1)
        return Chunk("app", 1_700_000_000_000, [Batch(large, [Entry(0, "generated", b'{"event_type": "other"}')])])

    def recall(chunks):
        return [[None] * len(chunk.batches) for chunk, _ in chunks]

    shop = Connection(id="shop", inputs=("app",), access_token="t", event_source_id="7312345678901234567")
    plan = compile_plan(shop, Input("app", "ios", "key", "secret"))
    chunks = [b""] * CHUNKS
    lease = Lease("shop:0", "token", 0, 1_700_000_000_000, BatchSizing(limit=1000), 0, False, 0, 0, chunks)
    draft = Composer(open_large, lambda _: plan, recall if recalls else None).compose(lease)
    assert isinstance(draft, Draft)
    assert 1 <= len(draft.chunks) <= MOST_UNPACKED_BYTES >> 20
    assert len(opened) <= len(draft.chunks) + 1
