"""The names under which the days of the books count."""

import pytest

from delivery.outcome_names import End, delivered, died, read_end


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("accepted", End("accepted")),
        ("unsupported", End("unsupported")),
        (delivered("CompletePayment"), End("delivered", "CompletePayment")),
        (died("Search", "missing_parameter"), End("dead", "Search", "missing_parameter")),
        (died(None, "invalid_value"), End("dead", "", "invalid_value")),
    ],
)
def test_what_a_name_says_is_what_was_said(name: str, end: End) -> None:
    """Also of an event that could not be read, and so became no TikTok event."""
    assert read_end(name) == end
