"""Many letters on their way, a step at a time: each step does what it can within its time and says where it got to.

Whoever carries the steps (a page that shows how far it is) needs to keep nothing but the last id. A letter that dies
again on the way has a later id than any that was meant, so it is not sent round and round.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Final

from lanes.dead_letters import discard_letters
from operations.dead_letters.preview import Outlooks
from operations.dead_letters.query import Facts
from operations.dead_letters.replay import MOST_LETTERS, Sent, is_late, replay_page
from operations.dead_letters.store import LetterBox

STEP_S: Final = 0.8
LATE: Final = "TikTok may count it twice"


@dataclass(slots=True)
class Step:
    """What became of the letters of one step."""

    gone: int = 0
    left: list[tuple[str, str]] = field(default_factory=list)
    """(id, why it was left where it is)."""
    last: str = ""
    """The last id that was dealt with."""
    finished: bool = False


def late_among(facts: Iterable[Facts], now_ms: int) -> set[str]:
    """The ids of those that TikTok may have taken and would not know again."""
    return {one.id for one in facts if is_late(one.first_unknown_ms, now_ms)}


def replay_step(
    box: LetterBox, facts: Iterable[Facts], outlooks: Outlooks, *, send_late: bool, step_s: float = STEP_S
) -> Step:
    """Send the leading letters again; late ones only if that is wanted."""
    now_ms = box.now_ms()

    def move(connection: str, some: Sequence[Facts], step: Step) -> None:
        late = late_among(some, now_ms)
        held = set() if send_late else late
        ids = [one.id for one in some if one.id not in held]
        step.left += [(one, LATE) for one in held]
        if obstacle := outlooks.obstacle(connection):
            step.left += [(one, obstacle) for one in ids]
            return
        sent = Sent()
        replay_page(box, connection, ids, late, sent)
        step.gone += len(sent.replayed)
        step.left += sent.left

    return _step(facts, move, step_s)


def discard_step(box: LetterBox, facts: Iterable[Facts], step_s: float = STEP_S) -> Step:
    """Throw the leading letters away."""

    def move(connection: str, some: Sequence[Facts], step: Step) -> None:
        step.gone += len(discard_letters(box.client, connection, [one.id for one in some]))

    return _step(facts, move, step_s)


def _step(facts: Iterable[Facts], move: Callable[[str, Sequence[Facts], Step], None], step_s: float) -> Step:
    """Page by page until the time is up, one page at least."""
    step, deadline, left = Step(), time.monotonic() + step_s, iter(facts)
    while page := list(islice(left, MOST_LETTERS)):
        for connection, some in groupby(sorted(page, key=lambda one: one.connection), lambda one: one.connection):
            move(connection, list(some), step)
        step.last = page[-1].id
        if time.monotonic() > deadline:
            step.finished = next(left, None) is None
            return step
    step.finished = True
    return step
