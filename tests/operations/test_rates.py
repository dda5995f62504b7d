"""Events per second are those between readings, and of the last seconds only."""

import pytest

from lanes.ledger import ConnectionReading, Reading
from operations.status.rates import Rates


def reading(second: float, accepted: int, delivered: int, name: str = "shop") -> Reading:
    """One connection's books at that second."""
    books = {"accepted": accepted, "delivered": delivered}
    return Reading(round(second * 1000), [ConnectionReading(name, books, {}, [], 0, {}, {})], [])


def test_one_reading_tells_no_pace() -> None:
    """Nor does a connection that has just come."""
    rates = Rates()
    assert rates.of("shop") is None
    rates.add(reading(1, 10, 5))
    assert rates.of("shop") is None
    rates.add(reading(2, 10, 5, "other"))
    assert rates.of("other") is None


def test_a_pace_is_of_the_last_ten_seconds() -> None:
    """A hundred a second first, then ten; what was before is forgotten."""
    rates = Rates()
    for second in range(20):
        rates.add(reading(second, second * 100, second * 50))
    assert rates.of("shop") == (100, 50)
    for second in range(20, 32):
        rates.add(reading(second, 2_000 + (second - 20) * 10, 1_000))
    assert rates.of("shop") == pytest.approx((10, 0))
