"""Letters on their way back: page by page, with sources opened and sealed anew, each in one script with its removal."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from delivery.backoff import DEDUPLICATED_FOR_MS
from lanes.dead_letters import Revived, replay_letters, some_letters
from lanes.errors import ChunkUnreadable
from operations.dead_letters.store import LetterBox, decoded
from operations.errors import BadNews
from operations.format import plural

MOST_LETTERS: Final = 50
MOST_BYTES: Final = 1024 * 1024
"""What one script is given at most (a single source may be larger)."""

GONE: Final = "there is no such dead letter (any more)"


@dataclass(slots=True)
class Sent:
    """What became of a replay."""

    replayed: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    """(id, why it was left where it is)."""


def is_late(first_unknown_ms: int, now_ms: int) -> bool:
    """Whether TikTok may have taken the event and would not know it again (promise 5 of design.md).

    Only events whose first outcome nobody learnt: of any other it is known that TikTok does not have it.
    """
    return 0 < first_unknown_ms <= now_ms - DEDUPLICATED_FOR_MS


def late_question(number: int) -> str:
    """What is asked of late ones."""
    return (
        f"{plural(number, 'event')} may have reached TikTok over 47 hours ago, which would count "
        f"{'it' if number == 1 else 'them'} again. Send {'it' if number == 1 else 'them'} anyway?"
    )


def replay_page(box: LetterBox, connection_id: str, ids: Sequence[str], late: Collection[str], sent: Sent) -> None:
    """Send up to MOST_LETTERS letters of one connection again; the `late` ones, which would else expire, as anew."""
    revived: list[Revived] = []
    for letter_id, stored in zip(ids, some_letters(box.client, connection_id, ids), strict=True):
        if stored is None:
            sent.left.append((letter_id, GONE))
            continue
        try:
            source = box.open(decoded(stored, letter_id))
        except BadNews as damage:
            sent.left.append((letter_id, str(damage)))
            continue
        except ChunkUnreadable as error:
            sent.left.append((letter_id, f"its source cannot be opened: {error.what_to_do}"))
            continue
        if letter_id in late:
            source = msgspec.structs.replace(source, first_unknown_ms=0)
        revived.append(Revived(letter_id, stored, box.codec.seal(source)))
    for some in _cut(revived):
        went = replay_letters(box.client, connection_id, some)
        sent.replayed += went
        gone = {one.id for one in some}.difference(went)
        sent.left += [(letter_id, "it was changed or taken meanwhile") for letter_id in sorted(gone)]


def _cut(revived: Sequence[Revived]) -> Iterator[list[Revived]]:
    some: list[Revived] = []
    size = 0
    for one in revived:
        if some and size + len(one.chunk) > MOST_BYTES:
            yield some
            some, size = [], 0
        some.append(one)
        size += len(one.chunk)
    if some:
        yield some
