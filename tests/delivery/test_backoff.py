"""How long to wait: full jitter up to a cap, unless TikTok asks for another wait."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.backoff import delay, retry_after_s

NOW_S = 1795478400.0  # Tue, 24 Nov 2026 00:00:00 GMT


@pytest.mark.parametrize(
    ("attempt", "longest"), [(1, 1), (2, 2), (3, 4), (4, 8), (9, 256), (10, 300), (11, 300), (10**9, 300), (0, 1)]
)
def test_the_longest_wait_doubles_up_to_five_minutes(attempt: int, longest: float) -> None:
    """The shortest wait is zero: full jitter."""
    assert delay(attempt, None, lambda: 1.0) == longest
    assert delay(attempt, None, lambda: 0.5) == longest / 2
    assert delay(attempt, None, lambda: 0.0) == 0


@pytest.mark.parametrize(
    ("asked", "waits"), [(30, 30), (0, 1), (-5, 1), (1e9, 3600), (299.5, 299.5)], ids=["as is", *"abcd"]
)
def test_a_wait_that_tiktok_asks_for_counts_within_its_limits(asked: float, waits: float) -> None:
    """It does not depend on the attempt or on chance."""
    assert delay(1, asked, lambda: 0.0) == delay(20, asked, lambda: 1.0) == waits


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120),
        (" 7 ", 7),
        ("0", 0),
        ("1.5", 1.5),
        ("Tue, 24 Nov 2026 00:02:00 GMT", 120),
        ("Mon, 23 Nov 2026 23:59:00 GMT", -60),
        ("Tuesday, 24-Nov-26 00:02:00 GMT", 120),
        (None, None),
        ("", None),
        ("-5", None),
        ("soon", None),
        ("١٢", None),
        ("9" * 5000, None),
        ("Tue, 99 Nov 2026 00:02:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str | None, seconds: float | None) -> None:
    """A date is compared with the given time; None when the header is neither."""
    assert retry_after_s(header, NOW_S) == seconds


@given(st.text(), st.integers(), st.floats(0, 1, exclude_max=True))
def test_no_header_makes_a_wait_without_bounds(header: str, attempt: int, dice: float) -> None:
    """A wait is never negative and never above an hour."""
    assert 0 <= delay(attempt, retry_after_s(header, NOW_S), lambda: dice) <= 3600
