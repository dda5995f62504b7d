"""A job from claim to settlement, against a strict TikTok: what is delivered, dead-lettered, kept and reported."""

import time
from typing import Any

import pytest
from support.bench import Bench
from support.events import batch, purchase

from lanes.chunk import Chunk, Entry
from mapping.items import event_of

MIGRATED = "enable_web_migration: true"
TWO_ITEMS = (
    MIGRATED,
    "custom_mappings:",
    "  - {tiktok_event: CompletePayment, match: {event_type: commerce_event, action: purchase},",
    "     parameters: {value: {field: total_amount}, currency: {field: currency_code}}}",
    "  - {tiktok_event: Subscribe, match: {event_type: commerce_event, action: purchase}}",
)
BAD_URL = {"TikTok.URL": "www.shop.com/x"}
BAD_TTCLID = {"TikTok.URL": "https://shop.example/", "TikTok.Callback": "abc"}


def test_a_purchase_arrives_in_tiktoks_form(bench: Bench) -> None:
    """Source, id, seconds, hashes, page and contents."""
    bench.put([purchase(1)], shared=batch(user=7))
    assert bench.drain().failure("job") is None
    (taken,) = bench.sandbox.events()
    assert taken["endpoint"].endswith("event/track/")
    assert (taken["event_source"], taken["event_source_id"]) == ("web", "CUSG5HBC77UD11VVRQEG")
    event = taken["body"]
    assert (event["event"], event["event_id"], event["event_time"]) == ("PlaceAnOrder", "e1", 1_795_000_000)
    assert event["page"] == {"url": "https://shop.example/thanks"}
    assert event["properties"]["contents"][0]["content_id"] == "sku-1"
    assert len(event["user"]["email"][0]) == 64
    assert bench.count("accepted", "delivered", "waiting") == (1, 1, 0)


def test_the_same_purchase_is_sent_to_the_legacy_api_without_migration(bench: Bench) -> None:
    """R1: `pixel/batch/`, with the pixel's code and TikTok's older form."""
    bench.configure("enable_web_migration: false")
    bench.put([purchase(1)])
    bench.drain()
    (taken,) = bench.sandbox.events()
    assert taken["endpoint"].endswith("pixel/batch/")
    assert taken["pixel_code"] == "CUSG5HBC77UD11VVRQEG"
    assert taken["body"]["timestamp"].endswith("Z")


def test_bad_events_are_dead_lettered_and_the_rest_of_their_batch_is_delivered(bench: Bench) -> None:
    """A URL without its scheme, an invalid ttclid, an event that is no object."""
    bench.put([purchase(1), purchase(2, custom_flags=BAD_URL), purchase(3, custom_flags=BAD_TTCLID), 7])
    report = bench.drain()
    assert report.failure("job-1") == (
        "shop: 3 of 4 events dead-lettered: invalid_url ×1, invalid_ttclid ×1, invalid_value ×1 "
        "(relay dead-letters list --job job-1)"
    )
    assert bench.count("delivered", "dead_lettered", "waiting") == (1, 3, 0)
    dead_letters = bench.dead_letters()
    assert [(dead_letter.event_id, dead_letter.reason, dead_letter.field) for dead_letter in dead_letters] == [
        ("e2", "invalid_url", "TikTok.URL"),
        ("e3", "invalid_ttclid", "TikTok.Callback"),
        ("generated-3", "invalid_value", None),
    ]
    assert {
        (dead_letter.stage, dead_letter.connection, dead_letter.input, dead_letter.job) for dead_letter in dead_letters
    } == {("mapping", "shop", "web", "job-1")}
    source: Chunk = bench.runtime.codec.decode(dead_letters[0].source)
    assert source.batches[0].entries[0].position == 1


@pytest.mark.parametrize("bad", [0, 333, 999])
def test_one_bad_event_in_a_thousand_is_alone_in_its_dead_letter(bench: Bench, bad: int) -> None:
    """The other 999 are delivered once each, in at most 25 requests."""
    bench.sandbox.fault("refuse_event", event_id=f"e{bad}")
    events = [purchase(number) for number in range(1000)]
    bench.put(*(events[start : start + 100] for start in range(0, 1000, 100)))
    reports = [bench.drain()]
    while bench.reading().waiting:  # a job ends after a time, and on a busy machine before it has found the event
        reports.append(bench.drain())
    assert [report for report in reports if report.failure("j") is not None]
    assert bench.count("delivered", "dead_lettered") == (999, 1)
    (dead_letter,) = bench.dead_letters()
    assert (dead_letter.event_id, dead_letter.stage, dead_letter.reason, dead_letter.tiktok_code) == (
        f"e{bad}",
        "delivery",
        "rejected_by_tiktok",
        40002,
    )
    assert dead_letter.tiktok_request_id
    summary = bench.sandbox.summary()
    assert (summary["distinct"], summary["duplicates"]) == (999, 0)
    assert summary["requests"] <= 25


