"""Judge a connection: which findings are new, which last, and which are over."""

from collections.abc import Callable, Collection, Mapping
from typing import Final

import msgspec

from lanes.scripts import HOUR_MS
from operations.alerts.drift.finding import DETECTORS, Detector, Finding
from operations.alerts.drift.history import EVERY_EVENT, History
from operations.alerts.drift.jumps import find_jumps, is_over
from operations.alerts.drift.match_key_shares import find_fallen_shares, is_carried_again
from operations.alerts.drift.silence import comes_again, find_silence

GAP_MS: Final = 15 * 60_000
"""A longer time between two judgements means that relay was away, or that the connection was disabled."""
ACCEPTED_AFTER_MS: Final = 7 * 24 * HOUR_MS
"""A change that lasts for a week is what is usual from then on."""
REMEMBERED_MS: Final = 24 * HOUR_MS


class Watch(msgspec.Struct):
    """What is remembered of a connection: since when it is judged without a gap, and its findings.

    `recovered` has the findings that are over, with the time; those that were accepted or muted are not in it.
    """

    since_ms: int = 0
    judged_ms: int = 0
    findings: list[Finding] = []
    recovered: dict[str, int] = {}


_IS_OVER: Final[Mapping[Detector, Callable[[Finding, History, int], bool]]] = {
    "silence": comes_again,
    "match_keys": is_carried_again,
    "jumps": is_over,
}


def judge(
    watch: Watch,
    history: History,
    until_ms: int,
    now_ms: int,
    detectors: Collection[str] = DETECTORS,
    muted: Collection[str] = (),
) -> None:
    """Update what is remembered of a connection. All events that it received before `until_ms` are counted."""
    if not 0 <= now_ms - watch.judged_ms <= GAP_MS:
        watch.since_ms = now_ms
    watch.judged_ms = now_ms
    watch.recovered = {each: ms for each, ms in watch.recovered.items() if now_ms - ms < REMEMBERED_MS}
    kept = [finding for finding in watch.findings if _is_wanted(finding, detectors, muted)]
    found = [each for each in _found(history, until_ms, watch, detectors) if _is_wanted(each, detectors, muted)]
    found_ids = {finding.id for finding in found}
    watch.findings = []
    for finding in kept:
        if finding.id not in found_ids and _IS_OVER[finding.detector](finding, history, until_ms):
            watch.recovered[finding.id] = now_ms
        elif now_ms - finding.since_ms < ACCEPTED_AFTER_MS:
            watch.findings.append(finding)
    for finding in found:
        _keep(watch, finding)


def _found(history: History, until_ms: int, watch: Watch, detectors: Collection[str]) -> list[Finding]:
    """Return what is so now. A wide window may show what the last two hours no longer have: that is left out."""
    found = find_silence(history, until_ms, watch.since_ms) if "silence" in detectors else []
    changed = find_jumps(history, until_ms) if "jumps" in detectors else []
    if "match_keys" in detectors:
        changed += find_fallen_shares(history, until_ms)
    return found + [finding for finding in changed if not _IS_OVER[finding.detector](finding, history, until_ms)]


def _is_wanted(finding: Finding, detectors: Collection[str], muted: Collection[str]) -> bool:
    """Return whether its detector is on and neither its subject, its reason nor all its events are muted."""
    names = {finding.subject, finding.reason} - {""}
    all_muted = bool(finding.events) and all(event in muted for event in finding.events)
    return finding.detector in detectors and not all_muted and names.isdisjoint(muted)


def _keep(watch: Watch, finding: Finding) -> None:
    """Add a finding; one that is there already only gets its further events, and one with a known cause none."""
    for former in watch.findings:
        if former.id == finding.id:
            former.events += [event for event in finding.events if event not in former.events]
            return
        if finding.detector == "silence" and former.id == Finding("silence", EVERY_EVENT, 0, 0).id:
            return
        if finding.detector == "match_keys" and former.detector == "jumps" and former.subject == finding.subject:
            return
    watch.findings.append(finding)
