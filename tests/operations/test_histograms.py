"""A histogram kept as counters reads back as what was observed."""

import math

from hypothesis import given
from hypothesis import strategies as st

from operations.metrics.histograms import ANSWER, Histogram

SMALL = Histogram("size", (1, 5, 10))


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(1, 1000)), max_size=8))
def test_what_was_observed_reads_back(observed: list[tuple[float, int]]) -> None:
    """Of each bound, how many were at most that; the last bucket is all of them."""
    read = SMALL.read(SMALL.observe(observed))
    for bound, count in read.buckets:
        assert count == sum(times for value, times in observed if value <= bound)
    assert [bound for bound, _ in read.buckets] == [1, 5, 10, math.inf]
    assert read.total == sum(value * times for value, times in observed)


def test_several_histograms_share_a_hash() -> None:
    """Each finds its own, and nothing of another's."""
    kept = {**SMALL.observe([(3, 2)]), **ANSWER.observe([(0.0123, 1)]), "dead_lettered:invalid_url": 4}
    assert SMALL.read(kept).buckets == [(1, 0), (5, 2), (10, 2), (math.inf, 2)]
    assert ANSWER.read(kept).total == 0.012


def test_bounds_of_a_former_version_count_from_the_next_one_on() -> None:
    """Nothing is lost when a bound is moved."""
    former = Histogram("size", (2, 7)).observe([(1, 10), (6, 20), (50, 30)])
    assert SMALL.read(former).buckets == [(1, 0), (5, 10), (10, 30), (math.inf, 60)]
