"""Counters exposed to Prometheus never fall, though those in Redis may after a failover."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.metrics.histograms import Distribution
from operations.metrics.rising import RisingCounters


def exposed(values: Sequence[float]) -> list[object]:
    """Return what one process exposes of a counter that has these values in Redis."""
    counters = RisingCounters()
    return [counters.rising("relay_events_in_total", ("shop",), value) for value in values]


@pytest.mark.parametrize(
    ("in_redis", "shown"),
    [
        ([5, 7, 9], [5, 7, 9]),
        ([1_000_000, 999_974, 999_990, 1_000_003], [1_000_000, 1_000_000, 1_000_000, 1_000_003]),
        ([1_000_000, 0, 5], [1_000_000, 1_000_000, 1_000_005]),
        ([10, 4, 8, 12], [10, 14, 18, 22]),
    ],
    ids=["rises", "a failover lost the last few", "Redis was emptied", "less than half is a new beginning"],
)
def test_a_counter_stays_at_its_highest(in_redis: list[int], shown: list[int]) -> None:
    assert exposed(in_redis) == shown


@given(st.lists(st.integers(0, 1000)))
def test_no_counter_falls(values: list[int]) -> None:
    """Whatever Redis has."""
    shown = exposed(values)
    assert shown == sorted(shown)  # type: ignore[type-var]


def test_each_series_is_remembered_by_itself() -> None:
    """By its name and its labels; a whole number stays one."""
    counters = RisingCounters()
    counters.rising("a", ("shop",), 10)
    assert counters.rising("a", ("mirror",), 3) == 3
    assert counters.rising("b", ("shop",), 4) == 4
    assert isinstance(counters.rising("a", ("shop",), 9), int)


def test_a_histogram_keeps_its_buckets_and_its_sum() -> None:
    """Each bucket rises, and a larger bound never has less than a smaller one."""
    counters = RisingCounters()
    counters.rising("h", ("shop",), Distribution([(1.0, 10), (5.0, 12)], 30.5))
    shown = counters.rising("h", ("shop",), Distribution([(1.0, 9), (5.0, 11)], 28.0))
    assert shown == Distribution([(1.0, 10), (5.0, 12)], 30.5)
