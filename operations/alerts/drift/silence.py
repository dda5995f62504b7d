"""Find TikTok events that came steadily and have stopped."""

from typing import Final

from lanes.scripts import HOUR_MS
from operations.alerts.drift.finding import Finding
from operations.alerts.drift.history import EVERY_EVENT, STEADY, History, running_hour
from operations.alerts.drift.poisson import at_most

WINDOW_HOURS: Final = 6
TRICKLE: Final = 0.05
"""The share of the usual number up to which an event has stopped: old versions of an app may still send it."""
HALF: Final = 0.5
"""A day with half of the usual traffic is no break."""
UNLIKELY: Final = 5e-5
LEAST_MS: Final = 40 * 60_000
"""A shorter silence is no break: two campaigns may have raised what is usual."""


def find_silence(history: History, until_ms: int, watched_since_ms: int) -> list[Finding]:
    """Return what has stopped. Only the time since `watched_since_ms` counts: before, relay may have been away.

    All events received before `until_ms` are counted. When all events have stopped, that is the only finding.
    """
    everything = _silence_of(history, EVERY_EVENT, until_ms, watched_since_ms)
    if everything:
        return [everything]
    known = history.known(running_hour(until_ms))
    found = (_silence_of(history, event, until_ms, watched_since_ms) for event in known if event)
    return [finding for finding in found if finding]


def _silence_of(history: History, event: str, until_ms: int, watched_since_ms: int) -> Finding | None:
    """Return the silence of an event in the running hour and up to five hours before; None while it comes.

    One of these hours must be steady, the others half as much: around the limit, chance decides for each hour.
    """
    expected, count, is_steady = 0.0, 0, False
    last = running_hour(until_ms)
    for hour in range(last, last - WINDOW_HOURS, -1):
        begin_ms = max(hour * HOUR_MS, watched_since_ms)
        end_ms = min((hour + 1) * HOUR_MS, until_ms)
        usual = history.usual(event, hour)
        is_steady = is_steady or usual >= STEADY
        if usual < STEADY * HALF or begin_ms >= end_ms:
            return None
        expected += usual * (end_ms - begin_ms) / HOUR_MS
        count += history.came(event, hour)
        is_long = until_ms - begin_ms >= LEAST_MS
        if is_steady and is_long and count <= expected * TRICKLE and at_most(count, expected * HALF) < UNLIKELY:
            return Finding("silence", event, _began_ms(history, event, hour), usual, count, round(expected))
    return None


def _began_ms(history: History, event: str, hour: int) -> int:
    """Return when an event stopped, about: the hour before may have had a part of its usual number."""
    for former in range(hour - 1, hour - WINDOW_HOURS, -1):
        usual, came = history.usual(event, former), history.came(event, former)
        if not usual or came > usual * TRICKLE:
            part = min(1.0, came / usual) if usual else 1.0
            return round((former + part) * HOUR_MS)
    return hour * HOUR_MS


def comes_again(finding: Finding, history: History, until_ms: int) -> bool:
    """Return whether a tenth of the usual number came in the running hour and the one before."""
    last = running_hour(until_ms)
    came = sum(history.came(finding.subject, hour) for hour in (last, last - 1))
    return came >= max(5, finding.usual / 10)
