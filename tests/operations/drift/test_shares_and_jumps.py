"""Match keys whose share fell by more than half, and kinds of failures that became many."""

from collections.abc import Callable
from typing import Any

import pytest
from support.hours import NOW, WEEK, counted, history

from lanes.scripts import HOUR_MS
from operations.alerts.drift.jumps import find_jumps, is_over
from operations.alerts.drift.match_key_shares import find_fallen_shares, is_carried_again
from operations.hourly_counts import Kind

END = (NOW + 1) * HOUR_MS
BAD_URL, NO_COUNTRY = Kind("", "invalid_url"), Kind("phone", "no country")


@pytest.mark.parametrize(
    ("phones", "sent", "expected"),
    {
        "as always": (lambda ago: 60, 100, []),
        "none since an hour": (lambda ago: 0 if ago < 1 else 60, 100, ["phone"]),
        "a sixth is left": (lambda ago: 10 if ago < 2 else 60, 100, ["phone"]),
        "a little more than half is left": (lambda ago: 32 if ago < 6 else 60, 100, []),
        "a rare event": (lambda ago: 0 if ago < 6 else 6, 10, []),
        "it was never carried": (lambda ago: 0, 100, []),
        "a campaign of last week brought it": (lambda ago: 80 if 48 < ago < WEEK + 24 else 20, 100, []),
        "one bad day of last week": (lambda ago: 0 if ago < 2 or 72 < ago < 96 else 60, 100, ["phone"]),
    }.values(),
)
def test_what_has_fallen(phones: Callable[[int], int], sent: int, expected: list[str]) -> None:
    """Of the events of an hour; the user agent is always there."""
    shop = history(lambda ago: {"Buy": counted(sent, {"phone": phones(ago), "user_agent": sent})})
    found = find_fallen_shares(shop, END)
    assert [finding.subject for finding in found] == expected
    assert all((finding.events, finding.usual) == (["Buy"], 0.6) for finding in found)


def test_events_that_lost_the_same_key_are_one_finding() -> None:
    """A release drops the phone of every event; a new event has none and says nothing."""

    def count(ago: int) -> dict[str, Any]:
        events = {name: counted(200, {"phone": 0 if ago < 2 else 100}) for name in ("Buy", "View")}
        return events if ago > 24 else {**events, "New": counted(200)}

    [finding] = find_fallen_shares(history(count), END)
    assert (finding.subject, finding.events) == ("phone", ["Buy", "View"])


@pytest.mark.parametrize(("clicks", "expected"), [(60, []), (15, []), (7, []), (5, ["ttclid"]), (0, ["ttclid"])])
def test_the_click_id_follows_the_ads(clicks: int, expected: list[str]) -> None:
    """After two weeks of a campaign it falls to a fourth; only when less than a tenth is left, it is missing."""
    shop = history(lambda ago: {"View": counted(200, {"ttclid": clicks if ago < 4 else 60})})
    assert [finding.subject for finding in find_fallen_shares(shop, END)] == expected


@pytest.mark.parametrize(("phones", "back"), [(0, False), (30, False), (45, True), (60, True)])
def test_a_match_key_is_back_at_six_tenths_of_its_share(phones: int, back: bool) -> None:
    """Measured in the running hour and the one before."""
    fallen = history(lambda ago: {"Buy": counted(100, {"phone": 0 if ago < 2 else 60})})
    [finding] = find_fallen_shares(fallen, END)
    later = history(lambda ago: {"Buy": counted(100, {"phone": phones})})
    assert is_carried_again(finding, later, END) is back


@pytest.mark.parametrize("kind", [BAD_URL, NO_COUNTRY])
@pytest.mark.parametrize(
    ("number", "expected"),
    {
        "as always": (lambda ago: 3, 0),
        "never before": (lambda ago: 40 if ago < 1 else 0, 1),
        "ten times as many": (lambda ago: 40 if ago < 1 else 4, 1),
        "twice as many": (lambda ago: 40 if ago < 1 else 20, 0),
        "fewer than twenty": (lambda ago: 19 if ago < 1 else 0, 0),
        "bursts come every few days": (lambda ago: 40 if ago % 60 == 0 else 1, 0),
    }.values(),
)
def test_what_has_jumped(kind: Kind, number: Callable[[int], int], expected: int) -> None:
    """Dead letters and omissions alike."""
    found = find_jumps(history(lambda ago: {"Buy": counted(500, None, {kind: number(ago)})}), END)
    assert [(each.subject, each.reason, each.events) for each in found] == [(*kind, ["Buy"])] * expected


def test_what_grows_with_the_traffic_is_no_jump() -> None:
    """A campaign brings four times the events and four times the dead letters; few of many are no jump either."""

    def count(ago: int) -> dict[str, Any]:
        times = 4 if ago < 30 else 1
        return {"Buy": counted(5_000 * times, None, {BAD_URL: 60 * times, NO_COUNTRY: 40 if ago < 1 else 0})}

    assert find_jumps(history(count), END) == []


def test_new_events_do_not_jump_and_unreadable_ones_do() -> None:
    """The mapping of a new event is tried out; what cannot be read is never new."""

    def count(ago: int) -> dict[str, Any]:
        failing = {"New": counted(0, None, {BAD_URL: 90}), "": counted(0, None, {Kind("", "no_json"): 50})}
        return {"Buy": counted(500)} | (failing if ago < 2 else {})

    assert [(finding.reason, finding.events) for finding in find_jumps(history(count), END)] == [("no_json", [""])]


@pytest.mark.parametrize(("number", "over"), [(40, False), (25, False), (19, True), (0, True)])
def test_a_jump_is_over_at_half_of_its_share(number: int, over: bool) -> None:
    """Measured in the running hour and the one before."""
    [finding] = find_jumps(history(lambda ago: {"Buy": counted(500, None, {BAD_URL: 40 if ago < 1 else 1})}), END)
    assert is_over(finding, history(lambda ago: {"Buy": counted(500, None, {BAD_URL: number})}), END) is over
