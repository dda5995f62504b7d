"""One receipt for each item that ended, as true as the ledger, and found by the event's id alone."""

import base64
from collections import Counter
from typing import Any

import pytest
from pydantic import SecretStr
from support.bench import Bench
from support.events import batch, purchase

from config.settings import Settings
from delivery.receipt import ReceiptColumns, ReceiptFields, decode_alike, decode_receipt, digester
from lanes.chunk import ChunkCodec
from lanes.ledger import read_ledger
from lanes.receipts.blocks import receipts_kept
from mapping.match_keys import MATCH_KEYS
from mapping.people.identities import Identity
from operations.connections import discard_backlog
from operations.dead_letters.replay import Result, replay_page
from operations.dead_letters.store import DeadLetterStore
from operations.erasure import Eraser
from operations.hourly_counts import Kind, read_history
from operations.match_keys import match_key_days
from operations.receipts.ended import remove_dead_letters
from operations.receipts.item import TraceItem
from operations.receipts.trace import trace
from operations.receipts.writer import ReceiptWriter
from store.clocks import now_ms
from store.records.profiles import ProfileCodec, ProfileStore
from worker.receipts import ReceiptMerger

BAD_URL = {"TikTok.URL": "www.no-scheme.example"}
KEYS = [base64.urlsafe_b64encode(bytes([number] * 32)).decode() for number in (1, 2)]


def store_of(bench: Bench, **settings: Any) -> DeadLetterStore:
    """Return the dead letters as a command opens them."""
    return DeadLetterStore(Settings(config=bench.path, redis_url=bench.url, **settings), bench.redis)  # type: ignore[arg-type]


def traced(bench: Bench, *event_ids: str) -> list[TraceItem]:
    """Return what a trace finds of these events."""
    reading = read_ledger(bench.redis, ["shop"], [])
    found = trace(store_of(bench), reading, event_ids)
    return [item for items in found.items.values() for item in items]


def outcomes(bench: Bench, *event_ids: str) -> list[tuple[str, str, str | None]]:
    """Return the event id, the outcome and the reason of each item."""
    return [(item.event_id, item.facts.outcome, item.facts.reason) for item in traced(bench, *event_ids)]


def receipts_counted(bench: Bench) -> int:
    """Return how many receipts the ledger asks for: one for each end, and for each dead letter that left the store."""
    ends = ("delivered", "dead_lettered", "withheld", "erased", "discarded", "replayed")
    return sum(bench.count(*ends, "dead_letters_discarded", "dead_letters_erased"))


def test_a_delivered_event_has_everything_that_tiktok_said(bench: Bench) -> None:
    """And the match keys that it carried, the notes on it, and the job."""
    bench.configure("enable_web_migration: true")
    bench.put([purchase(1), purchase(2)], shared={**batch(user=1), "user_identities": {"email": "no email"}})
    bench.drain()
    [item] = traced(bench, "e1")
    answer = next(event for event in bench.sandbox.events() if event["event_id"] == "e1")
    shown = item.as_object()
    assert shown["tiktok_request_id"] == answer["request_id"]
    assert (shown["connection"], shown["input"], shown["tiktok_event"]) == ("shop", "web", "PlaceAnOrder")
    assert (shown["outcome"], shown["reason"], shown["tiktok_code"], shown["attempts"]) == ("delivered", None, 0, 1)
    assert shown["match_keys"] == ["ip", "user_agent"]
    assert shown["notes"] == ["user_identities.email: omitted: not one email address"]
    assert shown["received_at"] < shown["ended_at"]
    assert item.facts.job == "job-1"
    assert not item.facts.repeated
    assert set(shown) == {
        *("event_id", "connection", "input", "tiktok_event", "outcome", "reason", "received_at", "ended_at"),
        *("tiktok_code", "tiktok_request_id", "attempts", "match_keys", "notes"),
    }


def test_every_end_has_a_receipt(bench: Bench) -> None:
    """Delivered, refused by mapping and by TikTok, withheld; the unsupported are only counted."""
    bench.configure("enable_web_migration: true")
    development = {**batch(), "environment": "development"}
    unwanted = {"event_type": "custom_event", "data": {"source_message_id": "e9", "event_name": "x"}}
    bench.sandbox.faults({"mode": "refuse_event", "event_id": "e3"})
    bench.put([purchase(1), purchase(2, custom_flags=BAD_URL), purchase(3), unwanted])
    bench.put([purchase(4)], shared=development)
    for _ in range(3):
        bench.drain()
    assert outcomes(bench, "e1", "e2", "e3", "e4", "e9") == [
        ("e1", "delivered", None),
        ("e2", "dead_lettered", "invalid_url"),
        ("e3", "dead_lettered", "rejected_by_tiktok"),
        ("e4", "withheld", "environment"),
    ]
    assert receipts_kept(bench.redis).receipts == receipts_counted(bench) == 4


