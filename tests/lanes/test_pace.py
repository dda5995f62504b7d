"""How a lane slows, searches and speeds up again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lanes.pace import after_retry, after_split, after_success
from lanes.settlement import Pace

MOST = 1000


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Pace(limit=1000), Pace()),
        (Pace(limit=4, attempts=7, failing_since=5), Pace(limit=8)),
        (Pace(limit=500), Pace()),
        (Pace(limit=499), Pace(limit=998)),
    ],
)
def test_success_doubles_and_forgets_the_failures(before: Pace, after: Pace) -> None:
    """At full speed nothing is stored."""
    assert after_success(before, before.limit, MOST) == after


def test_each_failure_halves_what_was_tried_and_remembers_the_first() -> None:
    """Down to a single event, never to none."""
    pace, taken = Pace(limit=1000), 1000
    for attempt in range(1, 15):
        pace = after_retry(pace, taken, now_ms=attempt)
        assert (pace.attempts, pace.failing_since) == (attempt, 1)
        taken = pace.limit
    assert taken == 1


@given(st.integers(2, 1000), st.data())
def test_the_one_bad_event_is_found_in_few_requests(events: int, data: st.DataObject) -> None:
    """A search by halves: at most 2 + log2 requests, each bad request making the suspects fewer."""
    bad = data.draw(st.integers(0, events - 1))
    pace, first, requests = Pace(limit=events), 0, 0
    while True:
        taken = min(pace.limit or MOST, events - first)
        requests += 1
        assert requests <= 2 + events.bit_length()
        if not first <= bad < first + taken:
            first, pace = first + taken, after_success(pace, taken, MOST)
        elif taken == 1:
            break
        else:
            pace = after_split(pace, taken)


@given(st.integers(2, 1000), st.data())
def test_a_name_in_the_refusal_saves_requests_and_a_wrong_one_costs_few(events: int, data: st.DataObject) -> None:
    """Right: three requests. Wrong: two more than without any."""
    bad = data.draw(st.integers(0, events - 1))
    named = data.draw(st.just(bad) | st.integers(0, events - 1))
    pace, first, requests = Pace(limit=events), 0, 0
    while True:
        taken = min(pace.limit or MOST, events - first)
        requests += 1
        if not first <= bad < first + taken:
            first, pace = first + taken, after_success(pace, taken, MOST)
        elif taken == 1:
            break
        else:
            pace = after_split(pace, taken, named - first + 1 if first <= named < first + taken else 0)
    assert requests <= (3 if named == bad else 4 + events.bit_length())
