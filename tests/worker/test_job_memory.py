"""A job that has ended keeps nothing of its requests, so an idle thread costs no memory: also without a collection."""

import gc
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from support.bench import Bench
from support.events import purchase

from lanes.chunk import Chunk
from lanes.settlement import Lease, Settlement
from worker.jobs import DeliveryTrouble, _deliver
from worker.runtime import _started
from worker.steps.compose import Draft, Prepared

KINDS = (Draft, Prepared, Chunk, Lease, Settlement)


@pytest.fixture
def without_collection() -> Iterator[None]:
    """Collect what earlier tests left, then nothing until the end of the test."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def kept() -> Counter[str]:
    """Return how many objects of a request are alive, by type."""
    return Counter(type(each).__name__ for each in gc.get_objects() if type(each) in KINDS)


@pytest.mark.usefixtures("without_collection")
@pytest.mark.parametrize(
    "fault",
    [
        None,
        {"mode": "http_503"},
        {"mode": "throttle_40100"},
        {"mode": "garbage"},
        {"mode": "reset"},
        {"mode": "take_then_reset"},
        {"mode": "partial_20001"},
        {"mode": "refuse_event", "event_id": "e7"},
    ],
    ids=lambda fault: fault["mode"] if fault else "delivered",
)
def test_after_a_job_nothing_of_its_requests_is_alive(fault: dict[str, Any] | None, bench: Bench) -> None:
    """Whatever TikTok answered: no cycle, exception or local variable holds a chunk or a mapped event."""
    before = kept()
    if fault:
        bench.sandbox.fault(**fault)
    bench.put([purchase(number) for number in range(40)], [purchase(number) for number in range(40, 80)])
    bench.drain()
    assert bench.sandbox.summary()["requests"]
    assert kept() - before == Counter()


def test_a_job_that_fails_keeps_no_frame_of_its_first_error(bench: Bench) -> None:
    """Celery holds the exception of a job until the thread has another: its context would hold the request."""
    bench.put([purchase(1)])
    bench.redis.set("lane:shop:0", "no list")
    _started[:] = [bench.runtime]
    with pytest.raises(DeliveryTrouble) as failed:
        _deliver("shop:0", "job-1")
    assert "nothing is lost" in str(failed.value)
    assert failed.value.__context__ is None
