"""Write the receipts of a settlement."""

from collections.abc import Sequence

from delivery.receipt import ReceiptColumns, ReceiptFields
from lanes.chunk import Chunk
from lanes.settlement import NO_RECEIPTS, Receipts
from mapping.results import Note
from worker.steps.ended import Ended
from worker.steps.outcomes import DeliveryContext


def receipts_of(ended: Sequence[Ended], chunks: Sequence[Chunk], context: DeliveryContext) -> Receipts:
    """Return the receipts of these items; unsupported ones are only counted."""
    if not context.receipts.is_on:
        return NO_RECEIPTS
    columns = ReceiptColumns()
    for alike in ended:
        ending, chunk = alike.ending, chunks[alike.ending.chunk]
        if ending.outcome == "unsupported":
            continue
        facts = ReceiptFields(
            context.connection,
            chunk.input,
            ending.outcome,
            None,
            ending.reason,
            chunk.received_ms,
            ending.attempts,
            chunk.first_unknown_ms > 0,
            ending.tiktok_code,
            ending.tiktok_request_id,
            job=context.job,
            dead_letter=ending.dead_letter,
        )
        columns.add(
            facts,
            alike.event_ids,
            tiktok_event=alike.events,
            match_keys=alike.match_keys,
            notes=_in_words(alike.notes),
        )
    return context.receipts.write_columns(columns)


def _in_words(notes: Sequence[tuple[Note, ...]]) -> list[tuple[tuple[str, str], ...]]:
    """Return the notes of each item as receipts have them. Items of one batch often have the same tuple."""
    words = {id(some): tuple([(note.field, note.note) for note in some]) for some in {id(n): n for n in notes}.values()}
    return [words[id(some)] for some in notes]
