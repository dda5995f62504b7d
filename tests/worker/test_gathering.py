"""A job that emptied its lane under load waits a moment and continues, without another Celery message."""

import threading
from collections.abc import Callable

import pytest
from support.bench import Bench
from support.events import purchase

from lanes.lanes import ClaimLimits, Lanes
from lanes.settlement import Lease
from store.client import connect
from worker.drain import DRAIN_FOR_S, GATHER_MS, drain, gather_ms

LEAST, SHORTEST_MS = GATHER_MS[-1]


class _Pauses(threading.Event):
    """The event by which a process is stopped; `meanwhile` runs while a job waits on it."""

    def __init__(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        super().__init__()
        self._meanwhile = meanwhile
        self.waits_s: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Note the pause instead of making it."""
        self.waits_s.append(timeout)
        self._meanwhile()
        return self.is_set()


def put(bench: Bench, first: int, events: int) -> None:
    """Append `events` purchases, one a chunk."""
    bench.put(*([purchase(number)] for number in range(first, first + events)))


def test_events_that_come_while_a_job_waits_are_its_next_request(bench: Bench) -> None:
    """It ends once nothing came."""
    puts = iter([(100, LEAST), (200, 1)])
    bench.runtime.stopping = pauses = _Pauses(lambda: put(bench, *next(puts)))
    put(bench, 0, LEAST)
    assert bench.drain().ended == 2 * LEAST + 1
    assert pauses.waits_s == [SHORTEST_MS / 1000] * 2  # after one event it ends at once
    assert bench.sandbox.summary()["requests"] == 3
    assert bench.count("delivered", "waiting") == (2 * LEAST + 1, 0)


def test_a_lone_event_ends_its_job_at_once(bench: Bench) -> None:
    """The next one is signalled, which is faster than any pause."""
    bench.runtime.stopping = pauses = _Pauses()
    put(bench, 0, LEAST - 1)
    assert bench.drain().ended == LEAST - 1
    assert pauses.waits_s == []


@pytest.mark.parametrize(("events", "ms"), [(0, 0), (7, 0), (8, 20), (15, 20), (16, 50), (1000, 50)])
def test_a_job_waits_longer_the_more_events_come(events: int, ms: int) -> None:
    """A pause of 50 ms at 320 events a second halves the requests; a lone event has no pause."""
    assert gather_ms(events) == ms


def test_a_job_does_not_wait_while_many_run(bench: Bench) -> None:
    """Its thread is for another connection."""
    bench.runtime.stopping = pauses = _Pauses()
    for number in range(9):
        assert bench.runtime.slots.enter(f"c{number}", f"c{number}:0")
    put(bench, 0, LEAST)
    assert bench.drain().ended == LEAST
    assert pauses.waits_s == []


def test_a_job_whose_time_is_over_does_not_wait(bench: Bench) -> None:
    """Jobs end after five seconds, so that Flower shows single ones."""
    bench.runtime.stopping = pauses = _Pauses()
    put(bench, 0, LEAST)
    times = iter([0.0])
    assert drain("shop:0", bench.runtime, monotonic=lambda: next(times, DRAIN_FOR_S + 1)).ended == LEAST
    assert pauses.waits_s == []


def test_a_job_that_waits_ends_when_its_process_must_stop(bench: Bench) -> None:
    """What came meanwhile is for other workers, which see it within a second."""
    stopping = _Pauses(lambda: (put(bench, 100, 1), stopping.set()))
    bench.runtime.stopping = stopping
    put(bench, 0, LEAST)
    assert bench.drain().ended == LEAST
    assert bench.count("delivered", "waiting") == (LEAST, 1)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda bench: bench.configure("enable_web_migration: true"), id="configuration"),
        pytest.param(lambda bench: bench.runtime.live.watches.update(w=None), id="someone watches"),
    ],
)
def test_a_job_ends_when_what_it_goes_by_has_changed(bench: Bench, change: Callable[[Bench], object]) -> None:
    """Otherwise a corrected file would be in force only after five seconds. The next job begins at once."""
    bench.runtime.stopping = pauses = _Pauses(lambda: (put(bench, 100, LEAST), change(bench)))
    put(bench, 0, LEAST)
    assert bench.drain().ended == 2 * LEAST
    assert len(pauses.waits_s) == 1


def claimed_by_another(bench: Bench) -> Lease:
    """Return the lease of another job of the process on shop:0, with an event."""
    bench.put([purchase(1000)])
    lease = bench.runtime.lanes.claim("shop:0", ClaimLimits())
    assert isinstance(lease, Lease)
    bench.runtime.leases.keep(lease)
    return lease


def test_a_job_that_waited_too_long_leaves_the_lane_to_the_next_one(bench: Bench) -> None:
    """It forgets only its own lease: the other's is renewed as long as that job runs."""
    others: list[Lease] = []
    bench.runtime.stopping = _Pauses(lambda: others.append(claimed_by_another(bench)))
    put(bench, 0, LEAST)
    assert bench.drain().ended == LEAST
    assert bench.runtime.leases.all() == others
    assert len(others) == 1


def test_a_second_wake_up_leaves_the_lease_of_the_first_ones_job(bench: Bench) -> None:
    """A wake-up that waited long for a thread comes twice."""
    other = claimed_by_another(bench)
    assert bench.drain().ended == 0
    assert bench.runtime.leases.holds(other)


def test_an_ended_job_holds_no_lease(bench: Bench) -> None:
    """After it waited, and after it did not."""
    bench.runtime.stopping = _Pauses()
    for events in (LEAST, 1):
        put(bench, 0, events)
        assert bench.drain().ended == events
        assert bench.runtime.leases.all() == []


def test_a_job_that_waits_while_redis_goes_away_has_done_its_work(bench: Bench) -> None:
    """Flower shows what it did; that Redis is away is no failure of it."""
    away = connect("redis://127.0.0.1:1/0")
    bench.runtime.stopping = _Pauses(lambda: setattr(bench.runtime, "lanes", Lanes(away)))
    put(bench, 0, LEAST)
    report = bench.drain()
    assert (report.ended, report.failure("job")) == (LEAST, None)
    assert bench.runtime.leases.all() == []
    away.close()
