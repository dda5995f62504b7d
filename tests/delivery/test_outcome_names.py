"""The names of the daily counts."""

import pytest

from delivery.outcome_names import OutcomeName, dead_lettered, delivered, read_outcome_name


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("accepted", OutcomeName("accepted")),
        ("unsupported", OutcomeName("unsupported")),
        (delivered("CompletePayment"), OutcomeName("delivered", "CompletePayment")),
        (dead_lettered("Search", "missing_parameter"), OutcomeName("dead_lettered", "Search", "missing_parameter")),
        (dead_lettered(None, "invalid_value"), OutcomeName("dead_lettered", "", "invalid_value")),
    ],
)
def test_a_name_is_read_as_it_was_written(name: str, end: OutcomeName) -> None:
    """The TikTok event is empty for an event that could not be read."""
    assert read_outcome_name(name) == end