def test_a_refused_token_pauses_and_the_corrected_file_resumes(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """No event is lost or dead-lettered; status says who must do what."""
    bench.put([purchase(1), purchase(2)])
    monkeypatch.setenv("TOKEN", "revoked")
    bench.configure(MIGRATED, "content_type: product_group")
    assert bench.drain().failure("j") == "shop: paused: token refused (40105); 2 events kept"
    group = bench.reading()
    assert (group.waiting, group.dead_letters, group.status["state"]) == (2, 0, "paused")
    assert "access_token" in group.status["what"]
    bench.drain(now=False)
    assert bench.sandbox.summary()["requests"] == 1
    bench.drain()
    assert bench.reading().status["probes"] == "2"
    monkeypatch.setenv("TOKEN", "good")
    bench.configure(MIGRATED)
    bench.drain()
    assert bench.count("delivered", "waiting") == (2, 0)
    assert "state" not in bench.reading().status


@pytest.mark.parametrize(
    ("fault", "trouble", "unknown"),
    [
        ({"mode": "http_503"}, "TikTok 503", True),
        ({"mode": "error_50000"}, "TikTok 50000", True),
        ({"mode": "reset"}, "no answer from TikTok (reset)", True),
        ({"mode": "garbage"}, "TikTok 200", True),
        ({"mode": "throttle_40100"}, "TikTok 40100", False),
        ({"mode": "http_429", "retry_after": 7}, "TikTok 429", False),
    ],
    ids=["503", "50000", "reset", "garbage", "40100", "429"],
)
def test_transient_errors_are_retried(bench: Bench, fault: dict[str, object], trouble: str, unknown: bool) -> None:
    """Events wait; the 47 hours begin only where TikTok may have accepted them."""
    bench.put([purchase(1), purchase(2)])
    bench.sandbox.fault(**fault)  # type: ignore[arg-type]
    failure = bench.drain().failure("j")
    assert failure is not None
    assert failure.startswith(f"shop: {trouble}")
    assert "attempt 1, 2 events waiting" in failure
    assert bench.count("delivered", "dead_lettered", "waiting") == (0, 0, 2)
    bench.sandbox.clear_faults()
    bench.drain()
    stamped = bench.redis.hexists("lane:shop:0:meta", "posted")
    while bench.reading().waiting:
        bench.drain()
    assert bench.count("delivered", "waiting") == (2, 0)
    assert not stamped
    assert unknown or not bench.redis.hexists("lane:shop:0:meta", "posted_at")


def test_an_unknown_outcome_stamps_what_was_sent(bench: Bench) -> None:
    """TikTok accepted the events before the connection broke; they are sent again with the same ids."""
    bench.put([purchase(1)])
    bench.sandbox.fault("take_then_reset", count=2)
    bench.drain()
    before = time.time() * 1000
    bench.drain()
    (sealed,) = bench.redis.lrange("lane:shop:0", 0, -1)
    assert 0 < bench.runtime.codec.decode(sealed).first_unknown_ms <= before
    bench.drain()
    assert bench.sandbox.events()[0]["count"] == 3
    assert bench.count("delivered", "waiting") == (1, 0)


def test_47_hours_after_an_unknown_outcome_no_event_is_sent_automatically(bench: Bench) -> None:
    """TikTok would count it twice. An event that was never sent does not expire."""
    old = int(time.time() * 1000) - 48 * 3_600_000
    bench.put([purchase(1)], stamp=old)
    bench.put([purchase(2)])
    bench.drain()
    assert bench.count("delivered", "dead_lettered") == (1, 1)
    assert [(dead_letter.event_id, dead_letter.reason) for dead_letter in bench.dead_letters()] == [("e1", "expired")]
    assert [event["event_id"] for event in bench.sandbox.events()] == ["e2"]


def test_an_event_on_which_tiktok_always_fails_is_dead_lettered_alone(bench: Bench) -> None:
    """Its neighbours are delivered first: the request shrinks with every failure."""
    bench.put([purchase(number) for number in range(4)])
    bench.sandbox.fault("http_503", event_id="e0")
    for _ in range(4):
        bench.drain()
    bench.redis.hset("connection:shop", "delivered_at", 2**45)
    for _ in range(12):
        bench.drain()
    assert bench.count("delivered", "dead_lettered", "waiting") == (3, 1, 0)
    (dead_letter,) = bench.dead_letters()
    assert (dead_letter.event_id, dead_letter.reason, dead_letter.attempts) == ("e0", "rejected_by_tiktok", 10)
    assert "503" in dead_letter.message


def test_items_of_one_event_end_independently(bench: Bench) -> None:
    """TikTok refuses one of two: the other is delivered, and a replay sends only the refused one."""
    bench.configure(*TWO_ITEMS)
    bench.put([purchase(1), purchase(2)])
    bench.sandbox.fault("code", code=40002, message="Batch.0.event: not allowed", count=2)
    for _ in range(6):
        bench.drain()
    assert bench.count("accepted", "extra", "delivered", "dead_lettered", "waiting") == (2, 2, 3, 1, 0)
    (dead_letter,) = bench.dead_letters()
    entry: Entry = bench.runtime.codec.decode(dead_letter.source).batches[0].entries[0]
    assert [event_of(key) for key in entry.items or ()] == [dead_letter.tiktok_event]
    assert [event_of(key) for key in entry.made or ()] == ["CompletePayment", "Subscribe"]
    assert bench.sandbox.summary()["distinct"] == 3


def test_one_item_may_be_done_while_the_other_waits(bench: Bench) -> None:
    """With one event a request, an event of two items is sent in two; the ledger counts each."""
    bench.configure(*TWO_ITEMS, "max_events_per_request: 1")
    bench.put([purchase(1)])
    bench.drain()
    while bench.reading().waiting:
        bench.drain()
    assert bench.count("accepted", "extra", "delivered", "waiting") == (1, 1, 2, 0)
    assert sorted(event["event"] for event in bench.sandbox.events()) == ["CompletePayment", "Subscribe"]


def test_a_request_is_as_full_as_its_limits_allow(bench: Bench) -> None:
    """A chunk larger than a request is split; no request has more events than the connection allows."""
    bench.configure(MIGRATED, "max_events_per_request: 30")
    bench.put([purchase(number) for number in range(100)])
    while bench.reading().waiting:
        bench.drain()
    assert bench.count("delivered", "dead_lettered") == (100, 0)
    summary = bench.sandbox.summary()
    assert (summary["requests"], summary["refused"]) == (4, {})


def test_a_request_stays_below_a_megabyte(bench: Bench) -> None:
    """However much is claimed at once."""
    events = [purchase(n, custom_flags={"TikTok.URL": "https://shop.example/" + "x" * 4_000}) for n in range(400)]
    bench.put(*(events[start : start + 50] for start in range(0, 400, 50)))
    while bench.reading().waiting:
        bench.drain()
    assert bench.count("delivered", "dead_lettered") == (400, 0)
    assert bench.sandbox.summary()["refused"] == {}


def test_after_a_day_without_tiktok_everything_is_delivered_without_a_burst(bench: Bench) -> None:
    """288 failed attempts, one every five minutes; then requests grow from one event, doubling."""
    bench.put(*([purchase(start + number) for number in range(500)] for start in range(0, 5000, 500)))
    bench.sandbox.fault("http_503")
    for _ in range(288):
        bench.drain()
    assert bench.count("delivered", "dead_lettered", "waiting") == (0, 0, 5000)
    assert bench.sandbox.summary()["requests"] == 288
    bench.sandbox.clear()
    bench.sandbox.clear_faults()
    while bench.reading().waiting:
        bench.drain()
    assert bench.count("delivered", "dead_lettered") == (5000, 0)
    sizes = [event["request_id"] for event in bench.sandbox.events()]
    assert [sizes.count(request) for request in dict.fromkeys(sizes)][:5] == [1, 2, 4, 8, 16]
    assert bench.sandbox.summary()["requests"] < 25


def test_the_circuit_breaker_pauses_a_connection_of_which_tiktok_accepts_nothing(bench: Bench) -> None:
    """A probe tries one event now and then, and an operator may end the pause."""
    bench.put([purchase(number) for number in range(120)])
    bench.sandbox.fault("code", code=40002, message="Invalid value for value: no")
    while "state" not in bench.reading().status:
        bench.drain()
    group = bench.reading()
    assert (group.status["state"], group.status["by"]) == ("paused", "circuit_breaker")
    assert (group.dead_letters, group.waiting) == (50, 70)
    for _ in range(5):
        bench.drain()
    assert bench.reading().dead_letters <= 55
    assert bench.reading().status["by"] == "circuit_breaker"
    bench.sandbox.clear_faults()
    bench.runtime.lanes.resume("shop")
    bench.drain()
    assert bench.reading().waiting == 0
    assert "state" not in bench.reading().status


def test_a_few_refused_among_many_delivered_do_not_pause_a_connection(bench: Bench) -> None:
    """Any delivery in between starts the count again."""
    bench.sandbox.fault("refuse_event", probability=0.3)
    bench.put([purchase(number) for number in range(300)])
    while bench.reading().waiting:
        bench.drain()
    assert "state" not in bench.reading().status
    assert bench.reading().dead_letters > 60


def test_a_name_in_tiktoks_message_saves_the_search(bench: Bench) -> None:
    """`Batch.17.…`: the event is refused alone, and the others are sent together."""
    bench.configure("enable_web_migration: false")
    bench.put([purchase(number) for number in range(50)])
    bench.sandbox.fault("refuse_event", event_id="e17")
    while bench.reading().waiting:
        bench.drain()
    assert bench.count("delivered", "dead_lettered") == (49, 1)
    assert bench.sandbox.summary()["requests"] == 4


def test_a_disabled_connection_keeps_its_events_until_it_is_enabled(bench: Bench) -> None:
    """Nothing is sent; nothing is lost."""
    bench.put([purchase(1)])
    bench.configure(MIGRATED, "enabled: false")
    bench.drain()
    assert bench.reading().status["state"] == "disabled"
    assert bench.sandbox.summary()["requests"] == 0
    bench.configure(MIGRATED)
    bench.drain()
    assert bench.count("delivered", "waiting") == (1, 0)


def test_a_removed_connection_keeps_its_events_until_it_is_put_back(bench: Bench) -> None:
    """A mistake in the file must not lose events."""
    bench.put([purchase(1)])
    whole = bench.path.read_text()
    bench.path.write_text(whole.replace("id: shop", "id: another"))
    bench.reload()
    bench.drain()
    assert bench.reading().status["state"] == "removed"
    assert (bench.sandbox.summary()["requests"], bench.reading().waiting) == (0, 1)
    bench.path.write_text(whole)
    bench.reload()
    bench.drain()
    assert bench.count("delivered", "waiting") == (1, 0)


def test_a_job_whose_lease_was_taken_over_posts_nothing(bench: Bench) -> None:
    """A job asks Redis before each POST; the worker that has the lane now sends the events."""
    bench.put([purchase(1)])
    lanes, claim = bench.runtime.lanes, bench.runtime.lanes.claim

    def claim_and_sleep_past_it(*args: Any, **kwargs: Any) -> Any:
        lease = claim(*args, **kwargs)
        bench.redis.hset("lane:shop:0:meta", "token", "another's")
        return lease

    lanes.claim = claim_and_sleep_past_it  # type: ignore[method-assign]
    bench.drain()
    assert bench.sandbox.summary()["requests"] == 0
    assert bench.reading().waiting == 1


def test_an_unreadable_chunk_stays_and_status_says_what_to_do(bench: Bench) -> None:
    """It is of a newer version, or its key is missing."""
    bench.put([purchase(1)])
    (sealed,) = bench.redis.lrange("lane:shop:0", 0, -1)
    bench.redis.lset("lane:shop:0", 0, b"\x09" + sealed[1:])
    failure = bench.drain().failure("j")
    assert failure is not None
    assert "upgrade this worker" in failure
    assert bench.reading().waiting == 1
    bench.redis.lset("lane:shop:0", 0, sealed)
    bench.drain()
    assert bench.count("delivered") == (1,)


def test_an_event_that_kills_the_process_five_times_alone_is_dead_lettered(bench: Bench) -> None:
    """It is not mapped any more; the dead letter has its source."""
    bench.put([purchase(1)])
    bench.redis.hset("lane:shop:0:meta", mapping={"crashes": 5, "alone": 5, "limit": 1})
    bench.drain()
    (dead_letter,) = bench.dead_letters()
    assert (dead_letter.reason, dead_letter.stage) == ("internal_error", "mapping")
    assert dead_letter.message.startswith("this event alone was not completed 5 times")
    assert dead_letter.event_id == "e1"  # its own id, not a generated one
    assert bench.sandbox.summary()["requests"] == 0


def test_a_job_refuses_an_argument_that_is_no_lane() -> None:
    """A job's only argument comes from a queue."""
    from worker.drain import drain

    with pytest.raises(ValueError, match="lane's name"):
        drain("shop", None, "j")  # type: ignore[arg-type]
