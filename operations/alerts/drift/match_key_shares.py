"""Find match keys whose share of the events fell by more than half."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from lanes.scripts import HOUR_MS
from mapping.match_keys import MATCH_KEYS
from operations.alerts.drift.finding import Finding
from operations.alerts.drift.history import STEADY, WEEK, History, running_hour, usually_at_least
from operations.alerts.drift.poisson import at_most
from operations.hourly_counts import EventHour

WINDOW_HOURS: Final = 6
HALF: Final = 0.5
CLICK_ID: Final = "ttclid"
CLICKS_LEFT: Final = 0.1
"""The part of its usual share below which the click id has fallen: it rises and falls by half with the ads."""
LEAST_PART: Final = 0.02
UNLIKELY: Final = 1e-5
NEARLY_ALL: Final = 0.8
BACK: Final = 0.6
"""The part of its usual share from which on a match key is back."""


class _Share(NamedTuple):
    carried: int
    sent: int


def find_fallen_shares(history: History, until_ms: int) -> list[Finding]:
    """Return each match key that fell, with the TikTok events that lost it."""
    last = running_hour(until_ms)
    found: dict[str, Finding] = {}
    for event in history.known(last):
        for place, finding in _falls_of(history, event, last, until_ms).items():
            first = found.setdefault(MATCH_KEYS[place].code, finding)
            if first is not finding:
                first.events.append(event)
    return list(found.values())


def _falls_of(history: History, event: str, last: int, until_ms: int) -> dict[int, Finding]:
    """Return the falls in the running hour and up to five hours before, by the key's place."""
    found: dict[int, Finding] = {}
    now, before = EventHour(carried=[0] * len(MATCH_KEYS)), EventHour(carried=[0] * len(MATCH_KEYS))
    for width in range(1, WINDOW_HOURS + 1):
        hour = last - width + 1
        now, before = _add(now, history.of(event, hour)), _add(before, history.of(event, hour - WEEK))
        if before.sent < STEADY * width or not now.sent:
            continue
        for place, carried in enumerate(before.carried):
            if carried < STEADY or place in found:
                continue
            share = _Share(now.carried[place], now.sent)
            code = MATCH_KEYS[place].code
            left = CLICKS_LEFT if code == CLICK_ID else HALF
            if not _has_fallen(share, carried / before.sent, left):
                continue
            days = _days(history, event, place, range(hour, last + 1))
            passed = (until_ms - hour * HOUR_MS) / (width * HOUR_MS)
            least = min(carried / before.sent, usually_at_least(day.carried / day.sent for day in days) or 0.0)
            if least >= LEAST_PART and _has_fallen(share, least, left) and _others_came(share, days, passed):
                found[place] = Finding("match_keys", code, hour * HOUR_MS, least, *share, events=[event])
    return found


def _add(sums: EventHour, more: EventHour) -> EventHour:
    """Return the sums with the counts of a further hour."""
    if not more.sent:
        return sums
    carried = [number + more.with_key(place) for place, number in enumerate(sums.carried)]
    return EventHour(sums.sent + more.sent, carried)


def _has_fallen(now: _Share, share: float, left: float) -> bool:
    """Return whether less than this part is left of that share, and chance does not explain it even with half of it."""
    usual = now.sent * share
    return now.carried < usual * left and at_most(now.carried, usual * HALF) < UNLIKELY


def _share(history: History, event: str, place: int, hours: Sequence[int]) -> _Share:
    counts = [history.of(event, hour) for hour in hours]
    return _Share(sum(each.with_key(place) for each in counts), sum(each.sent for each in counts))


def _days(history: History, event: str, place: int, hours: Sequence[int]) -> list[_Share]:
    """Return the shares at these hours of the two weeks before, where the event came steadily.

    What is usual leaves the lowest days out. So a share that a campaign raised for days is not what is usual, and one
    bad day does not hide the next.
    """
    days = (_share(history, event, place, day) for day in history.days_before(hours))
    return [day for day in days if day.sent >= STEADY]


def _others_came(now: _Share, days: Sequence[_Share], passed: float) -> bool:
    """Return whether as many as usual came without the match key.

    A release that drops it makes them more. The end of a long campaign takes events with it, and adds none without.
    """
    usual = usually_at_least(day.sent - day.carried for day in days) or 0.0
    return now.sent - now.carried >= usual * passed * NEARLY_ALL


def is_carried_again(finding: Finding, history: History, until_ms: int) -> bool:
    """Return whether the share is back for all its events that came in the running hour and the one before."""
    last = running_hour(until_ms)
    place = next(place for place, key in enumerate(MATCH_KEYS) if key.code == finding.subject)
    shares = [_share(history, event, place, [last - 1, last]) for event in finding.events]
    shares = [share for share in shares if share.sent >= STEADY]
    return bool(shares) and all(share.carried >= share.sent * finding.usual * BACK for share in shares)
