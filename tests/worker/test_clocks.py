"""When Redis's or the worker's clock is wrong, no dead letter, waiting event or daily count is lost."""

import pytest
from support.bench import Bench
from support.events import purchase

from delivery.dead_letter import dead_lettered_at_ms
from lanes.daily_counts import read_days
from store.clocks import Clocks, now_ms, own_ms
from worker.retention import Retention

DAY_MS, HOUR_MS = 86_400_000, 3_600_000
WRONG = pytest.mark.parametrize(
    ("redis_days", "own_days"),
    [(100, 0), (-100, 101), (0, 100), (200, 95)],
    ids=["Redis's ahead", "Redis's behind", "the worker's ahead", "both say so and disagree"],
)


def walk(bench: Bench, redis_days: float, own_days: float) -> None:
    """Return what a worker removes in several steps with these clocks."""
    retention = Retention(
        bench.url, lambda client: now_ms(client) + int(redis_days * DAY_MS), lambda: own_ms() + int(own_days * DAY_MS)
    )
    for _ in range(20):
        retention.step(bench.runtime)


@WRONG
def test_nothing_is_removed_unless_both_clocks_agree(bench: Bench, redis_days: int, own_days: int) -> None:
    """It is removed once the time is over by both clocks."""
    today = own_ms() // DAY_MS
    bench.put([purchase(1, custom_flags={}), purchase(2)])
    bench.drain()
    walk(bench, redis_days, own_days)
    assert len(bench.dead_letters()) == 1
    [counts] = read_days(bench.redis, "shop", [today])
    assert counts["accepted"] == 2
    walk(bench, 92, 92)
    assert bench.dead_letters() == []
    assert read_days(bench.redis, "shop", [today]) == [{}]


@pytest.mark.parametrize("behind", [0, 100])
def test_a_dead_letter_is_dated_by_the_later_clock(bench: Bench, behind: int) -> None:
    """If Redis's clock is set back, a new dead letter must not look old enough to be removed."""
    bench.runtime.own_ms = lambda: own_ms() + behind * DAY_MS
    bench.put([purchase(1, custom_flags={})])
    bench.drain()
    [letter] = bench.dead_letters()
    now = own_ms()
    assert behind * DAY_MS - 60_000 < letter.at_ms - now < behind * DAY_MS + 60_000
    assert dead_lettered_at_ms(letter.id) == letter.at_ms


@pytest.mark.parametrize(
    ("hours_ago", "own_hours", "ends"),
    [
        (50, 0, "expired"),
        (40, 0, "delivered"),
        (50, -10, "waits"),  # Redis's clock says that TikTok has forgotten the event, the worker's that it has not
        (40, 10, "waits"),  # the other way round
        (60, -10, "expired"),  # both say so
        (30, 10, "delivered"),
    ],
)
def test_47_hours_are_over_when_both_clocks_say_so(bench: Bench, hours_ago: int, own_hours: int, ends: str) -> None:
    """While they disagree on it the event waits, and status says why."""
    bench.put([purchase(1)], stamp=own_ms() - hours_ago * HOUR_MS)
    bench.runtime.own_ms = lambda: own_ms() + own_hours * HOUR_MS
    report = bench.drain()
    counts = dict(
        zip(("delivered", "expired", "waits"), bench.count("delivered", "dead_lettered", "waiting"), strict=True)
    )
    assert counts == {name: int(name == ends) for name in counts}
    if ends == "waits":
        assert "clock and this worker's disagree" in (report.trouble or "")
        assert "correct both clocks" in bench.reading().lanes[0].last_error
        bench.runtime.own_ms = own_ms
        bench.drain()
        assert bench.count("waiting") == (0,)


def test_clocks_that_a_time_service_sets_agree() -> None:
    """A difference of a second is tolerated, one of a minute is not."""
    assert not Clocks(1_000_000, 1_001_000).disagree
    assert Clocks(1_000_000, 1_060_001).disagree
    assert Clocks(1_060_001, 1_000_000).disagree
    assert (Clocks(5, 7).earliest_ms, Clocks(5, 7).latest_ms) == (5, 7)
