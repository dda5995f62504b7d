"""When people are told: once for each change that lasts, the more slowly the more restless a connection is."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from operations.alerts.rules import HOUR_MS, SAMPLE_MS, Kind, Memory, Situation, decide, hold_ms, situation_of

MINUTE = 60_000
START = 1_000_000 * MINUTE


class Watcher:
    """Looks every two seconds at a connection that is as it is told to be."""

    def __init__(self) -> None:
        self.memory, self.now, self.dead = Memory(), START, 0

    def watch(self, situation: Situation | None, ms: int, *, dying: float = 0.0, every: int = 2_000) -> list[Kind]:
        """What is told in that time; `dying` events a minute."""
        told: list[Kind] = []
        began, dead = self.now, self.dead
        for now in range(began, began + ms, every):
            self.dead = dead + round((now - began) / MINUTE * dying)
            told += decide(self.memory, situation, self.dead, 100, now)
        self.now = began + ms
        return told


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
def test_what_is_news_of_a_state(state: str, by: str, situation: Situation | None) -> None:
    """Pauses, whoever made them; what the configuration puts to rest is nobody's surprise."""
    assert situation_of(state, by) == situation


@pytest.mark.parametrize(
    ("situation", "kind"),
    [("fault", "paused"), ("circuit_breaker", "circuit_breaker"), ("operator", "paused_by_operator")],
)
def test_a_pause_is_told_at_once_and_once_and_its_end_after_a_minute(situation: Situation, kind: Kind) -> None:
    """However long either lasts."""
    watcher = Watcher()
    assert watcher.watch("well", HOUR_MS) == []
    assert watcher.watch(situation, 2_000) == [kind]
    assert watcher.watch(situation, 12 * HOUR_MS) == []
    assert watcher.watch("well", 10_000) in ([], ["resumed"])
    watcher = Watcher()
    watcher.watch(situation, MINUTE)
    assert watcher.watch("well", MINUTE) == []
    assert watcher.watch("well", HOUR_MS) == ["resumed"]


def test_what_the_configuration_puts_to_rest_changes_nothing_told() -> None:
    """Paused, disabled, enabled again and still paused: no news."""
    watcher = Watcher()
    assert watcher.watch("fault", MINUTE) == ["paused"]
    assert watcher.watch(None, HOUR_MS) == []
    assert watcher.watch("fault", HOUR_MS) == []


def test_a_connection_that_flaps_all_day_is_told_of_rarely() -> None:
    """Every change that lasts is told in the end, but not every change."""
    watcher, told = Watcher(), []
    for _ in range(24 * 6):
        told += watcher.watch("fault", 5 * MINUTE)
        told += watcher.watch("well", 5 * MINUTE)
    assert 1 <= len(told) <= 6
    assert watcher.watch("fault", 4 * HOUR_MS)[-1:] in ([], ["paused"])
    assert watcher.memory.alerted == "fault"


def test_after_hours_of_quiet_a_pause_is_told_at_once_again() -> None:
    """Restlessness is forgotten."""
    watcher = Watcher()
    for _ in range(10):
        watcher.watch("fault", 3 * MINUTE)
        watcher.watch("well", 3 * MINUTE)
    watcher.watch("well", 4 * HOUR_MS)
    assert watcher.watch("fault", 2_000) == ["paused"]


def test_how_long_a_change_must_last() -> None:
    """At once, then a minute, doubling up to an hour."""
    assert [hold_ms(n) // MINUTE for n in range(9)] == [0, 1, 2, 4, 8, 16, 32, 60, 60]


def test_many_deaths_are_told_once_until_they_are_few_again() -> None:
    """A hundred within an hour; one after another over a day are none."""
    watcher = Watcher()
    assert watcher.watch("well", 12 * HOUR_MS, dying=1, every=10_000) == []
    assert watcher.watch("well", 12 * HOUR_MS, dying=10, every=10_000) == ["dead_letters"]
    assert watcher.watch("well", 2 * HOUR_MS, every=10_000) == []
    assert watcher.watch("well", MINUTE, dying=1000) == ["dead_letters"]


def test_deaths_before_the_first_look_are_old_news() -> None:
    """Whoever sets a webhook is not told of last month."""
    assert decide(Memory(), "well", 1_000_000, 100, START) == []


def test_a_limit_of_zero_tells_of_none() -> None:
    """It is how that alert is switched off."""
    memory = Memory()
    decide(memory, "well", 0, 0, START)
    assert decide(memory, "well", 1_000_000, 0, START + SAMPLE_MS) == []


@given(
    st.lists(st.tuples(st.sampled_from(["well", "fault", "circuit_breaker", "operator", None]), st.integers(1, 120)))
)
def test_whatever_happens_the_last_state_is_told_in_the_end_and_nothing_twice(
    story: list[tuple[Situation | None, int]],
) -> None:
    """Two tellings of pauses or their ends in a row are never the same; memory stays small."""
    watcher, told = Watcher(), []
    for situation, minutes in story:
        told += watcher.watch(situation, minutes * MINUTE, every=MINUTE)
    told += watcher.watch("well", 3 * HOUR_MS, every=MINUTE)
    assert watcher.memory.alerted == "well"
    assert all(one != other for one, other in itertools.pairwise(told))
    assert not told or told[-1] == "resumed"
    assert len(watcher.memory.samples) <= 14
