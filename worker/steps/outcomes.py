"""Count how the results of a draft ended, build the dead letters, and collect what still waits."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias, assert_never

import msgspec

from config.dead_letter_reasons import REASONS, REJECTED_BY_TIKTOK
from delivery.dead_letter import ENCRYPTED_MESSAGE, DeadLetter, new_dead_letter_id
from delivery.outcome_names import dead_lettered, delivered, withheld
from delivery.verdict import Delivered, Rejection
from lanes.chunk import Batch, Chunk, Entry
from lanes.daily_counts import day_of
from lanes.settlement import NO_BOUND, DeadLetterShare, Lease, StoredDeadLetter
from mapping.items import mappings_of
from mapping.results import Mapped, Note, Rejected, Result, Unsupported, Withheld
from operations.receipts.ended import event_id_of
from operations.receipts.writer import NO_WRITER, ReceiptWriter
from worker.steps.compose import Draft, Prepared
from worker.steps.shared_parts import SharedParts
from worker.steps.split_chunk import with_batches

Ended: TypeAlias = tuple[
    int, str, str | None, str | None, int | None, str | None, int, int, tuple[Note, ...], str | None
]
"""What items that ended have in common: chunk, outcome, TikTok event, reason, TikTok's code and request id, attempts,
match keys, notes, dead letter. A plain tuple, because one is made for every event."""
_UNSENT: Final = (None, None, None, None, 0, 0, (), None)
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
        self.ended: dict[Ended, list[str | None]] = {}
        """The ids of the events whose items ended, by what these have in common."""
        self._extra: Counter[int] = Counter()
        self._attempts = lease.sizing.attempts + 1

    def end(self, outcome: Callable[[int], ItemOutcome]) -> list[Chunk] | None:
        """Count every result and return the chunks that still wait, oldest first.

        Return None when no result ended, so that the chunks can stay unchanged. `outcome` returns how an item ended, by
        its index in the draft.
        """
        index = 0
        left: list[list[tuple[Prepared, Entry]]] = [[] for _ in self.draft.chunks]
        for prepared in self.draft.prepared:
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
                left[prepared.chunk].extend((prepared, entry) for entry in self._left_of(prepared, still_open))
        self._sum_up()
        if not self.counts:
            return None
        return [chunk for number, entries in enumerate(left) for chunk in self._chunks(number, entries)]

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
                    event, keys, notes = result.tiktok_event, result.match_keys, result.notes
                    code, request_id, attempts = ended.code, ended.request_id, self._attempts
                    key = (prepared.chunk, "delivered", event, None, code, request_id, attempts, keys, notes, None)
                    self.ended.setdefault(key, []).append(result.event_id)
            case Rejected():
                self._dead_letter(prepared, result.item, _rejected_by_mapping(result), 0)
            case Unsupported():
                self.ended.setdefault((prepared.chunk, "unsupported", *_UNSENT), []).append(None)
            case Withheld(rule=rule):
                event_id = event_id_of(prepared.entry)
                self.ended.setdefault((prepared.chunk, "withheld", None, rule, *_UNSENT[2:]), []).append(event_id)
                self.withheld[rule] += 1
            case _:
                assert_never(result)

    def _sum_up(self) -> None:
        """Add what ended to the ledger's counters and to the daily counts, by the day of receipt."""
        for (chunk, outcome, event, reason, *_), ids in self.ended.items():
            daily = outcome
            if outcome == "delivered":
                daily = delivered(event or "")
                self.delivered[chunk] += len(ids)
            elif outcome == "dead_lettered":
                daily = dead_lettered(event, reason or "")
            elif outcome == "withheld":
                daily = withheld(reason or "")
            self._raise(chunk, outcome, daily, len(ids))
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
        about = (prepared.chunk, "dead_lettered", event, dead_letter.reason, *answer, attempts, carried, notes)
        self.ended.setdefault((*about, dead_letter.id), []).append(dead_letter.event_id)
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
