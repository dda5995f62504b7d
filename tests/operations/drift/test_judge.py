"""A finding lasts until it is over, is accepted after a week, and is not kept when muted."""

from collections.abc import Collection
from typing import Any

import pytest
from support.hours import NOW, counted, history

from lanes.scripts import HOUR_MS
from operations.alerts.drift.finding import DETECTORS
from operations.alerts.drift.history import History
from operations.alerts.drift.judge import GAP_MS, Watch, judge
from operations.hourly_counts import Kind

END = (NOW + 1) * HOUR_MS
DAY_MS = 24 * HOUR_MS


def shop(since: int = 2, until: int = 0) -> History:
    """Return a shop whose purchases stopped and whose views lost the phone, from `since` hours ago to `until`."""

    def count(ago: int) -> dict[str, Any]:
        broken = until <= ago < since
        return {"Buy": counted(0 if broken else 90), "View": counted(200, {"phone": 0 if broken else 100})}

    return history(count)


def watched() -> Watch:
    """Return a watch that has lasted for a day."""
    return Watch(since_ms=END - DAY_MS, judged_ms=END - 1)


def subjects(watch: Watch) -> list[str]:
    """Return what its findings are about."""
    return [finding.subject for finding in watch.findings]


def test_a_finding_is_kept_once_and_ends_once() -> None:
    """In later judgements it keeps its beginning; what is over is remembered for a day."""
    watch = watched()
    judge(watch, shop(), END, END)
    began = [finding.since_ms for finding in watch.findings]
    judge(watch, shop(), END, END + 60_000)
    assert subjects(watch) == ["Buy", "phone"]
    assert [finding.since_ms for finding in watch.findings] == began
    judge(watch, shop(since=0), END, END + 120_000)
    assert subjects(watch) == []
    assert len(watch.recovered) == 2
    for minute in range(3, 24 * 60 + 9, 10):
        judge(watch, shop(since=0), END, END + minute * 60_000)
    assert watch.recovered == {}


def test_what_was_repaired_is_not_found_by_a_wide_window() -> None:
    """Purchases and phones came back two hours ago, after three hours without."""
    watch = watched()
    judge(watch, shop(since=5, until=2), END, END)
    assert subjects(watch) == []


def test_what_lasts_for_a_week_is_accepted_without_a_word() -> None:
    """It is neither shown any longer nor counted as recovered."""
    watch = watched()
    judge(watch, shop(), END, END)
    nothing = History({})
    for hours in (24 * 6, 24 * 7 + 1):
        judge(watch, nothing, END + hours * HOUR_MS, END + hours * HOUR_MS)
        assert len(watch.findings) == (2 if hours < 24 * 7 else 0)
    assert watch.recovered == {}


@pytest.mark.parametrize(
    ("detectors", "muted", "left"),
    {
        "all": (DETECTORS, (), ["Buy", "phone"]),
        "a detector is off": (("match_keys", "jumps"), (), ["phone"]),
        "none": ((), (), []),
        "a muted event": (DETECTORS, ("Buy",), ["phone"]),
        "a muted match key": (DETECTORS, ("phone",), ["Buy"]),
        "the only event of a finding": (DETECTORS, ("View",), ["Buy"]),
    }.values(),
)
def test_detectors_are_switched_off_and_names_muted(
    detectors: Collection[str], muted: Collection[str], left: list[str]
) -> None:
    """Also of findings that are there already: they go without having recovered."""
    for watch in (watched(), watched()):
        judge(watch, shop(), END, END, detectors, muted)
        assert subjects(watch) == left
    watch = watched()
    judge(watch, shop(), END, END)
    judge(watch, shop(), END, END + 60_000, detectors, muted)
    assert (subjects(watch), watch.recovered) == (left, {})


def test_a_gap_between_judgements_begins_again() -> None:
    """Relay was away: the hours before say nothing about silence."""
    watch = Watch(since_ms=END - DAY_MS, judged_ms=END - GAP_MS - 1)
    judge(watch, shop(), END, END)
    assert (watch.since_ms, subjects(watch)) == (END, ["phone"])


def test_a_known_cause_is_one_finding() -> None:
    """Phones are omitted for want of a country, so their share fell: only the omission is reported."""

    def count(ago: int) -> dict[str, Any]:
        omitted = {Kind("phone", "no country"): 90} if ago < 2 else {}
        return {"View": counted(200, {"phone": 10 if ago < 2 else 100}, omitted)}

    watch = watched()
    judge(watch, history(count), END, END)
    assert [(finding.detector, finding.subject) for finding in watch.findings] == [("jumps", "phone")]
