"""Run the detectors over generated weeks: what they find in quiet ones, and how soon they find what was broken."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from benchmarks.drift.breaks import Planted, begin_of, planted
from benchmarks.drift.shop import START, STEP_MINUTES, Event, Shop, Step
from lanes.scripts import HOURS_KEPT
from operations.alerts.drift.finding import Finding
from operations.alerts.drift.history import History
from operations.alerts.drift.judge import Watch, judge
from operations.hourly_counts import EventHour, Hour

QUIET_WEEKS: Final = 8
LEARNT_WEEKS: Final = 2
WATCHED_HOURS: Final = 48
"""How long a break is watched; what is not found by then is missed."""


class Outcome(NamedTuple):
    """How one planted break was found: the hours of traffic until then, None when it was missed, and what else was."""

    traffic_h: float | None
    others: list[Finding]


def quiet_weeks(seed: int) -> list[Finding]:
    """Return the false alarms of eight lively weeks without a break, after two to learn from."""
    shop = Shop(seed)
    shop.make_lively(LEARNT_WEEKS + QUIET_WEEKS)
    watch, found = Watch(), {}
    for step, history in _judged(shop, LEARNT_WEEKS + QUIET_WEEKS, START + LEARNT_WEEKS * 168):
        if not shop.away[0] <= step.hour < shop.away[1]:
            judge(watch, history, step.ends_ms, step.ends_ms)
        found.update({(each.id, each.since_ms): each for each in watch.findings})
    return list(found.values())


def break_of(number: int, seed: int) -> Outcome:
    """Return how soon a planted break is found, in a fourth week."""
    begin = begin_of(seed)
    case = planted(begin)[number]

    def change(shop: Shop, step: Step, event: Event, counted: EventHour) -> EventHour:
        return case.change(shop, step, event, counted) if _has_begun(step, begin, seed) else counted

    shop = Shop(seed, change)
    shop.campaigns = [(begin - 48, begin + 96, 3.0)] if case.in_campaign else []
    shop.away = (begin - 10, begin - 4) if case.after_outage else (0, 0)
    watch, traffic = Watch(), 0
    others: dict[str, Finding] = {}
    for step, history in _judged(shop, 6, begin - 3):
        judge(watch, history, step.ends_ms, step.ends_ms)
        if step.hour >= begin + case.found_after_h and _has_begun(step, begin, seed):
            traffic += case.is_traffic(history, step.hour)
        for finding in watch.findings:
            if finding.subject == case.subject:
                return Outcome(traffic * STEP_MINUTES / 60, list(others.values()))
            others[finding.id] = finding
        if step.hour > begin + case.found_after_h + WATCHED_HOURS:
            break
    return Outcome(None, list(others.values()))


def cases() -> tuple[Planted, ...]:
    """Return the breaks, in the order of their numbers."""
    return planted(START)


def _has_begun(step: Step, begin: int, seed: int) -> bool:
    """Return whether a break has begun: at another minute of its hour for each seed."""
    return (step.hour, step.number) >= (begin, seed % 6)


def _judged(shop: Shop, weeks: int, first: int) -> Iterator[tuple[Step, History]]:
    """Yield the steps from an hour on, with the hours that are kept then."""
    hours: dict[int, Hour] = {}
    for step, counted in shop.steps(weeks):
        hours.pop(step.hour - HOURS_KEPT, None)
        if counted:
            hours[step.hour] = counted
        if step.hour >= first:
            yield step, History(hours)
