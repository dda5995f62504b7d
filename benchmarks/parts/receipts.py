"""Measure receipts: their memory in Redis, and how long a trace takes among three million of them."""

import random
import secrets
import struct
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import redis

from benchmarks.report.figures import figure
from benchmarks.report.result import Result
from benchmarks.support.bed import CONNECTION, Bed
from config.settings import Settings
from delivery.receipt import AlikeItems, ReceiptColumns, ReceiptFields, digester
from lanes.ledger import read_ledger
from lanes.receipts.blocks import merge_receipts, receipts_kept
from operations.dead_letters.store import DeadLetterStore
from operations.receipts.trace import trace
from store.client import connect

BUDGET: Final = 64 << 20
RECEIPTS: Final = 3_000_000
A_REQUEST: Final = 100
EVENTS: Final = ("ViewContent", "AddToCart", "InitiateCheckout", "AddPaymentInfo", "PlaceAnOrder")
NOTES: Final = ((), (), (), (("user_identities.mobile_number", "omitted: no country"),))
MANY: Final = 1_000
_NOW_MS: Final = 1_795_000_000_000
_digest_of: Final = digester(b"")


def run(quick: bool) -> list[Result]:
    """Fill Redis with receipts whose ids are random, so that they compress as little as digests; then trace some."""
    receipts = RECEIPTS // (30 if quick else 1)
    with Bed() as bed, connect(bed.redis_url) as client:
        _fill(client, receipts)
        kept, used = receipts_kept(client), _used(client)
        settings = Settings(config=bed.directory / "relay.yaml", redis_url=bed.redis_url)  # type: ignore[arg-type]
        store = DeadLetterStore(settings, client)
        single = [_traced_ms(store, [f"order-{number}"]) for number in range(0, 1_000, 50)]
        many = [_traced_ms(store, [f"order-{number}" for number in range(MANY)]) for _ in range(3)]
    among = f"among {kept.receipts:,}"
    return [
        figure("receipts", "memory as Redis says", "bytes/receipt", [used / kept.receipts], better="less", target=22.0),
        figure("receipts", "memory as counted", "bytes/receipt", [kept.bytes / kept.receipts], better="less"),
        figure("receipts", "trace one event", "ms", single, better="less", target=300.0, note=among),
        figure("receipts", f"trace {MANY:,} events", "ms", many, better="less", target=5_000.0, note=among),
    ]


def _fill(client: redis.Redis, receipts: int) -> None:
    """Store pieces of one request each; a thousand of all events have ids that are known."""
    known = dict(zip(random.Random(7).sample(range(receipts), MANY), range(MANY), strict=True))
    for start in range(0, receipts, A_REQUEST * 400):
        pieces = [_piece(first, known) for first in range(start, start + A_REQUEST * 400, A_REQUEST)]
        client.rpush("receipts:pieces", *pieces)
        size = sum(map(len, pieces)) + 32 * len(pieces)
        for name, value in (("receipts", A_REQUEST * len(pieces)), ("bytes", size), ("pieces", size)):
            client.hincrby("receipts:kept", name, value)
        while merge_receipts(client, BUDGET):
            pass


def _piece(first: int, known: dict[int, int]) -> bytes:
    ids = iter(range(first, first + A_REQUEST))
    groups = list(_alike(ids, known, time.strftime("%Y%m%d%H%M%S") + secrets.token_hex(10).upper()))
    return struct.pack(">QI", _NOW_MS + first, A_REQUEST) + ReceiptColumns(groups).encode(_digest)


def _alike(ids: Iterator[int], known: dict[int, int], request_id: str) -> Iterator[AlikeItems]:
    """Yield the events of users who have five each, with match keys, notes and a time of receipt of their own."""
    for _ in range(A_REQUEST // len(EVENTS)):
        received = _NOW_MS + random.randrange(1_000_000)
        keys, notes = random.choice((3, 7, 131, 391, 390)), random.choice(NOTES)
        for event in EVENTS:
            about = (CONNECTION, "web", "delivered", event, None, received, 1, False, 0, request_id, keys, notes)
            number = known.get(next(ids))
            yield ReceiptFields(*about, job="a-job"), [None if number is None else f"order-{number}"]


def _digest(event_ids: Iterable[str | None]) -> list[bytes]:
    return [secrets.token_bytes(8) if event_id is None else _digest_of([event_id])[0] for event_id in event_ids]


def _used(client: redis.Redis) -> int:
    return sum(client.memory_usage(key, samples=0) or 0 for key in client.scan_iter("receipts*"))


def _traced_ms(store: DeadLetterStore, event_ids: Sequence[str]) -> float:
    began = time.perf_counter()
    found = trace(store, read_ledger(store.client, [CONNECTION], []), event_ids)
    took = (time.perf_counter() - began) * 1000
    if found.unknown:
        raise AssertionError(f"{len(found.unknown)} receipts were not found")
    return took
