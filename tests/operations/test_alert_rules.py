"""When alerts are sent: once for each change that lasts, and later if a connection changes often."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.alerts.rules import HOUR_MS, SAMPLE_MS, AlertMemory, Kind, Situation, decide, hold_ms, situation_of

MINUTE = 60_000
START = 1_000_000 * MINUTE


class Watcher:
    """Check a connection every two seconds."""

    def __init__(self) -> None:
        self.memory, self.now, self.dead_lettered = AlertMemory(), START, 0

    def watch(self, situation: Situation | None, ms: int, *, per_minute: float = 0.0, every: int = 2_000) -> list[Kind]:
        """Return the alerts of the next `ms` in which the connection is so, with `per_minute` dead letters a minute."""
        alerts: list[Kind] = []
        began, before = self.now, self.dead_lettered
        for now in range(began, began + ms, every):
            self.dead_lettered = before + round((now - began) / MINUTE * per_minute)
            alerts += decide(self.memory, situation, self.dead_lettered, 100, now)
        self.now = began + ms
        return alerts


@pytest.mark.parametrize(
    ("state", "by", "situation"),
    [
        ("", "", "well"),
        ("backing_off", "", "well"),
        ("paused", "", "fault"),
        ("paused", "circuit_breaker", "circuit_breaker"),
        ("paused", "operator", "operator"),
        ("disabled", "", None),
        ("removed", "operator", None),
    ],
)
def test_which_states_are_alerted(state: str, by: str, situation: Situation | None) -> None:
    """Every pause is; a connection that the configuration stops is not."""
    assert situation_of(state, by) == situation


@pytest.mark.parametrize(
    ("situation", "kind"),
    [("fault", "paused"), ("circuit_breaker", "circuit_breaker"), ("operator", "paused_by_operator")],
)
def test_a_pause_is_alerted_once_and_at_once_and_its_end_after_a_minute(situation: Situation, kind: Kind) -> None:
    """Also if either lasts long."""
    watcher = Watcher()
    assert watcher.watch("well", HOUR_MS) == []
    assert watcher.watch(situation, 2_000) == [kind]
    assert watcher.watch(situation, 12 * HOUR_MS) == []
    assert watcher.watch("well", 10_000) in ([], ["resumed"])
    watcher = Watcher()
    watcher.watch(situation, MINUTE)
    assert watcher.watch("well", MINUTE) == []
    assert watcher.watch("well", HOUR_MS) == ["resumed"]


def test_disabling_a_paused_connection_is_not_alerted() -> None:
    """Paused, disabled, enabled again and still paused: no second alert."""
    watcher = Watcher()
    assert watcher.watch("fault", MINUTE) == ["paused"]
    assert watcher.watch(None, HOUR_MS) == []
    assert watcher.watch("fault", HOUR_MS) == []


def test_a_connection_that_changes_all_day_is_alerted_rarely() -> None:
    """Every change that lasts is alerted in the end, but not every change."""
    watcher, alerts = Watcher(), []
    for _ in range(24 * 6):
        alerts += watcher.watch("fault", 5 * MINUTE)
        alerts += watcher.watch("well", 5 * MINUTE)
    assert 1 <= len(alerts) <= 6
    assert watcher.watch("fault", 4 * HOUR_MS)[-1:] in ([], ["paused"])
    assert watcher.memory.alerted == "fault"


def test_after_quiet_hours_a_pause_is_alerted_at_once_again() -> None:
    """Former changes no longer delay the alert."""
    watcher = Watcher()
    for _ in range(10):
        watcher.watch("fault", 3 * MINUTE)
        watcher.watch("well", 3 * MINUTE)
    watcher.watch("well", 4 * HOUR_MS)
    assert watcher.watch("fault", 2_000) == ["paused"]


def test_how_long_a_change_must_last() -> None:
    """At once, then a minute, doubling up to an hour."""
    assert [hold_ms(n) // MINUTE for n in range(9)] == [0, 1, 2, 4, 8, 16, 32, 60, 60]


def test_many_dead_letters_are_alerted_once_until_they_are_few_again() -> None:
    """A hundred within an hour are many; as many over a day are not."""
    watcher = Watcher()
    assert watcher.watch("well", 12 * HOUR_MS, per_minute=1, every=10_000) == []
    assert watcher.watch("well", 12 * HOUR_MS, per_minute=10, every=10_000) == ["dead_letters"]
    assert watcher.watch("well", 2 * HOUR_MS, every=10_000) == []
    assert watcher.watch("well", MINUTE, per_minute=1000) == ["dead_letters"]


def test_dead_letters_before_the_first_check_are_not_alerted() -> None:
    """A new webhook gets no alert about last month."""
    assert decide(AlertMemory(), "well", 1_000_000, 100, START) == []


def test_a_limit_of_zero_switches_the_alert_off() -> None:
    """A million dead letters then raise no alert."""
    memory = AlertMemory()
    decide(memory, "well", 0, 0, START)
    assert decide(memory, "well", 1_000_000, 0, START + SAMPLE_MS) == []


@given(
    st.lists(st.tuples(st.sampled_from(["well", "fault", "circuit_breaker", "operator", None]), st.integers(1, 120)))
)
def test_in_the_end_the_last_state_is_alerted_and_no_alert_comes_twice(
    story: list[tuple[Situation | None, int]],
) -> None:
    """Two alerts in a row about a pause or its end are never the same; memory stays small."""
    watcher, alerts = Watcher(), []
    for situation, minutes in story:
        alerts += watcher.watch(situation, minutes * MINUTE, every=MINUTE)
    alerts += watcher.watch("well", 3 * HOUR_MS, every=MINUTE)
    assert watcher.memory.alerted == "well"
    assert all(first != second for first, second in itertools.pairwise(alerts))
    assert not alerts or alerts[-1] == "resumed"
    assert len(watcher.memory.samples) <= 14
