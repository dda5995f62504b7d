"""Count how the results of a draft ended, build the dead letters, and collect what still waits."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, assert_never

import msgspec

from config.dead_letter_reasons import REASONS, REJECTED_BY_TIKTOK
from delivery.dead_letter import ENCRYPTED_MESSAGE, DeadLetter, new_dead_letter_id
from delivery.outcome_names import dead_lettered, delivered, withheld
from delivery.verdict import Delivered, Rejection
from lanes.chunk import Batch, Chunk, Entry
from lanes.daily_counts import day_of
from lanes.settlement import NO_BOUND, DeadLetterShare, Lease, StoredDeadLetter
from mapping.items import mappings_of
from mapping.results import Mapped, Rejected, Result, Unsupported, Withheld
from operations.receipts.ended import event_id_of
from operations.receipts.writer import NO_WRITER, ReceiptWriter
from worker.steps.compose import Draft, Part, Prepared
from worker.steps.ended import Bare, Ended, EndedItem, Ending
from worker.steps.shared_parts import SharedParts
from worker.steps.split_chunk import with_batches

ItemOutcome = Delivered | Rejection | None
"""How an item of the request ended; None: it waits for a retry."""
DeadLetterFields = dict[str, str | int | bytes | None]
"""The fields of a dead letter that give its reason."""


@dataclass(frozen=True, slots=True)
class DeliveryContext:
    """What building a settlement needs beside the draft and the lease."""

    connection: str
    job: str | None
    fingerprint: str
    most_events: int
    encode: Callable[[Chunk], bytes]
    random: Callable[[], float]
    encrypt: Callable[[bytes], bytes] | None = None
    """Encrypts TikTok's messages; None without an encryption key."""
    secret: bytes = b""
    """The key of the hashes that are the ids of shared parts."""
    own_ms: int = 0
    """This machine's time, Unix milliseconds."""
    share: DeadLetterShare = NO_BOUND
    """How much of Redis the connection's dead letters may use."""
    receipts: ReceiptWriter = NO_WRITER
    is_watched: bool = False
    """Whether someone watches events as they end."""


