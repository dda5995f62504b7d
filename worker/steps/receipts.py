"""Write the receipts of a settlement, and count the match keys of what it delivered."""

from collections import Counter
from collections.abc import Mapping, Sequence

from delivery.receipt import ReceiptFields
from lanes.chunk import Chunk
from lanes.daily_counts import day_of
from lanes.settlement import NO_RECEIPTS, Receipts
from mapping.match_keys import codes_of, lost_keys
from operations.match_keys import carried, lost, sent
from worker.steps.compose import Draft
from worker.steps.outcomes import DeliveryContext, Ended


def receipts_of(
    ended: Mapping[Ended, Sequence[str | None]], chunks: Sequence[Chunk], context: DeliveryContext
) -> Receipts:
    """Return the receipts of these items, by what they have in common; unsupported ones are only counted."""
    if not context.receipts.budget:
        return NO_RECEIPTS
    groups = []
    for (number, outcome, event, reason, code, request_id, attempts, keys, notes, dead_letter), ids in ended.items():
        if outcome == "unsupported":
            continue
        chunk = chunks[number]
        noted = tuple([(note.field, note.note) for note in notes])
        before = (context.connection, chunk.input, outcome, event, reason, chunk.received_ms)
        repeated = chunk.first_unknown_ms > 0
        facts = ReceiptFields(*before, attempts, repeated, code, request_id, keys, noted, context.job, dead_letter)
        groups.append((facts, ids))
    return context.receipts.write(groups)


def match_key_counts(ended: Mapping[Ended, Sequence[str | None]], draft: Draft) -> dict[int, Counter[str]]:
    """Return, by day of receipt, how many delivered events carried each match key and how many lost it, and why."""
    alike: Counter[tuple[int, str, int]] = Counter()
    days: dict[int, Counter[str]] = {}
    for (number, outcome, event, _, _, _, _, keys, notes, _), ids in ended.items():
        if outcome != "delivered":
            continue
        day = day_of(draft.chunks[number].received_ms)
        alike[day, event or "", keys] += len(ids)
        for code, why in lost_keys(notes, draft.plan.match_key_fields) if notes else ():
            days.setdefault(day, Counter())[lost(event or "", code, why)] += len(ids)
    for (day, event, keys), events in alike.items():
        counts = days.setdefault(day, Counter())
        counts[sent(event)] += events
        for code in codes_of(keys):
            counts[carried(event, code)] += events
    return days
