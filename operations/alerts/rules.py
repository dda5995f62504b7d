"""Decide when to alert: once per lasting change of state, and later the more often a connection changes.

Pure functions: they take what was seen and remembered, and return the alerts; `memory` is updated.
"""

from typing import Final, Literal

import msgspec

from operations.alerts.catalogue import NEARLY_FULL
from operations.alerts.drift.finding import Finding

Situation = Literal["well", "fault", "circuit_breaker", "operator", "out_of_reach", "dead_letters"]
"""How a connection is: paused by one of four, unable to reach TikTok, or neither."""
StateKind = Literal[
    "paused", "circuit_breaker", "paused_by_operator", "paused_by_dead_letters", "out_of_reach", "resumed"
]
Kind = Literal[StateKind, "dead_letters", "dead_letters_nearly_full"]

HOUR_MS: Final = 3_600_000
SAMPLE_MS: Final = 300_000
FIRST_HOLD_MS: Final = 30_000
QUIET_MS: Final = 2 * HOUR_MS
OUT_OF_REACH_HOLD_MS: Final = 60_000
"""A shorter failure of the network causes no alert."""
ALERT_AGAIN_BELOW: Final = 2 / 3

_KINDS: Final[dict[Situation, StateKind]] = {
    "well": "resumed",
    "fault": "paused",
    "circuit_breaker": "circuit_breaker",
    "operator": "paused_by_operator",
    "out_of_reach": "out_of_reach",
    "dead_letters": "paused_by_dead_letters",
}


class Notice(msgspec.Struct, frozen=True):
    """An alert: a text, and the same as fields; without personal data and without TikTok's messages."""

    text: str
    fields: dict[str, str | int]


class PendingNotice(msgspec.Struct):
    """An alert that is not yet sent: the number of attempts, and the time of the next."""

    notice: Notice
    attempts: int = 0
    next_ms: int = 0


class AlertMemory(msgspec.Struct):
    """What alerts remember about one connection.

    `alerted`: the situation of the last alert, sent at `alerted_ms`. `restless`: alerts since the situation last stayed
    the same for two hours. `now`: the situation seen last, since `since_ms`. `samples`: (time, dead-lettered events)
    about every five minutes of the last hour. `many_dead`: the rate was alerted. `nearly_full`: the nearly full share
    of memory was alerted. `alerted_drift`: what stopped or changed and was alerted, by connection and finding.
    """

    alerted: Situation = "well"
    alerted_ms: int = 0
    restless: int = 0
    now: Situation = "well"
    since_ms: int = 0
    samples: list[tuple[int, int]] = []
    many_dead: bool = False
    nearly_full: bool = False
    alerted_drift: dict[str, Finding] = {}
    unsent: list[PendingNotice] = []


def situation_of(state: str, by: str) -> Situation | None:
    """Return the situation of a state; None for one that the configuration caused, which needs no alert."""
    match state, by:
        case (("disabled" | "removed"), _):
            return None
        case "paused", ("circuit_breaker" | "operator" as who):
            return who
        case "paused", "dead_letters":
            return "dead_letters"
        case "paused", _:
            return "fault"
        case "backing_off", "out_of_reach":
            return "out_of_reach"
        case _:
            return "well"


def decide(
    memory: AlertMemory, situation: Situation | None, dead: int, limit: int, now_ms: int, lasts_ms: int = 0
) -> list[Kind]:
    """Return the alerts due now and update `memory`.

    `limit`: dead letters an hour, 0 for no alert. `lasts_ms`: how long a situation must last that is not `well`.
    """
    due: list[Kind] = []
    if situation is not None and _is_news(memory, situation, now_ms, lasts_ms):
        due.append(_KINDS[situation])
    if _too_many_dead(memory, dead, limit, now_ms):
        due.append("dead_letters")
    return due


def share_is_news(memory: AlertMemory, held: int, share: int) -> bool:
    """Return True once when dead letters reach four fifths of their share; again after less than two thirds."""
    if share and held >= share * NEARLY_FULL:
        news, memory.nearly_full = not memory.nearly_full, True
        return news
    if held < share * ALERT_AGAIN_BELOW or not share:
        memory.nearly_full = False
    return False


def hold_ms(restless: int) -> int:
    """Return how long a change must last before an alert: 0 at first, then 1, 2, 4 … minutes, at most an hour."""
    return 0 if restless == 0 else min(FIRST_HOLD_MS << min(restless, 7), HOUR_MS)


def _is_news(memory: AlertMemory, situation: Situation, now_ms: int, lasts_ms: int) -> bool:
    if memory.now != situation:
        memory.now, memory.since_ms = situation, now_ms
    elif now_ms - memory.since_ms > QUIET_MS:
        memory.restless = 0
    least = OUT_OF_REACH_HOLD_MS if situation == "out_of_reach" else 0 if situation == "well" else lasts_ms
    hold = max(hold_ms(memory.restless), least)
    if situation == memory.alerted or now_ms - memory.since_ms < hold:
        return False
    memory.alerted, memory.alerted_ms, memory.restless = situation, now_ms, memory.restless + 1
    return True


def _too_many_dead(memory: AlertMemory, dead: int, limit: int, now_ms: int) -> bool:
    """Return True once when the last hour has `limit` dead letters; again after less than half of that."""
    if not memory.samples or now_ms - memory.samples[-1][0] >= SAMPLE_MS:
        recent = [sample for sample in memory.samples if now_ms - sample[0] < HOUR_MS]
        memory.samples = [*recent, (now_ms, dead)]
    within_an_hour = dead - memory.samples[0][1]
    if limit and within_an_hour >= limit:
        news, memory.many_dead = not memory.many_dead, True
        return news
    if within_an_hour * 2 < limit:
        memory.many_dead = False
    return False


def dead_lettered_within_an_hour(memory: AlertMemory, dead: int) -> int:
    """Return the number of events dead-lettered since the oldest sample."""
    return dead - memory.samples[0][1] if memory.samples else 0


def misdirected_since_alert(memory: AlertMemory, count: int, now_ms: int) -> int:
    """Return the number of misdirected requests to alert about, at most once an hour; update `memory`."""
    former = memory.samples[-1][1] if memory.samples else 0
    if count <= former or (memory.samples and now_ms - memory.alerted_ms < HOUR_MS):
        return 0
    memory.alerted_ms, memory.samples = now_ms, [(now_ms, count)]
    return count - former
