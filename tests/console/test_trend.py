"""The small chart of shares over days."""

from console.trend import trend_of


def test_the_line_goes_from_the_bottom_to_the_top() -> None:
    """A share of 0 is the lowest level, 1 the highest; each day is as wide as the others."""
    assert trend_of([0.0, 1.0]) == ["0.0,19.0 50.0,19.0 50.0,1.0 100.0,1.0"]


def test_a_day_without_events_ends_a_line() -> None:
    """A single day between two such days is a line as well."""
    assert trend_of([None, 0.5, None, 1.0]) == ["25.0,10.0 50.0,10.0", "75.0,1.0 100.0,1.0"]
    assert trend_of([]) == trend_of([None]) == []
