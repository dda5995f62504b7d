"""Generated weeks: no false alarm in eight quiet ones, and every planted break within two hours of traffic."""

import pytest

from benchmarks.drift.__main__ import minutes_of_silence
from benchmarks.drift.backtest import break_of, cases, quiet_weeks


@pytest.mark.parametrize("seed", [101, 102])
def test_eight_quiet_weeks_have_no_false_alarm(seed: int) -> None:
    """With weekends, campaigns, holidays, the change to daylight-saving time, an outage of relay and a new event."""
    assert quiet_weeks(seed) == []


@pytest.mark.parametrize("number", range(len(cases())), ids=[case.name for case in cases()])
def test_every_planted_break_is_found_within_two_hours_of_traffic(number: int) -> None:
    """At other times of the week for other seeds; and nothing else is reported."""
    outcome = break_of(number, 100 + number)
    assert outcome.traffic_h is not None
    assert outcome.traffic_h <= 2
    assert outcome.others == []


def test_the_rarest_steady_event_is_certain_within_an_hour() -> None:
    """20 an hour."""
    assert minutes_of_silence(20) <= 60
