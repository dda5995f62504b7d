"""Silence: what came steadily and stopped is found; everything else is quiet."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hours import NOW, WEEK, counted, history

from lanes.scripts import HOUR_MS
from operations.alerts.drift.history import EVERY_EVENT
from operations.alerts.drift.poisson import at_least, at_most
from operations.alerts.drift.silence import comes_again, find_silence

ALWAYS = 0
END = (NOW + 1) * HOUR_MS


def found(buys: Callable[[int], int], hours: int = 2 * WEEK + 2, until_ms: int = END, since_ms: int = ALWAYS) -> Any:
    """Return the subjects found in a shop with 500 views an hour; `buys` takes the hours ago."""
    shop = history(lambda ago: {"View": counted(500), "Buy": counted(buys(ago))}, hours)
    return [finding.subject for finding in find_silence(shop, until_ms, since_ms)]


@pytest.mark.parametrize(
    ("buys", "expected"),
    {
        "it comes as always": (lambda ago: 40, []),
        "it stopped an hour ago": (lambda ago: 0 if ago < 1 else 40, ["Buy"]),
        "old versions still send a trickle": (lambda ago: 2 if ago < 2 else 60, ["Buy"]),
        "a tenth is left": (lambda ago: 6 if ago < 3 else 60, []),
        "half is left": (lambda ago: 20 if ago < 3 else 40, []),
        "it came rarely": (lambda ago: 0 if ago < 6 else 9, []),
        "as often as counts at least": (lambda ago: 0 if ago < 1 else 20, ["Buy"]),
        "it never came at this time of the week": (lambda ago: 0 if ago % WEEK < 3 else 40, []),
        "last week it came in the hour before and not in this one": (lambda ago: 0 if ago in (0, WEEK) else 40, []),
        "daylight-saving time: last week it began an hour earlier": (lambda ago: 0 if ago in (0, WEEK + 1) else 40, []),
        "it came often only in a campaign of last week": (lambda ago: 90 if 24 < ago < WEEK + 48 else 1, []),
        "it is new": (lambda ago: 40 if 1 <= ago < WEEK - 9 else 0, []),
        "it began eight days ago": (lambda ago: 40 if 1 <= ago < WEEK + 24 else 0, ["Buy"]),
    }.values(),
)
def test_what_has_stopped(buys: Callable[[int], int], expected: list[str]) -> None:
    """Of an event that is usual in both weeks, at the end of an hour."""
    assert found(buys) == expected


def test_a_week_of_counts_is_needed_and_is_enough() -> None:
    """In the first week nothing is usual."""
    stopped = {days: found(lambda ago: 0 if ago < 1 else 40, days * 24) for days in (2, 6, 7, 8, 12)}
    assert stopped == {2: [], 6: [], 7: [], 8: ["Buy"], 12: ["Buy"]}


def test_a_running_hour_is_judged_by_the_part_that_is_over() -> None:
    """Forty minutes without any are enough, fewer are not."""
    stopped = [found(lambda ago: 0 if ago < 1 else 40, until_ms=END - minutes * 60_000) for minutes in (0, 20, 21, 59)]
    assert stopped == [["Buy"], ["Buy"], [], []]


def test_only_time_in_which_relay_watched_is_judged() -> None:
    """After an outage of relay or a disabled connection, silence counts from then on."""
    assert found(lambda ago: 0 if ago < 5 else 40, since_ms=END - 10 * 60_000) == []
    assert found(lambda ago: 0 if ago < 5 else 40, since_ms=END - 50 * 60_000) == ["Buy"]


def test_when_all_events_stop_that_is_one_finding() -> None:
    """It says since when, and how many usually come."""
    shop = history(lambda ago: {} if ago < 2 else {"View": counted(500 if ago > 2 else 250), "Buy": counted(40)})
    [finding] = find_silence(shop, END, ALWAYS)
    assert (finding.subject, finding.usual) == (EVERY_EVENT, 540)
    assert NOW - 2 < finding.since_ms / HOUR_MS < NOW - 1
    assert finding.seen == 0


def test_hours_in_which_nothing_came_say_nothing() -> None:
    """Relay was away in these hours a week ago: the week before counts alone."""
    events = {"View": counted(500), "Buy": counted(40)}
    shop = history(lambda ago: {} if ago in (WEEK, WEEK + 1) else {**events, "Buy": counted(40 if ago else 0)})
    assert [finding.subject for finding in find_silence(shop, END, ALWAYS)] == ["Buy"]


def test_a_tenth_of_the_usual_number_ends_it() -> None:
    """And at least five."""
    [finding] = find_silence(history(lambda ago: {"View": counted(500), "Buy": counted(80 if ago else 0)}), END, ALWAYS)
    hours = [{"Buy": counted(number)} for number in (0, 3, 4)]
    again = [comes_again(finding, history(lambda _, hour=hour: hour), END) for hour in hours]  # type: ignore[misc]
    assert again == [False, False, True]


@given(st.integers(0, 60), st.floats(0.1, 90))
def test_the_two_tails_are_those_of_poisson(count: int, mean: float) -> None:
    """At most `count` and more than `count` add up to one; a number on the usual side is not unlikely at all."""
    low, high = at_most(count, mean), at_least(count + 1, mean)
    if count < mean < count + 1:
        assert low + high == pytest.approx(1, abs=1e-9)
    else:
        assert max(low, high) == 1
        assert 0 <= min(low, high) < 1


@pytest.mark.parametrize(
    ("probability", "known"),
    [
        (at_most(0, 10), 4.54e-5),
        (at_most(5, 20), 7.19e-5),
        (at_least(20, 8), 2.53e-4),
        (at_least(1, 0), 0),
        (at_most(0, 0), 1),
    ],
)
def test_known_probabilities(probability: float, known: float) -> None:
    """From a table of the Poisson distribution."""
    assert probability == pytest.approx(known, rel=0.01)
