"""The names under which the days of the books count."""

import pytest

from delivery.outcome_names import OutcomeName, dead_lettered, delivered, read_outcome_name


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("accepted", OutcomeName("accepted")),
        ("unsupported", OutcomeName("unsupported")),
        (delivered("CompletePayment"), OutcomeName("delivered", "CompletePayment")),
        (dead_lettered("Search", "missing_parameter"), OutcomeName("dead", "Search", "missing_parameter")),
        (dead_lettered(None, "invalid_value"), OutcomeName("dead", "", "invalid_value")),
    ],
)
def test_what_a_name_says_is_what_was_said(name: str, end: OutcomeName) -> None:
    """Also of an event that could not be read, and so became no TikTok event."""
    assert read_outcome_name(name) == end
