"""How a lane claims fewer events after failures, and more after successes."""

import pytest

from lanes.batch_sizing import after_retry, after_success
from lanes.settlement import BatchSizing

MOST = 1000


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BatchSizing(limit=1000), BatchSizing()),
        (BatchSizing(limit=4, attempts=7, failing_since=5), BatchSizing(limit=8)),
        (BatchSizing(limit=500), BatchSizing()),
        (BatchSizing(limit=499), BatchSizing(limit=998)),
    ],
)
def test_success_doubles_and_forgets_the_failures(before: BatchSizing, after: BatchSizing) -> None:
    """At the claim's own limit nothing is stored."""
    assert after_success(before, MOST) == after


def test_the_size_that_tiktok_accepted_outlives_the_claim() -> None:
    """The next claim takes as many events as before; only its first request is smaller."""
    assert after_success(BatchSizing(), MOST, step=4) == BatchSizing(limit=0, step=4)


def test_each_failure_halves_what_was_tried_and_remembers_the_first() -> None:
    """Down to a single event, never to none."""
    pace, taken = BatchSizing(limit=1000), 1000
    for attempt in range(1, 15):
        pace = after_retry(pace, taken, now_ms=attempt)
        assert (pace.attempts, pace.failing_since) == (attempt, 1)
        assert pace.step == pace.limit
        taken = pace.limit
    assert taken == 1
