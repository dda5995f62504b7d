"""Find dead letters of one reason, and omissions of one kind, that have become many."""

from collections.abc import Sequence
from typing import Final

from lanes.scripts import HOUR_MS
from operations.alerts.drift.finding import Finding
from operations.alerts.drift.history import DAY, EVERY_EVENT, History, kinds_in, running_hour, usually_at_most
from operations.alerts.drift.poisson import at_least
from operations.hourly_counts import Kind

WINDOW_HOURS: Final = 3
LEAST: Final = 20
"""Fewer within three hours are no jump."""
LEAST_PART: Final = 0.01
TIMES: Final = 2
UNLIKELY: Final = 1e-5


def find_jumps(history: History, until_ms: int) -> list[Finding]:
    """Return each kind whose number is far above the usual one, in the running hour and up to two hours before."""
    last = running_hour(until_ms)
    events = [*dict.fromkeys(["", *history.known(last)])]  # "": events that could not be read are never new
    found: dict[Kind, Finding] = {}
    for width in range(1, WINDOW_HOURS + 1):
        hours = range(last - width + 1, last + 1)
        for kind, number in kinds_in(history, events, hours)[0].items():
            if kind not in found and number >= LEAST and (jump := _jump_of(history, events, kind, hours)):
                found[kind] = jump
    return list(found.values())


def _jump_of(history: History, events: Sequence[str], kind: Kind, hours: Sequence[int]) -> Finding | None:
    """Return the jump of this kind among the events that it concerns; None when it is not above the usual."""
    about = [event for event in events if any(kind in history.of(event, hour).kinds for hour in hours)]
    kinds, came = kinds_in(history, about, hours)
    expected = _expected(history, about, kind, hours, came)
    if expected is None or kinds[kind] < came * LEAST_PART or at_least(kinds[kind], expected) >= UNLIKELY:
        return None
    return Finding("jumps", kind.key, hours[0] * HOUR_MS, expected, kinds[kind], came, kind.reason, about)


def _expected(history: History, about: Sequence[str], kind: Kind, hours: Sequence[int], came: int) -> float | None:
    """Return the number up to which this is no jump: twice the usual share, or twice the usual burst.

    Both are those of the two weeks before, but for the highest days. None when there are too few days.
    """
    shares, bursts = [], []
    for day in range(1, 15):
        first = hours[0] - day * DAY
        if not any(history.came(EVERY_EVENT, hour) for hour in range(first, first + DAY)):
            continue
        each = [kinds_in(history, about, [hour]) for hour in range(first, first + DAY)]
        numbers = [found.get(kind, 0) for found, _ in each]
        shares.append(sum(numbers) / max(1, sum(of_hour for _, of_hour in each)))
        bursts.append(max(numbers))
    share, burst = usually_at_most(shares), usually_at_most(bursts)
    return None if share is None or burst is None else TIMES * max(share * came, burst * len(hours))


def is_over(finding: Finding, history: History, until_ms: int) -> bool:
    """Return whether less than half of that share goes wrong, in the running hour and the one before."""
    last = running_hour(until_ms)
    kinds, came = kinds_in(history, finding.events, (last - 1, last))
    number = kinds.get(Kind(finding.subject, finding.reason), 0)
    return came >= LEAST and number * 2 * finding.of <= finding.seen * came
