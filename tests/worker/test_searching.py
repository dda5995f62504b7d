"""The search for refused events between claims: ended events are settled, the rest continues with the last size."""

import pytest
from support.bench import Bench
from support.events import purchase

from worker.drain import drain


def requests(bench: Bench) -> int:
    """Return how many requests TikTok got."""
    count: int = bench.sandbox.summary()["requests"]
    return count


def test_a_job_without_time_settles_what_it_knows_and_the_next_continues(bench: Bench) -> None:
    """Its time is over after each request: no step is lost, and every event ends once."""
    bench.sandbox.fault("refuse_event", event_id=["e3", "e17"])
    bench.put([purchase(number) for number in range(20)])
    for _ in range(60):
        if not bench.reading().waiting:
            break
        bench.redis.zadd("lanes:due", {"shop:0": 0}, xx=True)
        ticks = iter([0.0])
        drain("shop:0", bench.runtime, "job", monotonic=lambda ticks=ticks: next(ticks, 1e9))
    assert bench.count("delivered", "dead_lettered", "waiting") == (18, 2, 0)
    assert bench.sandbox.summary()["duplicates"] == 0
    assert {letter.event_id for letter in bench.dead_letters()} == {"e3", "e17"}


def test_requests_that_are_spaced_are_one_a_claim(bench: Bench) -> None:
    """A throttled connection is not searched at full speed."""
    bench.sandbox.fault("refuse_event", event_id="e3")
    bench.put([purchase(number) for number in range(20)])
    bench.redis.hset("connection:shop", mapping={"spacing": 4000, "spaced_until": 0})
    bench.drain()
    assert requests(bench) == 1
    assert bench.count("waiting") == (20,)


@pytest.mark.parametrize(("holds", "sent"), [(True, 2), (False, 1)])
def test_a_job_that_lost_its_lease_sends_no_further_request(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, holds: bool, sent: int
) -> None:
    """Another worker may have the lane."""
    monkeypatch.setattr(bench.runtime.leases, "holds", lambda _: holds)
    bench.sandbox.fault("refuse_event", event_id="e3")
    bench.put([purchase(number) for number in range(20)])
    ticks = iter([0.0, 1.0])
    drain("shop:0", bench.runtime, "job", monotonic=lambda: next(ticks, 1e9))
    assert requests(bench) == sent


def test_an_error_during_a_search_keeps_what_ended(bench: Bench) -> None:
    """Delivered and refused events stay so; the rest waits."""
    bench.sandbox.faults(
        {"mode": "refuse_event", "event_id": "e0", "count": 6},
        {"mode": "http_503", "event_id": "e15"},
    )
    bench.put([purchase(number) for number in range(16)])
    failure = bench.drain().failure("job")
    delivered, dead, waiting = bench.count("delivered", "dead_lettered", "waiting")
    assert failure is not None
    assert "TikTok 503" in failure
    assert dead == 1
    assert delivered > 0
    assert delivered + dead + waiting == 16
    bench.sandbox.clear_faults()
    while bench.reading().waiting:
        bench.drain()
    assert bench.count("delivered", "dead_lettered") == (15, 1)
    assert bench.sandbox.summary()["duplicates"] == 0
