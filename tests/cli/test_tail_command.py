"""`relay tail`: events as they end, of a real worker, for people and for programs."""

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from support.bench import Bench
from support.events import purchase
from support.terminal import relay

from cli.tail.command import TOO_MANY
from operations.live.feed import LiveFeed
from store.records.live_watches import MOST_WATCHES, Watch, Watcher

RELAY = Path(sys.executable).with_name("relay")
BAD_URL = {"TikTok.URL": "www.no-scheme.example"}


@pytest.fixture
def work(bench: Bench) -> Iterator[Callable[[], None]]:
    """Return a function that delivers, once someone watches, a good and a bad event."""
    bench.configure("enable_web_migration: true")
    bench.runtime.live = LiveFeed(bench.url)
    stop = Event()

    def deliver() -> None:
        while not bench.redis.hlen("live:watches") and not stop.wait(0.05):
            pass
        bench.runtime.live.step()
        bench.put([purchase(1), purchase(2, custom_flags=BAD_URL)])
        bench.drain()
        bench.runtime.live.step()

    threads: list[Thread] = []

    def work() -> None:
        threads.append(Thread(target=deliver))
        threads[-1].start()

    yield work
    stop.set()
    for thread in threads:
        thread.join()


def test_json_is_a_line_for_each_event(work: Callable[[], None]) -> None:
    """stdout has nothing else."""
    work()
    result = relay("tail", "--json", "--number", "2")
    assert result.exit_code == 0
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert sorted((event["event_id"], event["outcome"]) for event in events) == [
        ("e1", "delivered"),
        ("e2", "dead_lettered"),
    ]
    assert "user@example.com" not in result.stdout
    assert {"source", "request", "tiktok_code", "match_keys", "notes"} < set(events[0])
    assert "Watching" in result.stderr


def test_people_see_source_request_and_answer(work: Callable[[], None], bench: Bench) -> None:
    """A block for each event."""
    work()
    text = relay("tail", "--number", "2").stdout
    [request_id] = {event["request_id"] for event in bench.sandbox.events()}
    assert "delivered     shop  PlaceAnOrder  e1" in text
    assert f"TikTok   code 0, request id {request_id}, attempt 1" in text
    assert "request  {" in text
    assert "source   {" in text
    assert "why      invalid_url: " in text


def test_only_the_outcome_asked_for_is_shown(work: Callable[[], None]) -> None:
    """The number counts what is shown."""
    work()
    result = relay("tail", "--json", "--number", "1", "--outcome", "dead_lettered", "--connection", "shop")
    assert json.loads(result.stdout)["event_id"] == "e2"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--connection", "shpo"), 'Unknown connection "shpo". Did you mean "shop"? Known: shop.'),
        (("--outcome", "lost"), "is not one of 'delivered', 'dead_lettered', 'withheld', 'unsupported'"),
        (("--number", "0"), "is not in the range x>=1"),
    ],
)
def test_wrong_use_is_explained(bench: Bench, arguments: tuple[str, ...], said: str) -> None:
    """With exit code 2, before anything is watched."""
    result = relay("tail", *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert bench.redis.keys("live:*") == []


def test_when_too_many_watch_it_says_what_to_do(bench: Bench) -> None:
    """With exit code 1."""
    watchers = [Watcher(bench.redis, Watch()) for _ in range(MOST_WATCHES)]
    for watcher in watchers:
        watcher.take()
    result = relay("tail")
    assert result.exit_code == 1
    assert TOO_MANY in result.stderr


def test_a_connection_that_delivers_nothing_is_named(bench: Bench, work: Callable[[], None]) -> None:
    """So that no one waits for its events."""
    bench.configure("enable_web_migration: true")
    bench.runtime.lanes.pause("shop", "paused", 60_000, {"by": "operator"})
    with running_tail(bench) as child:
        assert child.stderr is not None
        lines = [child.stderr.readline(), child.stderr.readline()]
    assert lines[1].startswith("shop: paused by an operator")


def test_ctrl_c_ends_it_and_the_watch(bench: Bench) -> None:
    """With exit code 0 and no traceback."""
    with running_tail(bench) as child:
        assert child.stderr is not None
        assert "Watching" in child.stderr.readline()
        child.send_signal(2)
        assert child.wait(60) == 0
        assert child.stderr.read() == ""
    assert bench.redis.keys("live:*") == []


@contextmanager
def running_tail(bench: Bench) -> Iterator[subprocess.Popen[str]]:
    """Run the command as a process; kill it afterwards if it still runs."""
    # A background job of a shell ignores Ctrl-C, and so would what it starts.
    command = ["env", "--default-signal=INT", RELAY, "tail"]
    child = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield child
    finally:
        child.kill()
        child.communicate()
