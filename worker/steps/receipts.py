"""Write the receipts of a settlement."""

from collections.abc import Mapping, Sequence

from delivery.receipt import ReceiptFields
from lanes.chunk import Chunk
from lanes.settlement import NO_RECEIPTS, Receipts
from worker.steps.outcomes import DeliveryContext, Ended


def receipts_of(
    ended: Mapping[Ended, Sequence[str | None]], chunks: Sequence[Chunk], context: DeliveryContext
) -> Receipts:
    """Return the receipts of these items, by what they have in common; unsupported ones are only counted."""
    if not context.receipts.is_on:
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