def test_a_retry_says_how_often(bench: Bench) -> None:
    """Whether TikTok may have it twice as well."""
    bench.configure()
    bench.put([purchase(1)])
    bench.sandbox.faults({"mode": "take_then_503", "count": 1})
    bench.drain()
    assert outcomes(bench, "e1") == [("e1", "waiting", None)]
    bench.sandbox.clear_faults()
    bench.drain()
    [item] = traced(bench, "e1")
    assert (item.facts.outcome, item.facts.attempts, item.facts.repeated) == ("delivered", 2, True)


def test_a_waiting_event_says_where_it_stands(bench: Bench) -> None:
    """The lane, and how many events are before it."""
    bench.configure()
    bench.put([purchase(1), purchase(2)], [purchase(3), purchase(4)])
    [item] = traced(bench, "e4")
    assert item.place == ("shop:0", 3)
    assert item.as_object()["outcome"] == "waiting"
    assert item.as_object()["ended_at"] is None


def test_operators_leave_receipts(bench: Bench) -> None:
    """A dead letter that is replayed and delivered, discarded or erased; a backlog that is discarded or erased."""
    bench.configure("enable_web_migration: true")
    bench.put([purchase(number, custom_flags=BAD_URL) for number in (1, 2, 3)])
    bench.drain()
    dead_letters = {dead_letter.event_id: dead_letter.id for dead_letter in bench.dead_letters()}
    store = store_of(bench)
    assert remove_dead_letters(bench.redis, "shop", [dead_letters["e2"], "gone"], store.receipts) == [
        dead_letters["e2"]
    ]
    replayed = Result()
    replay_page(store, "shop", [dead_letters["e1"]], (), replayed)
    assert replayed.done == [dead_letters["e1"]]
    bench.configure("enable_web_migration: true", "page_url_fallback: true")
    bench.drain_all()
    bench.put([purchase(4), purchase(5)], shared=batch(user=4))
    bench.put([purchase(6)], shared=batch(user=6))
    Eraser(store, bench.runtime.file.current, [Identity("email", "user4@shop.example")]).erase(
        ProfileStore(bench.redis, ProfileCodec(None))
    )
    discard_backlog(bench.redis, "shop", ChunkCodec(), store.receipts)
    assert outcomes(bench, "e1", "e2", "e3", "e4", "e5", "e6") == [
        ("e1", "dead_lettered", "invalid_url"),
        ("e1", "replayed", "dead_letter"),
        ("e1", "dead_lettered", "invalid_url"),
        ("e2", "dead_lettered", "invalid_url"),
        ("e2", "discarded", "dead_letter"),
        ("e3", "dead_lettered", "invalid_url"),
        ("e4", "erased", "backlog"),
        ("e5", "erased", "backlog"),
        ("e6", "discarded", "backlog"),
    ]
    assert receipts_kept(bench.redis).receipts == receipts_counted(bench)


def test_a_dead_letter_older_than_receipts_is_found(bench: Bench) -> None:
    """Whatever was trimmed, or was dead-lettered before there were receipts."""
    bench.configure("enable_web_migration: true")
    bench.put([purchase(1, custom_flags=BAD_URL)])
    bench.drain()
    bench.redis.delete("receipts:kept", "receipts:pieces")
    [item] = traced(bench, "e1")
    assert (item.facts.outcome, item.facts.reason) == ("dead_lettered", "invalid_url")
    assert item.dead_letter is not None
    assert item.as_object()["received_at"] is not None


def test_no_receipt_names_a_person_or_an_event(bench: Bench) -> None:
    """Of an event's id there is a keyed digest only."""
    bench.configure("enable_web_migration: true")
    bench.put([purchase(1, source_message_id="order-of-jane")], shared=batch(user=77))
    bench.drain()
    held = b"".join(bench.redis.lrange("receipts:pieces", 0, -1))
    assert b"PlaceAnOrder" in held
    for private in (b"order-of-jane", b"user77", b"c-77", b"203.0.113"):
        assert private not in held


def test_an_event_is_found_after_the_key_was_replaced(bench: Bench) -> None:
    """Digests of every key of the ring are searched."""
    bench.configure("enable_web_migration: true")
    old, new = (store_of(bench, encryption_key=SecretStr(keys)) for keys in (KEYS[0], ",".join(reversed(KEYS))))
    bench.runtime.receipts = old.receipts
    bench.put([purchase(1)])
    bench.drain()
    reading = read_ledger(bench.redis, ["shop"], [])
    assert trace(new, reading, ["e1"]).unknown == []
    assert outcomes(bench, "e1") == [], "without the key it is not found"


