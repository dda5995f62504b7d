"""Watching a worker: what it shows as events end, and that it does nothing more while no one watches."""

import json
from typing import Any

import pytest
from support.bench import Bench
from support.events import purchase

from operations.live import feed
from store.client import connect
from store.records.live_watches import Watch, Watcher

BAD_URL = {"TikTok.URL": "www.no-scheme.example"}
SCREEN = {"event_type": "screen_view", "data": {"source_message_id": "s1", "screen_name": "Home"}}


class Screen:
    """Someone who watches."""

    def __init__(self, bench: Bench, **wanted: tuple[str, ...]) -> None:
        self._bench, self._watcher = bench, Watcher(bench.redis, Watch(**wanted))
        self.left_out = 0
        self.take()
        bench.runtime.live = feed.LiveFeed(bench.url)
        bench.runtime.live.step()

    def take(self) -> list[dict[str, Any]]:
        """Return the events that came since the last call."""
        taken = self._watcher.take()
        assert taken is not None
        self.left_out += taken.left_out
        return [json.loads(line) for line in taken.lines]

    def after_drain(self, *chunks: list[Any]) -> list[dict[str, Any]]:
        """Deliver these events and return what is shown."""
        self._bench.put(*chunks)
        self._bench.drain()
        self._bench.runtime.live.step()
        return self.take()


def ids(shown: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Return event ids with outcomes."""
    return sorted((event["event_id"], event["outcome"]) for event in shown)


@pytest.fixture
def screen(bench: Bench) -> Screen:
    """Give someone who watches everything."""
    bench.configure("enable_web_migration: true")
    return Screen(bench)


def test_events_are_shown_as_they_end(screen: Screen, bench: Bench) -> None:
    """Delivered with TikTok's answer, dead-lettered with the reason, unsupported with what it is."""
    shown = screen.after_drain([purchase(1), purchase(2, custom_flags=BAD_URL), SCREEN])
    assert ids(shown) == [("e1", "delivered"), ("e2", "dead_lettered"), ("s1", "unsupported")]
    delivered, dead, unsupported = sorted(shown, key=lambda event: event["event_id"])
    [received] = bench.sandbox.events()
    assert (delivered["tiktok_code"], delivered["tiktok_request_id"]) == (0, received["request_id"])
    assert delivered["request"]["event"] == delivered["tiktok_event"] == "PlaceAnOrder"
    assert delivered["attempts"] == 1
    assert (dead["reason"], dead["request"]) == ("invalid_url", None)
    assert dead["dead_letter"] == bench.dead_letters()[0].id
    assert dead["message"] == bench.dead_letters()[0].message
    assert "screen_view" in unsupported["message"]
    assert [event["source"]["events"][0]["event_type"] for event in shown].count("commerce_event") == 2


def test_an_event_that_tiktok_refuses_is_shown_with_its_answer(screen: Screen, bench: Bench) -> None:
    """The request that it refused, and its message without what it quotes."""
    bench.sandbox.fault("code", code=40002, message="Invalid value for email: jane@shop.example")
    [shown] = screen.after_drain([purchase(1)])
    assert (shown["outcome"], shown["reason"], shown["tiktok_code"]) == ("dead_lettered", "rejected_by_tiktok", 40002)
    assert shown["message"] == "Invalid value for email: j…@…"
    assert shown["request"]["event_id"] == "e1"


def test_an_event_that_waits_for_a_retry_is_not_shown(screen: Screen, bench: Bench) -> None:
    """It has not ended; it is shown once it has."""
    bench.sandbox.fault("http_503")
    assert screen.after_drain([purchase(1)]) == []
    bench.sandbox.clear_faults()
    bench.drain()
    [shown] = screen.after_drain()
    assert (shown["event_id"], shown["outcome"], shown["attempts"]) == ("e1", "delivered", 2)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"outcomes": ("dead_lettered",)}, ["e2"]),
        ({"events": ("placeanorder",)}, ["e1", "e2"]),
        ({"connections": ("outlet",)}, []),
    ],
)
def test_only_what_is_wanted_is_shown(bench: Bench, wanted: Any, expected: list[str]) -> None:
    """And only that counts as left out."""
    screen = Screen(bench, **wanted)
    shown = screen.after_drain([purchase(1), purchase(2, custom_flags=BAD_URL), SCREEN])
    assert sorted(event["event_id"] for event in shown) == expected
    assert screen.left_out == 0


def test_of_many_events_a_sample_is_shown_and_the_others_are_counted(
    screen: Screen, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The one dead letter among them is in the sample."""
    monkeypatch.setattr(feed, "MOST_PER_SECOND", 5)
    events = [purchase(number) for number in range(49)]
    shown = screen.after_drain([*events, purchase(99, custom_flags=BAD_URL)])
    assert (len(shown), screen.left_out) == (5, 45)
    assert ("e99", "dead_lettered") in ids(shown)


def test_at_maxmemory_delivery_goes_on_and_what_could_not_be_shown_is_counted(screen: Screen, bench: Bench) -> None:
    """The view is not worth an event."""
    bench.put([purchase(1), purchase(2)])
    bench.drain()
    bench.redis.config_set("maxmemory", 1)
    try:
        bench.runtime.live.step()
    finally:
        bench.redis.config_set("maxmemory", 0)
    assert screen.after_drain([purchase(3)])[0]["event_id"] == "e3"
    assert screen.left_out == 2


def commands(bench: Bench) -> dict[str, int]:
    """Return how often Redis executed each command."""
    return {name: stat["calls"] for name, stat in bench.redis.info("commandstats").items()}


def test_while_no_one_watches_a_job_costs_no_command_more(bench: Bench) -> None:
    """The same commands with a feed that has looked, and none of its own; and the counter is the usual one."""
    bench.configure("enable_web_migration: true")
    bench.runtime.live.step()
    bench.put([purchase(1)])
    bench.redis.config_resetstat()
    bench.drain(now=False)
    job = commands(bench)
    evals = job.get("cmdstat_evalsha", 0) + job.get("cmdstat_eval", 0)
    assert evals == 3  # claim, mark as posted, settle, and nothing else
    assert not bench.redis.keys("live:*")


def test_a_process_looks_once_a_second_who_watches(bench: Bench) -> None:
    """With one command, however often its timer comes."""
    now = 100.0
    live = feed.LiveFeed(bench.url, monotonic=lambda: now)
    bench.redis.config_resetstat()
    for _ in range(8):
        live.step()
        now += 0.25
    looked = commands(bench)
    assert looked["cmdstat_hgetall"] == 2
    assert {name for name in looked if name.startswith("cmdstat_eval")} == set()


def test_a_watch_is_learnt_and_forgotten(bench: Bench) -> None:
    """Within a second each, by one more look."""
    now = 100.0
    live = feed.LiveFeed(bench.url, monotonic=lambda: now)
    with connect(bench.url) as client:
        watcher = Watcher(client, Watch())
        watcher.take()
        live.step()
        assert len(live.watches) == 1
        watcher.end()
        now += 1.0
        live.step()
        assert not live.watches
