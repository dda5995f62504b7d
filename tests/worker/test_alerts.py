"""Alerts as they are sent, to a real receiver: each once, whichever worker watches, without personal data."""

import json
import threading
from collections.abc import Callable, Iterator

import msgspec
import pytest
from structlog.testing import capture_logs
from support.bench import Bench
from support.events import purchase
from support.receiver import Receiver, receiving

from config.settings import Settings
from lanes.lanes import Lanes
from lanes.receipts.archive import note_failure
from operations.connections import pause, resume
from store.clocks import own_ms
from store.records.alert_state import CLOCKS
from store.records.source_states import KEY, SourceState
from worker.alerts.watcher import RETRY_AFTER_S, Alerts

MINUTE = 60_000
START = 1_795_000_000_000

Watchers = Callable[..., Alerts]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A webhook."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def watcher(bench: Bench, receiver: Receiver) -> Watchers:
    """watcher() returns the alerts of one more worker; keyword arguments are settings."""

    def another(**more: object) -> Alerts:
        settings = Settings(config=bench.path, redis_url=bench.url, alert_webhook=receiver.url, **more)  # type: ignore[arg-type]
        return Alerts(settings, bench.url)

    return another


def kill_watchers(bench: Bench) -> None:
    """Act as if the watching worker was killed and its lock has expired."""
    bench.redis.delete("alerts:leader")


def pause_by_fault(bench: Bench) -> None:
    """TikTok refuses the token."""
    bench.put([purchase(1), purchase(2)])
    bench.sandbox.fault("refuse_token")
    bench.drain()


def test_an_alert_names_its_cell(bench: Bench, receiver: Receiver, watcher: Watchers) -> None:
    """In the text and as a field, because each cell alerts for itself."""
    pause_by_fault(bench)
    watcher(cell="b").check(START)
    watcher(cell="b").check(START + MINUTE)
    [sent] = receiver.taken
    assert sent["text"].startswith("Cell b: relay: shop is paused")
    assert sent["relay"]["cell"] == "b"


def test_a_pause_is_alerted_once_whichever_worker_watches(bench: Bench, receiver: Receiver, watcher: Watchers) -> None:
    """Of three workers one is killed and another takes over: one alert says who must do what."""
    pause_by_fault(bench)
    workers = [watcher() for _ in range(3)]
    for now in range(START, START + 10 * MINUTE, MINUTE):
        for worker in workers:
            worker.check(now)
        kill_watchers(bench)
        workers = [*workers[1:], watcher()]
    assert receiver.alerts == [("shop", "paused")]
    [misdirected] = receiver.taken
    assert misdirected["relay"] == {
        "alert": "paused",
        "connection": "shop",
        "at": misdirected["relay"]["at"],
        "state": "paused",
        "waiting": 2,
        "dead_letters": 0,
        "fact": "is paused: token refused (40105). Nothing is lost: 2 events kept.",
        "who": "an admin of the TikTok advertiser account",
        "what_to_do": misdirected["relay"]["what_to_do"],
        "command": "relay connections list",
        "runbook": "docs/runbook.md#paused",
    }
    assert misdirected["text"].splitlines()[0] == "relay: shop " + misdirected["relay"]["fact"]
    assert (
        misdirected["text"].splitlines()[1].startswith("To do, an admin of the TikTok advertiser account: put a valid")
    )


def test_the_end_of_a_pause_is_alerted_once_it_lasts(bench: Bench, receiver: Receiver, watcher: Watchers) -> None:
    """A minute later, with how long the pause was."""
    pause_by_fault(bench)
    alerts = watcher()
    alerts.check(START)
    bench.sandbox.clear_faults()
    bench.drain()
    for minutes in (20, 20.5, 21, 21.5, 22):
        alerts.check(START + round(minutes * MINUTE))
    assert receiver.alerts == [("shop", "paused"), ("shop", "resumed")]
    assert receiver.taken[1]["text"].startswith("relay: shop delivers again after 21 min. Waiting: 0 events.")


def test_pauses_by_an_operator_and_by_the_circuit_breaker_have_their_own_text(
    bench: Bench, receiver: Receiver, watcher: Watchers
) -> None:
    """Each with the command that ends it."""
    pause(bench.redis, "shop")
    watcher().check(START)
    resume(bench.redis, "shop")
    Lanes(bench.redis).pause("shop", "paused", MINUTE, {"by": "circuit_breaker", "what": "…"})
    kill_watchers(bench)
    alerts = watcher()
    alerts.check(START + MINUTE)
    alerts.check(START + 3 * MINUTE)
    assert receiver.alerts == [("shop", "paused_by_operator"), ("shop", "circuit_breaker")]
    assert all("relay connections resume shop" in misdirected["text"] for misdirected in receiver.taken)


