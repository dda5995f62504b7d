"""When somebody is told of a connection: once for each change that lasts, and more slowly the more restless it is.

Pure: what was seen and what is remembered go in, what is to be told and remembered comes out.
"""

from typing import Final, Literal

import msgspec

Situation = Literal["well", "fault", "valve", "operator", "out_of_reach", "letters"]
"""How a connection is: paused by one of four, unable to reach TikTok, or neither."""
StateKind = Literal["paused", "valve", "paused_by_operator", "paused_by_dead_letters", "out_of_reach", "resumed"]
Kind = Literal[StateKind, "dead_letters", "dead_letters_nearly_full"]

HOUR_MS: Final = 3_600_000
SAMPLE_MS: Final = 300_000
FIRST_HOLD_MS: Final = 30_000
QUIET_MS: Final = 2 * HOUR_MS
OUT_OF_REACH_HOLD_MS: Final = 60_000
"""A network that fails for less than this is nobody's work."""
NEARLY_FULL: Final = 0.8
AT_EASE: Final = 2 / 3

_KINDS: Final[dict[Situation, StateKind]] = {
    "well": "resumed",
    "fault": "paused",
    "valve": "valve",
    "operator": "paused_by_operator",
    "out_of_reach": "out_of_reach",
    "letters": "paused_by_dead_letters",
}


class Notice(msgspec.Struct, frozen=True):
    """What somebody is told: a text for a channel, and the same as fields. Nobody's data, no words of TikTok's."""

    text: str
    fields: dict[str, str | int]


class PendingNotice(msgspec.Struct):
    """A notice on its way: how often it was tried, and when it is next."""

    notice: Notice
    attempts: int = 0
    next_ms: int = 0


class Memory(msgspec.Struct):
    """What is remembered of one connection.

    `told`: the situation last told, at `told_ms`; `restless`: tellings since it last was the same for two hours;
    `now`: the situation seen last, since `since_ms`; `deaths`: (when, dead) about every five minutes of the last hour;
    `many_dead`: whether their rate has been told; `nearly_full`: whether it has been told that they nearly fill their
    share of memory.
    """

    told: Situation = "well"
    told_ms: int = 0
    restless: int = 0
    now: Situation = "well"
    since_ms: int = 0
    deaths: list[tuple[int, int]] = []
    many_dead: bool = False
    nearly_full: bool = False
    unsent: list[PendingNotice] = []


def situation_of(state: str, by: str) -> Situation | None:
    """What a group's state means here; None for one that was put to rest in the configuration: that is no news."""
    match state, by:
        case (("disabled" | "removed"), _):
            return None
        case "paused", ("valve" | "operator" as who):
            return who
        case "paused", "dead_letters":
            return "letters"
        case "paused", _:
            return "fault"
        case "backing_off", "out_of_reach":
            return "out_of_reach"
        case _:
            return "well"


def decide(memory: Memory, situation: Situation | None, dead: int, limit: int, now_ms: int) -> list[Kind]:
    """What to tell now; `memory` is brought up to date. `limit`: dead letters an hour, 0 for never."""
    told: list[Kind] = []
    if situation is not None and _is_news(memory, situation, now_ms):
        told.append(_KINDS[situation])
    if _too_many_dead(memory, dead, limit, now_ms):
        told.append("dead_letters")
    return told


def share_is_news(memory: Memory, held: int, share: int) -> bool:
    """Whether dead letters now hold four fifths of their share of memory; once, until it is less than two thirds."""
    if share and held >= share * NEARLY_FULL:
        news, memory.nearly_full = not memory.nearly_full, True
        return news
    if held < share * AT_EASE or not share:
        memory.nearly_full = False
    return False


def hold_ms(restless: int) -> int:
    """How long a change must last before it is told: nothing at first, then 1, 2, 4 … minutes, an hour at most."""
    return 0 if restless == 0 else min(FIRST_HOLD_MS << min(restless, 7), HOUR_MS)


def _is_news(memory: Memory, situation: Situation, now_ms: int) -> bool:
    if memory.now != situation:
        memory.now, memory.since_ms = situation, now_ms
    elif now_ms - memory.since_ms > QUIET_MS:
        memory.restless = 0
    hold = max(hold_ms(memory.restless), OUT_OF_REACH_HOLD_MS if situation == "out_of_reach" else 0)
    if situation == memory.told or now_ms - memory.since_ms < hold:
        return False
    memory.told, memory.told_ms, memory.restless = situation, now_ms, memory.restless + 1
    return True


def _too_many_dead(memory: Memory, dead: int, limit: int, now_ms: int) -> bool:
    """Whether more died within the last hour than anyone should have to find out; once, until it is half of that."""
    if not memory.deaths or now_ms - memory.deaths[-1][0] >= SAMPLE_MS:
        recent = [one for one in memory.deaths if now_ms - one[0] < HOUR_MS]
        memory.deaths = [*recent, (now_ms, dead)]
    within_an_hour = dead - memory.deaths[0][1]
    if limit and within_an_hour >= limit:
        news, memory.many_dead = not memory.many_dead, True
        return news
    if within_an_hour * 2 < limit:
        memory.many_dead = False
    return False


def deaths_within_an_hour(memory: Memory, dead: int) -> int:
    """How many died since the oldest sample."""
    return dead - memory.deaths[0][1] if memory.deaths else 0


def misdirected_since_told(memory: Memory, count: int, now_ms: int) -> int:
    """Return how many misdirected requests to tell of now, at most once an hour; `memory` is brought up to date."""
    former = memory.deaths[-1][1] if memory.deaths else 0
    if count <= former or (memory.deaths and now_ms - memory.told_ms < HOUR_MS):
        return 0
    memory.told_ms, memory.deaths = now_ms, [(now_ms, count)]
    return count - former