def test_without_memory_no_receipts_are_kept(bench: Bench) -> None:
    """Those of before go, and a trace says that there are none."""
    bench.configure("enable_web_migration: true")
    bench.put([purchase(1)])
    bench.drain()
    bench.runtime.receipts = ReceiptWriter(b"", 0)
    ReceiptMerger(bench.url).step(bench.runtime)
    bench.put([purchase(2)])
    bench.drain()
    assert receipts_kept(bench.redis) == (0, 0, None)
    found = trace(store_of(bench), read_ledger(bench.redis, ["shop"], []), ["e1", "e2"])
    assert (found.unknown, found.since_ms) == (["e1", "e2"], None)


def test_match_keys_are_counted_by_day_and_tiktok_event(bench: Bench) -> None:
    """How many events carried each, how many lost one and why, and how many came without."""
    bench.configure("enable_web_migration: true")
    bench.put([purchase(1), purchase(2)], shared=batch(user=1))
    bench.put([purchase(3)], shared={**batch(user=2), "user_identities": {"mobile_number": "555 CALL"}})
    bench.put([purchase(4, custom_flags=BAD_URL)], shared=batch(user=3))
    for _ in range(3):
        bench.drain()
    [day] = match_key_days(bench.redis, ["shop"], 1, now_ms(bench.redis))
    counts = day.events["PlaceAnOrder"]
    assert counts.events == 3
    assert counts.sent == Counter({"email": 2, "external_id": 2, "ip": 3, "user_agent": 3})
    [(why, number)] = counts.why_lost("phone")
    assert (number, "international form" in why) == (1, True)
    assert (counts.absent("phone"), counts.absent("email"), counts.absent("ip")) == (2, 1, 0)


def test_match_keys_omissions_and_dead_letters_are_counted_by_hour(bench: Bench) -> None:
    """By the hour of receipt, for each TikTok event: what came, with which match keys, and what went wrong."""
    bench.configure("enable_web_migration: true")
    bench.put([purchase(1), purchase(2)], shared={**batch(user=1), "user_identities": {"mobile_number": "555 CALL"}})
    bench.put([purchase(3)], shared=batch(user=2), days_ago=2)
    bench.put([purchase(4, custom_flags=BAD_URL)], shared=batch(user=3), days_ago=2)
    bench.put([purchase(5)], shared=batch(user=4), days_ago=40)
    for _ in range(4):
        bench.drain()
    history = read_history(bench.redis, "shop", now_ms(bench.redis))
    [before, today] = (history[hour] for hour in sorted(history))
    place = {key.code: number for number, key in enumerate(MATCH_KEYS)}
    ordered, earlier = today["PlaceAnOrder"], before["PlaceAnOrder"]
    assert (ordered.sent, ordered.came) == (2, 2)
    assert [ordered.with_key(place[code]) for code in ("ip", "email", "phone")] == [2, 0, 0]
    assert [(kind.key, number) for kind, number in ordered.kinds.items()] == [("phone", 2)]
    assert (earlier.sent, earlier.came, earlier.with_key(place["email"])) == (1, 2, 1)
    assert earlier.kinds == {Kind("", "invalid_url"): 1}


@pytest.mark.parametrize("groups", [1, 2, 300])
def test_what_is_written_is_read_again(groups: int) -> None:
    """Columns with one value, few and many."""
    digest = digester(b"secret")
    written = [
        (
            ReceiptFields("shop", "web", "delivered", f"E{n}", None, n, notes=(("a", f"note {n}"),), match_keys=n),
            [f"e{n}", None],
        )
        for n in range(groups)
    ]
    content = ReceiptColumns(written).encode(digest)
    body = content[16 * groups :]
    assert [decode_receipt(body, place) for place in range(2 * groups)] == [facts for facts, _ in written for _ in "ab"]
    assert [facts for number, facts in decode_alike(body) for _ in range(number)] == [
        facts for facts, _ in written for _ in "ab"
    ]
    assert content[: 16 * groups] == b"".join(digest([event_id for _, ids in written for event_id in ids]))
    assert digest(["e0"]) != digester(b"other")(["e0"])


def test_a_place_beyond_the_receipts_of_a_piece_is_an_error() -> None:
    """The piece is damaged, or of another format."""
    body = ReceiptColumns([(ReceiptFields("shop", "web", "delivered"), ["e1", "e2"])]).encode(digester(b""))[16:]
    with pytest.raises(IndexError):
        decode_receipt(body, 2)
