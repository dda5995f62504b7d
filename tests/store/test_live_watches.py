"""Who watches events as they end, on a real server: a watch expires, is bounded, and works at maxmemory."""

import pytest
import redis

from store.errors import RedisFull
from store.records.live_watches import LASTS_MS, MOST_BYTES, MOST_WATCHES, LiveWatches, Shown, Taken, Watch, Watcher

ALL = Watch()


def show(client: redis.Redis, *lines: bytes, left_out: int = 0) -> None:
    """Show these lines to everyone who watches."""
    watches = LiveWatches(client)
    watches.show(lines, {name: Shown(range(1, len(lines) + 1), left_out) for name in watches.read()})


def test_a_watch_gets_the_lines_shown_since_its_last_call_once(client: redis.Redis) -> None:
    """In their order, with the number of those left out."""
    watcher = Watcher(client, ALL)
    assert watcher.take() == Taken([], 0)
    show(client, b"1", b"2", left_out=3)
    show(client, b"3", left_out=1)
    assert watcher.take() == Taken([b"1", b"2", b"3"], 4)
    assert watcher.take() == Taken([], 0)


@pytest.mark.parametrize(
    ("watch", "wanted"),
    [
        (Watch(), True),
        (Watch(connections=("shop",)), True),
        (Watch(connections=("outlet",)), False),
        (Watch(connections=("outlet", "shop"), events=("completepayment",)), True),
        (Watch(events=("Search",)), False),
        (Watch(outcomes=("dead_lettered",)), False),
        (Watch(("shop",), ("CompletePayment",), ("delivered",)), True),
    ],
)
def test_a_watch_wants_what_all_of_its_conditions_allow(client: redis.Redis, watch: Watch, wanted: bool) -> None:
    """Also after its way through Redis."""
    Watcher(client, watch).take()
    [read] = LiveWatches(client).read().values()
    assert read == watch
    assert read.wants("shop", "CompletePayment", "delivered") is wanted


def test_nothing_is_left_of_a_watch_that_has_ended(client: redis.Redis) -> None:
    """Neither of one that ends nor, after ten seconds, of one whose process was killed."""
    watcher = Watcher(client, ALL)
    watcher.take()
    show(client, b"1")
    keys = set(client.keys("live:*"))
    assert len(keys) == 3
    assert all(0 < client.pttl(key) <= LASTS_MS for key in keys)
    watcher.end()
    assert client.keys("live:*") == []


def test_a_watch_that_is_over_gets_nothing_although_another_keeps_the_key(client: redis.Redis) -> None:
    """The other one removes it."""
    other, over = Watcher(client, ALL), Watcher(client, ALL)
    over.take(now_ms=1_000)
    other.take()
    assert len(LiveWatches(client).read()) == 1
    over.take(now_ms=1_000)
    show(client, b"1")
    assert other.take() == Taken([b"1"], 0)
    assert over.take() == Taken([], 0)


def test_the_lines_of_a_watch_are_bounded_in_bytes(client: redis.Redis) -> None:
    """Those beyond it are counted as left out."""
    watcher = Watcher(client, ALL)
    watcher.take()
    for _ in range(3):
        show(client, b"x" * (MOST_BYTES // 2))
    taken = watcher.take()
    assert taken is not None
    assert (len(taken.lines), taken.left_out) == (2, 1)


def test_only_so_many_may_watch(client: redis.Redis) -> None:
    """One that ends makes room for another."""
    watchers = [Watcher(client, ALL) for _ in range(MOST_WATCHES)]
    assert [watcher.take() for watcher in watchers] == [Taken([], 0)] * MOST_WATCHES
    late = Watcher(client, ALL)
    assert late.take() is None
    assert watchers[0].take() == Taken([], 0)
    watchers[0].end()
    assert late.take() == Taken([], 0)


def test_at_maxmemory_one_can_watch_and_lines_are_refused(client: redis.Redis) -> None:
    """The lines are not worth what Redis keeps."""
    watcher = Watcher(client, ALL)
    client.config_set("maxmemory", 1)
    assert watcher.take() == Taken([], 0)
    with pytest.raises(RedisFull):
        show(client, b"1")
    watcher.end()
