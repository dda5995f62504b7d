"""Replay or discard dead letters, page by page: the one loop of the commands and the console.

Each page is done in scripts that move and count in one step, so a loop may stop after any page and be run again. A
dead letter that is dead-lettered again has a later id than all that were meant, so it is not replayed endlessly.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, islice
from typing import Final

import msgspec

from delivery.backoff import DEDUPLICATED_FOR_MS
from lanes.dead_letters import ReplayItem, read_dead_letters, replay_dead_letters
from lanes.errors import ChunkUnreadable
from operations.dead_letters.preview import ReplayPreviews
from operations.dead_letters.query import IndexEntry
from operations.dead_letters.store import DeadLetterStore, decoded
from operations.errors import OperatorError
from operations.format import plural
from operations.receipts.ended import receipt_of, remove_dead_letters

MOST_REPLAYED_AT_ONCE: Final = 50
DISCARDED_AT_ONCE: Final = 200
MOST_BYTES: Final = 1024 * 1024
"""The most that one script is given (a single source may be larger)."""
STEP_S: Final = 0.8

REPLAYED: Final = "A replayed event waits for delivery again. If it fails again, it becomes a new dead letter."
"""What a replay means; commands and console say so, because the event has not been delivered yet."""
GONE: Final = "there is no such dead letter (any more)"
LATE: Final = "TikTok may count it twice"


@dataclass(slots=True)
class Result:
    """What became of some dead letters."""

    done: list[str] = field(default_factory=list)
    """The ids of those that were replayed, or discarded."""
    left: list[tuple[str, str]] = field(default_factory=list)
    """(id, why it was left where it is)."""
    last: str = ""
    """The last id that was dealt with."""
    finished: bool = True
    """Whether no page is left."""

    def add(self, page: "Result") -> None:
        """Add what became of one more page."""
        self.done += page.done
        self.left += page.left
        self.last, self.finished = page.last, page.finished


def is_late(first_unknown_ms: int, now_ms: int) -> bool:
    """Return whether TikTok may have accepted the event and would count it twice now (guarantee 5).

    Only an event with an unknown outcome can be late: any other is known to be missing at TikTok.
    """
    return 0 < first_unknown_ms <= now_ms - DEDUPLICATED_FOR_MS


def late_among(entries: Iterable[IndexEntry], now_ms: int) -> set[str]:
    """Return the ids of the late ones."""
    return {entry.id for entry in entries if is_late(entry.first_unknown_ms, now_ms)}


def late_question(number: int) -> str:
    """Return the question to ask before late events are replayed."""
    return (
        f"{plural(number, 'event')} may have reached TikTok over 47 hours ago, which would count "
        f"{'it' if number == 1 else 'them'} again. Replay {'it' if number == 1 else 'them'} anyway?"
    )


def replay_all(
    store: DeadLetterStore, entries: Iterable[IndexEntry], outlooks: ReplayPreviews, *, send_late: bool
) -> Iterator[Result]:
    """Replay these dead letters and yield what became of each page; late ones only with `send_late`."""
    now_ms = store.now_ms()

    def replay(connection: str, some: Sequence[IndexEntry], result: Result) -> None:
        late = late_among(some, now_ms)
        held = set() if send_late else late
        ids = [entry.id for entry in some if entry.id not in held]
        result.left += [(dead_letter_id, LATE) for dead_letter_id in held]
        if obstacle := outlooks.obstacle(connection):
            result.left += [(dead_letter_id, obstacle) for dead_letter_id in ids]
        else:
            replay_page(store, connection, ids, late, result)

    return _pages(entries, replay, MOST_REPLAYED_AT_ONCE)


def discard_all(store: DeadLetterStore, entries: Iterable[IndexEntry]) -> Iterator[Result]:
    """Discard these dead letters and yield what became of each page."""

    def discard(connection: str, some: Sequence[IndexEntry], result: Result) -> None:
        result.done += remove_dead_letters(store.client, connection, [entry.id for entry in some], store.receipts)

    return _pages(entries, discard, DISCARDED_AT_ONCE)


def run_step(pages: Iterable[Result]) -> Result:
    """Run pages until STEP_S have passed, one page at least; return what became of them."""
    result, deadline = Result(), time.monotonic() + STEP_S
    for page in pages:
        result.add(page)
        if time.monotonic() > deadline:
            break
    return result


def replay_page(
    store: DeadLetterStore, connection_id: str, ids: Sequence[str], late: Collection[str], result: Result
) -> None:
    """Replay some dead letters of one connection; `late` ones count as never sent, or they would expire."""
    items = _items(store, connection_id, ids, late, result)
    for some in _by_size(items):
        replayed = replay_dead_letters(store.client, connection_id, some)
        result.done += replayed
        gone = {item.id for item in some}.difference(replayed)
        result.left += [
            (dead_letter_id, "it was changed, replayed or discarded meanwhile") for dead_letter_id in sorted(gone)
        ]


def _items(
    store: DeadLetterStore, connection_id: str, ids: Sequence[str], late: Collection[str], result: Result
) -> Iterator[ReplayItem]:
    """Yield what can be replayed; note in `result` why the others cannot."""
    read = read_dead_letters(store.client, [(connection_id, dead_letter_id) for dead_letter_id in ids])
    for dead_letter_id, stored in zip(ids, read, strict=True):
        if stored is None:
            result.left.append((dead_letter_id, GONE))
            continue
        try:
            dead_letter = decoded(stored, dead_letter_id)
            source = store.open(dead_letter)
        except OperatorError as damage:
            result.left.append((dead_letter_id, str(damage)))
            continue
        except ChunkUnreadable as error:
            result.left.append((dead_letter_id, f"its source cannot be decrypted: {error.what_to_do}"))
            continue
        if dead_letter_id in late:
            source = msgspec.structs.replace(source, first_unknown_ms=0)
        receipt = receipt_of(dead_letter, "replayed", store.receipts)
        yield ReplayItem(dead_letter_id, stored, store.codec.encode(source), receipt)


def _pages(
    entries: Iterable[IndexEntry], move: Callable[[str, Sequence[IndexEntry], Result], None], size: int
) -> Iterator[Result]:
    """Yield the result of each page after `move` dealt with its entries, one connection after the other."""
    left = iter(entries)
    page = list(islice(left, size))
    while page:
        result = Result(last=page[-1].id)
        by_connection = sorted(page, key=lambda entry: entry.connection)
        for connection, some in groupby(by_connection, lambda entry: entry.connection):
            move(connection, list(some), result)
        page = list(islice(left, size))
        result.finished = not page
        yield result


def _by_size(items: Iterable[ReplayItem]) -> Iterator[list[ReplayItem]]:
    """Yield the items in parts of up to MOST_BYTES."""
    part: list[ReplayItem] = []
    size = 0
    for item in items:
        if part and size + len(item.chunk) > MOST_BYTES:
            yield part
            part, size = [], 0
        part.append(item)
        size += len(item.chunk)
    if part:
        yield part