class OutcomeCounter:
    """Count how the results of a draft ended, by ledger counter, day, reason and chunk; collect the dead letters."""

    looks_at_each: ClassVar[bool] = False
    """Whether every result is passed to `_count`, also where TikTok accepted a whole chunk."""

    def __init__(self, draft: Draft, lease: Lease, context: DeliveryContext) -> None:
        self.draft, self.lease, self.context = draft, lease, context
        self.counts: Counter[str] = Counter()
        self.days: dict[int, Counter[str]] = {}
        self.reasons: Counter[str] = Counter()
        self.withheld: Counter[str] = Counter()
        self.dead_letters: list[StoredDeadLetter] = []
        room = context.share.bytes - lease.dead_letter_bytes if context.share.bytes else None
        self.parts = SharedParts(context.encode, context.secret, room)
        self.delivered = [0] * len(draft.chunks)
        self.ended: list[Ended] = []
        """The items that ended, once all are counted."""
        self._items: dict[Ending, list[EndedItem]] = {}
        self._extra: Counter[int] = Counter()
        self._attempts = lease.sizing.attempts + 1

    def end(self, outcome: Callable[[int], ItemOutcome]) -> list[Chunk] | None:
        """Count every result and return the chunks that still wait, oldest first.

        Return None when no result ended, so that the chunks can stay unchanged. `outcome` returns how an item ended, by
        its index in the draft.
        """
        index = 0
        left: list[list[tuple[Prepared, Entry]]] = [[] for _ in self.draft.chunks]
        for number, part in enumerate(self.draft.parts):
            answer = self._accepted_whole(part, index, outcome)
            if answer is None:
                index = self._end_each(part.entries, index, outcome, left[number])
            else:
                self._items[self._delivered(number, answer)] = [*part.items]
                index += len(part.items)
        self._sum_up()
        if not self.counts:
            return None
        return [chunk for number, entries in enumerate(left) for chunk in self._chunks(number, entries)]

    def _accepted_whole(self, part: Part, index: int, outcome: Callable[[int], ItemOutcome]) -> Delivered | None:
        """Return the answer by which TikTok accepted all items of a part; None where each counts on its own."""
        if not part.items or self.looks_at_each:
            return None
        answers = list(map(outcome, range(index, index + len(part.items))))
        first = answers[0]
        return first if isinstance(first, Delivered) and len(set(map(id, answers))) == 1 else None

    def _end_each(
        self,
        entries: Sequence[Prepared],
        index: int,
        outcome: Callable[[int], ItemOutcome],
        left: list[tuple[Prepared, Entry]],
    ) -> int:
        """Count the results of these entries one by one, and add what still waits to `left`.

        `index` is that of their first item in the draft; return that of the item behind their last one.
        """
        for prepared in entries:
            still_open, sent = [], 0
            for result in prepared.results:
                ended: ItemOutcome = None
                if isinstance(result, Mapped) and sent < prepared.sent:
                    ended, sent, index = outcome(index), sent + 1, index + 1
                if isinstance(result, Mapped | Rejected) and self._stays_open(result, ended):
                    still_open.append(result.item)
                else:
                    self._count(prepared, result, ended)
            if still_open or prepared.entry.weight != len(prepared.results):
                left.extend((prepared, entry) for entry in self._left_of(prepared, still_open))
        return index

    def _delivered(self, chunk: int, answer: Delivered) -> Ending:
        return Ending(chunk, "delivered", None, answer.code, answer.request_id, self._attempts)

    def _end(self, ending: Ending, item: EndedItem) -> None:
        self._items.setdefault(ending, []).append(item)

    def _stays_open(self, result: Mapped | Rejected, ended: ItemOutcome) -> bool:
        """Return whether an item still waits: it did not end, or the settlement can take no further dead letter."""
        if isinstance(ended, Delivered):
            return False
        return self.parts.full or (ended is None and isinstance(result, Mapped))

    def _count(self, prepared: Prepared, result: Result, ended: ItemOutcome) -> None:
        match result:
            case Mapped():
                if isinstance(ended, Rejection):
                    self._dead_letter(
                        prepared,
                        result.item,
                        _rejected_by_tiktok(result, ended) | self._message_of(ended),
                        self._attempts,
                        result,
                    )
                elif ended is not None:
                    self._end(self._delivered(prepared.chunk, ended), result)
            case Rejected():
                self._dead_letter(prepared, result.item, _rejected_by_mapping(result), 0)
            case Unsupported():
                self._end(Ending(prepared.chunk, "unsupported"), Bare(None, None))
            case Withheld(rule=rule):
                self._end(Ending(prepared.chunk, "withheld", rule), Bare(None, event_id_of(prepared.entry)))
                self.withheld[rule] += 1
            case _:
                assert_never(result)

    def _sum_up(self) -> None:
        """Add what ended to the ledger's counters and to the daily counts, by the day of receipt."""
        for ending, items in self._items.items():
            ended = Ended.of(ending, items)
            self.ended.append(ended)
            chunk, outcome, reason = ending.chunk, ending.outcome, ending.reason or ""
            for event, number in Counter(ended.events).items():
                daily = outcome
                if outcome == "delivered":
                    daily = delivered(event or "")
                    self.delivered[chunk] += number
                elif outcome == "dead_lettered":
                    daily = dead_lettered(event, reason)
                elif outcome == "withheld":
                    daily = withheld(reason)
                self._raise(chunk, outcome, daily, number)
        for chunk, number in self._extra.items():
            self._raise(chunk, "extra", "extra", number)

    def _raise(self, chunk: int, name: str, daily: str, number: int) -> None:
        self.counts[name] += number
        day = day_of(self.draft.chunks[chunk].received_ms)
        self.days.setdefault(day, Counter())[daily] += number

    def _message_of(self, rejection: Rejection) -> DeadLetterFields:
        """Return TikTok's message, encrypted if there is a key: it may quote the event."""
        encrypt = self.context.encrypt
        if encrypt is None:
            return {"message": rejection.message}
        return {"message": ENCRYPTED_MESSAGE, "words": encrypt(rejection.message.encode())}

    def _dead_letter(
        self, prepared: Prepared, item: str, why: DeadLetterFields, attempts: int, mapped: Mapped | None = None
    ) -> None:
        """Add a dead letter with its source. Of an event with several items, the source has only this item."""
        entry = prepared.entry
        if item and len(prepared.results) > 1:
            entry = _with_items(prepared, [item])
        chunk = self.draft.chunks[prepared.chunk]
        shared = self.parts.part_of(chunk, prepared.shared)
        own = Batch(b"" if shared else prepared.shared, [entry])
        at_ms = max(self.lease.now_ms, self.context.own_ms)  # a slow clock must not make the dead letter look old
        fields = {
            "id": new_dead_letter_id(at_ms),
            "connection": self.context.connection,
            "input": chunk.input,
            "at_ms": at_ms,
            "job": self.context.job,
            "attempts": attempts,
            "source": self.context.encode(with_batches(chunk, [own])),
            "shared": shared,
            **why,
        }
        dead_letter = msgspec.convert(fields, DeadLetter)
        content = dead_letter.encode()
        self.parts.add(content)
        self.dead_letters.append(StoredDeadLetter(dead_letter.id, dead_letter.reason, content, shared))
        event, answer = dead_letter.tiktok_event, (dead_letter.tiktok_code, dead_letter.tiktok_request_id)
        carried, notes = (mapped.match_keys, mapped.notes) if mapped else (0, ())
        ending = Ending(prepared.chunk, "dead_lettered", dead_letter.reason, *answer, attempts, dead_letter.id)
        self._end(ending, Bare(event, dead_letter.event_id, carried, notes))
        self.reasons[dead_letter.reason] += 1

    def _left_of(self, prepared: Prepared, still_open: list[str]) -> list[Entry]:
        """Return what still waits of the entry. A change of its weight is counted as `extra` in the ledger."""
        results, entry = prepared.results, prepared.entry
        if len(still_open) == len(results):
            return [entry]
        self._extra[prepared.chunk] += len(results) - entry.weight
        return [_with_items(prepared, still_open)] if still_open else []

    def _chunks(self, number: int, entries: list[tuple[Prepared, Entry]]) -> list[Chunk]:
        """Return the draft's chunk `number` with these entries only, as a list; empty without entries."""
        batches: list[Batch] = []
        for prepared, entry in entries:
            if batches and batches[-1].shared is prepared.shared:
                batches[-1].entries.append(entry)
            else:
                batches.append(Batch(prepared.shared, [entry]))
        return [with_batches(self.draft.chunks[number], batches)] if batches else []


def _with_items(prepared: Prepared, items: list[str]) -> Entry:
    """Return the entry with these items only, and with the items that it first had in `made`."""
    entry = prepared.entry
    made = entry.made
    if made is None and entry.items is None:
        made = mappings_of(result.item for result in prepared.results if isinstance(result, Mapped | Rejected))
    return msgspec.structs.replace(entry, items=items, made=made)


def _rejected_by_tiktok(item: Mapped, rejection: Rejection) -> DeadLetterFields:
    return {
        "stage": REJECTED_BY_TIKTOK.stage,
        "reason": REJECTED_BY_TIKTOK.code,
        "field": rejection.field,
        "event_id": item.event_id,
        "tiktok_event": item.tiktok_event,
        "tiktok_code": rejection.code,
        "tiktok_request_id": rejection.request_id,
    }


def _rejected_by_mapping(rejected: Rejected) -> DeadLetterFields:
    return {"stage": REASONS[rejected.reason].stage, **msgspec.structs.asdict(rejected)}
