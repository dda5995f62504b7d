"""Damaged dead letters beside good ones, written directly into the store."""

from typing import Any

import msgspec
from support.bench import Bench
from support.events import as_json, batch, purchase

from delivery.dead_letter import DeadLetter
from lanes.chunk import Batch, Chunk, Entry
from mapping.incoming.invalid_batch import NO_BATCH

SHARED = as_json({name: value for name, value in batch().items() if name != "events"})
EVENT = as_json(purchase(1, custom_flags={"TikTok.URL": "www.shop.com/x"}))
DEEP = b"[" * 400 + b"]" * 400
DEEPER = b"[" * 5_000 + b"]" * 5_000

# The dead letter's part of its batch, and its event.
SOURCES: dict[str, tuple[bytes, bytes]] = {
    "good": (SHARED, EVENT),
    "a number too large in the batch": (SHARED[:-1] + b',"mpid":1e400}', EVENT),
    "a number too large in the event": (SHARED, EVENT.replace(b'"price": 10', b'"price": 1e400')),
    "a whole number too large": (SHARED[:-1] + b',"mpid":' + b"9" * 5_000 + b"}", EVENT.replace(b"10", b"9" * 400)),
    "nested deeply": (SHARED[:-1] + b',"x":' + DEEP + b"}", EVENT[:-1] + b',"x":' + DEEP + b"}"),
    "nested too deeply": (SHARED[:-1] + b',"x":' + DEEPER + b"}", EVENT[:-1] + b',"x":' + DEEPER + b"}"),
    "half a surrogate pair": (SHARED, EVENT.replace(b"Shoe", rb"\ud83d")),
    "no object": (b"[]", b"7"),
    "no JSON": (b"{", b'{"x'),
    "no UTF-8": (SHARED.replace(b"shop", b"\xff"), EVENT.replace(b"Shoe", b"\xff")),
    "no batch": (NO_BATCH, b'{"events":{}}'),
    "no batch and no JSON": (NO_BATCH, b'{"events"'),
}


def good(number: int, source: bytes, **fields: Any) -> DeadLetter:
    """Return a dead letter like those that a worker writes."""
    given: dict[str, Any] = {
        "id": f"{1_795_000_000_000 + number:012x}{number:010x}",
        "connection": "shop",
        "input": "web",
    }
    given |= {"at_ms": 1_795_000_000_000 + number, "stage": "mapping", "reason": "invalid_url", "source": source}
    return DeadLetter(**{**given, "field": "TikTok.URL", "message": "m", "event_id": f"e{number}", **fields})


def stored_dead_letters(bench: Bench) -> dict[str, tuple[str, bytes]]:
    """Return damage → (id, stored bytes); a good one is first and last."""
    encode = bench.runtime.codec.encode
    encoded = {
        what: encode(Chunk("web", 1_795_000_000_000, [Batch(shared, [Entry(0, "m", event)])]))
        for what, (shared, event) in SOURCES.items()
    }
    fine = encoded["good"]
    odd: dict[str, DeadLetter | bytes] = {
        **{what: good(number, source) for number, (what, source) in enumerate(encoded.items())},
        "no source": good(30, b""),
        "a source cut short": good(31, fine[:9]),
        "a source cut to its header": good(32, fine[:23]),
        "a source without a batch": good(33, encode(Chunk("web", 1, []))),
        "a source without an event": good(34, encode(Chunk("web", 1, [Batch(SHARED, [])]))),
        "a time that is none": good(
            35, encode(Chunk("web", 2**63, [Batch(SHARED, [Entry(0, "m", EVENT)])])), at_ms=2**62
        ),
        "a time before all": good(36, fine, at_ms=-(2**62)),
        "an input in no alphabet": good(37, fine.replace(b"web", b"\xff\xfe\xfd", 1)),
        "a version to come": good(38, b"\x07" + fine[1:]),
        "no msgpack": b"\xc1garbage",
        "cut short": good(39, fine).encode()[:-40],
        "another shape": msgspec.msgpack.encode({"id": 7, "connection": "shop"}),
        "nothing": b"",
        "good again": good(99, fine),
    }
    found: dict[str, tuple[str, bytes]] = {}
    for number, (what, dead_letter) in enumerate(odd.items()):
        if isinstance(dead_letter, DeadLetter):
            found[what] = (dead_letter.id, dead_letter.encode())
        else:
            found[what] = (f"{1_795_000_000_000 + number:012x}{200 + number:010x}", dead_letter)
    return found


def put_dead_letters(bench: Bench) -> dict[str, str]:
    """Write all of them into the store; return their ids by damage."""
    dead_letters = stored_dead_letters(bench)
    for dead_letter_id, stored in dead_letters.values():
        bench.redis.hset("dead_letters:shop", dead_letter_id, stored)
        bench.redis.hset("dead_letters:shop:labels", dead_letter_id, "invalid_url")
    bench.redis.hset("dead_letters:shop:counts", "invalid_url", len(dead_letters))
    bench.redis.hset("ledger:shop", mapping={"accepted": len(dead_letters), "dead_lettered": len(dead_letters)})
    bench.redis.sadd("lanes:connections", "shop")
    return {what: dead_letter_id for what, (dead_letter_id, _) in dead_letters.items()}