def test_too_many_dead_letters_are_alerted_with_their_reasons(
    bench: Bench, receiver: Receiver, watcher: Watchers
) -> None:
    """Counted from the first check on, and without any content of the events."""
    alerts = watcher(alert_dead_letters_per_hour=3)
    bench.put([purchase(0, custom_flags={})])
    bench.drain()
    alerts.check(START)
    assert receiver.alerts == []
    bench.put([purchase(n, custom_flags={"TikTok.URL": "www.private.example"}) for n in (1, 2, 3)])
    bench.drain()
    alerts.check(START + MINUTE)
    alerts.check(START + 2 * MINUTE)
    assert receiver.alerts == [("shop", "dead_letters")]
    text = receiver.taken[0]["text"]
    assert "3 new dead letters within an hour (the limit is 3). Kept now: invalid_url ×3, missing_url ×1." in text
    output = json.dumps(receiver.taken)
    assert not any(private in output for private in ("private", "user0@", "good", "sku-"))


def test_a_webhook_that_fails_is_retried_and_then_dropped(bench: Bench, receiver: Receiver, watcher: Watchers) -> None:
    """Later each time; the log says so without the URL. A redirect is not followed."""
    pause(bench.redis, "shop")
    receiver.statuses = [500, 302, 429, 500, 500]
    alerts = watcher()
    tries = []
    with capture_logs() as lines:
        for now in range(START, START + 30 * MINUTE, 1_000):
            before = receiver.requests
            alerts.check(now)
            tries += [(now - START) // 1000] * (receiver.requests - before)
    assert tries == [0, 5, 35, 155, 755] == [sum(RETRY_AFTER_S[:n]) for n in range(5)]
    assert [line["event"] for line in lines] == ["alert_failed"] * 4 + ["alert_dropped"]
    assert (lines[-1]["problem"], lines[-1]["connection"], lines[-1]["tries"]) == ("HTTP 500", "shop", 5)
    assert receiver.url not in repr(lines)
    assert receiver.taken == []


def test_an_unsent_notice_is_sent_by_the_next_worker(bench: Bench, receiver: Receiver, watcher: Watchers) -> None:
    """Restarts lose no notice and send none twice."""
    pause(bench.redis, "shop")
    receiver.statuses = [503]
    watcher().check(START)
    kill_watchers(bench)
    for _ in range(3):
        watcher().check(START + MINUTE)
        kill_watchers(bench)
    assert receiver.alerts == [("shop", "paused_by_operator")]


def test_a_webhook_that_hangs_delays_nothing_else(bench: Bench, receiver: Receiver, watcher: Watchers) -> None:
    """Events are delivered meanwhile, a second watcher sends nothing, and the worker can stop."""
    pause(bench.redis, "shop")
    receiver.hang = threading.Event()
    alerts = watcher()
    alerts.start()
    while not receiver.requests:
        alerts.join(timeout=0.01)
    resume(bench.redis, "shop")
    bench.put([purchase(1)])
    bench.drain()
    assert bench.count("delivered") == (1,)
    watcher().check()
    alerts.stop()
    assert receiver.requests == 1
    receiver.hang.set()
    alerts.join(timeout=10)
    assert receiver.alerts == [("shop", "paused_by_operator")]


def test_when_many_pause_at_once_a_failing_webhook_is_tried_once_a_check(
    bench: Bench, receiver: Receiver, watcher: Watchers
) -> None:
    """All notices are sent once it works, none twice."""
    names = [f"shop-{n}" for n in range(5)]
    text = bench.path.read_text()
    more = "".join(text.partition("connections:\n")[2].replace("id: shop", f"id: {name}") for name in names)
    bench.path.write_text(text + more)
    for name in names:
        pause(bench.redis, name)
    receiver.statuses = [503, 503]
    alerts = watcher()
    alerts.check(START)
    assert receiver.requests == 1
    for second in range(2, 60, 2):
        alerts.check(START + second * 1000)
    assert sorted(receiver.alerts) == [(name, "paused_by_operator") for name in names]
    assert receiver.requests == 7


def test_alerts_are_sent_at_maxmemory(bench: Bench, receiver: Receiver, watcher: Watchers) -> None:
    """An alert matters most when something is wrong."""
    pause(bench.redis, "shop")
    bench.redis.config_set("maxmemory", 1)
    try:
        alerts = watcher()
        alerts.check(START)
        alerts.check(START + MINUTE)
    finally:
        bench.redis.config_set("maxmemory", 0)
    assert receiver.alerts == [("shop", "paused_by_operator")]


def test_without_a_webhook_no_worker_watches(bench: Bench) -> None:
    """Stopping alerts that never started does nothing."""
    alerts = Alerts(Settings(config=bench.path), bench.url)
    alerts.start()
    assert alerts.ident is None
    alerts.stop()


def test_dead_letters_that_nearly_fill_their_share_are_alerted_once_and_so_is_the_pause(
    bench: Bench, receiver: Receiver, watcher: Watchers
) -> None:
    """At four fifths; again only after less than two thirds. The end of the pause is alerted too."""
    limit = (bench.redis.info("memory")["used_memory"] + 20_000_000) // 4 * 4
    bench.redis.config_set("maxmemory", limit)
    bench.runtime.redis_limit = limit
    bench.put([purchase(1, custom_flags={})])
    bench.drain()
    alerts = watcher()
    for held in (0.79, 0.8, 0.9, 0.7, 0.85, 0.6, 0.81):
        bench.redis.hset("connection:shop", "dead_letter_bytes", round(limit // 4 * held))
        alerts.check(START)
    assert receiver.alerts == [("shop", "dead_letters_nearly_full")] * 2
    bench.redis.hset("connection:shop", "dead_letter_bytes", limit // 4)
    bench.put([purchase(2)])
    bench.drain()
    alerts.check(START)
    assert receiver.alerts[2:] == [("shop", "paused_by_dead_letters")]
    assert "relay dead-letters count --connection shop" in receiver.taken[-1]["text"]
    bench.redis.config_set("maxmemory", limit * 2)
    bench.runtime.redis_limit = limit * 2
    bench.drain()
    alerts.check(START + 5 * MINUTE)
    alerts.check(START + 10 * MINUTE)
    assert receiver.alerts[3:] == [("shop", "resumed")]


def test_clocks_that_disagree_are_alerted_once_and_so_is_their_agreement(
    bench: Bench, receiver: Receiver, watcher: Watchers
) -> None:
    """By whichever worker watches: one of the two clocks is wrong, and relay cannot know which."""
    own = [own_ms() + (100 * 24 * 60 + 1) * MINUTE]

    def another() -> Alerts:
        alerts = watcher()
        alerts._own_ms = lambda: own[0]
        kill_watchers(bench)
        return alerts

    for _ in range(3):
        another().check()
        own[0] += MINUTE
    assert [misdirected["relay"]["alert"] for misdirected in receiver.taken] == ["clocks_disagree"]
    assert "100 d apart" in receiver.taken[0]["text"]
    assert "time service" in receiver.taken[0]["text"]
    own[0] = own_ms()
    last = another()
    last.check()
    own[0] += 30_000
    for seconds in (0, 40, 50):
        own[0] = own_ms() + seconds * 1000
        last.check()
        bench.redis.hset("alerts:notes", CLOCKS, stored_change(bench.redis.hget("alerts:notes", CLOCKS) or b""))
        last.check()
    assert [misdirected["relay"]["alert"] for misdirected in receiver.taken] == ["clocks_disagree", "clocks_agree"]


def test_a_202_that_means_too_little_is_alerted_once_and_so_is_the_end_of_it(
    bench: Bench, receiver: Receiver, watcher: Watchers
) -> None:
    """The server of these tests keeps no file, and RELAY_DURABILITY asks for a disk."""
    for minute in range(3):  # each time another worker watches
        watcher(durability="disk").check(START + minute * MINUTE)
        kill_watchers(bench)
    assert [misdirected["relay"]["alert"] for misdirected in receiver.taken] == ["durability_low"]
    assert "RELAY_DURABILITY asks for more" in receiver.taken[0]["text"]
    for minute in range(10, 20):
        watcher(durability="provider").check(START + minute * MINUTE)
        kill_watchers(bench)
    assert [misdirected["relay"]["alert"] for misdirected in receiver.taken] == ["durability_low", "durability_again"]
    assert receiver.taken[1]["relay"]["fact"] == "a 202 means the provider's log again"


def test_an_archive_that_cannot_be_written_is_alerted_once_and_so_is_the_end_of_it(
    bench: Bench, receiver: Receiver, watcher: Watchers
) -> None:
    """After five minutes, whichever worker watches; the same for everyone who reads the alerts without an archive."""
    note_failure(bench.redis, "s3://bucket refuses these credentials (AccessDenied)", START)
    for minute in range(10):
        watcher(archive="s3://bucket").check(START + minute * MINUTE)
        assert len(receiver.taken) == int(minute >= 5)
        kill_watchers(bench)
    assert receiver.taken[0]["relay"]["alert"] == "archive_failing"
    assert "refuses these credentials (AccessDenied); 0 receipts waiting" in receiver.taken[0]["text"]
    bench.redis.hdel("archive:kept", "failing_since")
    for minute in range(10, 13):
        watcher(archive="s3://bucket").check(START + minute * MINUTE)
        kill_watchers(bench)
    assert [sent["relay"]["alert"] for sent in receiver.taken] == ["archive_failing", "archive_again"]


SOURCES = """
sources:
  - {id: batches, url: "amqp://127.0.0.1:1", queue: mparticle, input: web}
"""


def test_a_source_that_cannot_be_used_is_alerted_once_and_so_is_the_end_of_it(
    bench: Bench, receiver: Receiver, watcher: Watchers
) -> None:
    """After a minute, with the reason and what to do; the same while no process of relay consume runs."""
    bench.path.write_text(bench.path.read_text() + SOURCES)
    away = SourceState("batches", "p", "unavailable", "RabbitMQ at host:1 refuses the user of `url`", "correct it")
    for minute, state in enumerate([away, away, away, None, None, TAKING, TAKING, *[None] * 6]):
        report(bench, state)
        watcher().check(START + minute * MINUTE)
        kill_watchers(bench)
    assert [sent["relay"]["alert"] for sent in receiver.taken] == ["source_unusable", "source_again", "source_unusable"]
    first, _, last = [sent["text"] for sent in receiver.taken]
    assert "the source batches cannot be used: RabbitMQ at host:1 refuses the user" in first
    assert "correct it" in first
    assert "no process of relay consume reports on it" in last


def test_a_source_whose_messages_are_no_batches_is_alerted_once_and_so_is_the_end_of_it(
    bench: Bench, receiver: Receiver, watcher: Watchers
) -> None:
    """A single bad message raises no alert; nor does any while another process takes good ones."""
    bench.path.write_text(bench.path.read_text() + SOURCES)
    rows = [[4], [9, 0], [9, 3], [30, 3], [0, 3], [1, 3]]
    for minute, row in enumerate(rows):
        states = [
            SourceState("batches", f"p{number}", "taking", dead_lettered_in_a_row=bad) for number, bad in enumerate(row)
        ]
        report(bench, *states)
        watcher().check(START + minute * MINUTE)
        kill_watchers(bench)
    sent = [(each["relay"]["alert"], each["text"]) for each in receiver.taken]
    assert [alert for alert, _ in sent] == ["source_no_batches", "source_batches_again"]
    assert "the last 12 messages of the source batches had no batch" in sent[0][1]


TAKING = SourceState("batches", "p", "taking")


def report(bench: Bench, *states: SourceState | None) -> None:
    """Write what processes of relay consume report."""
    bench.redis.delete(KEY)
    for state in filter(None, states):
        fresh = msgspec.structs.replace(state, at_ms=own_ms())
        bench.redis.hset(KEY, f"{state.name} {state.process}", msgspec.json.encode(fresh))


def test_missing_replicas_are_alerted(bench: Bench, receiver: Receiver, watcher: Watchers) -> None:
    """Requests are answered 503 then, while all connections look healthy."""
    for minute in range(3):
        watcher(replicas=1).check(START + minute * MINUTE)
        kill_watchers(bench)
    assert receiver.taken[0]["relay"]["fact"] == "0 of 1 replicas of Redis follow: requests are answered 503"


def test_nothing_is_alerted_where_no_durability_is_asked_for(
    bench: Bench, receiver: Receiver, watcher: Watchers
) -> None:
    """As with a server for trying relay out."""
    for minute in range(3):
        watcher().check(START + minute * MINUTE)
        kill_watchers(bench)
    assert receiver.taken == []


def stored_change(note: bytes) -> bytes:
    """Return a note of a change that has lasted for ten minutes."""
    memory = json.loads(note)
    memory["since_ms"] -= 10 * MINUTE
    return json.dumps(memory).encode()


def test_misdirected_requests_are_alerted_once_an_hour(bench: Bench, receiver: Receiver, watcher: Watchers) -> None:
    """By whichever worker, with their number, and only if there are more."""
    hour = 60 * MINUTE
    for count, now in ((0, 0), (3, 1), (9, 2), (9, hour), (10, hour + MINUTE), (10, 3 * hour)):
        bench.redis.hset("counts:misdirected", "requests", count)
        for alerts in (watcher(), watcher()):
            kill_watchers(bench)
            alerts.check(START + now)
    misdirected = [alerts for alerts in receiver.taken if alerts["relay"]["alert"] == "misdirected"]
    assert [alerts["relay"]["requests"] for alerts in misdirected] == [3, 7]
    assert "/v2/bulkevents" in misdirected[0]["text"]


def test_the_active_configuration_is_used_and_no_file_is_read(
    bench: Bench, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is being edited does not count yet."""

    def read_the_file(*_: object, **__: object) -> None:
        raise AssertionError("the file was read")

    pause_by_fault(bench)
    monkeypatch.setattr("operations.status.connections.load", read_the_file)
    settings = Settings(config=bench.path, redis_url=bench.url, alert_webhook=receiver.url)  # type: ignore[arg-type]
    Alerts(settings, bench.url, configuration=lambda: bench.runtime.file.current).check(START)
    assert receiver.alerts == [("shop", "paused")]
