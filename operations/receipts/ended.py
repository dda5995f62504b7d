"""Write receipts of what operators end: discarded backlogs, erased events, dead letters that leave the store."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal

import msgspec
import redis

import lanes.dead_letters
from delivery.dead_letter import DeadLetter
from delivery.receipt import AlikeItems, Outcome, ReceiptFields
from lanes.chunk import Chunk, ChunkCodec, Entry
from lanes.errors import ChunkUnreadable
from lanes.settlement import Receipts
from mapping.incoming.unreadable import own_id_of
from mapping.items import event_of
from operations.receipts.writer import ReceiptWriter

BACKLOG: Final = "backlog"
"""The reason of receipts of waiting events that an operator discarded or erased."""
DEAD_LETTER: Final = "dead_letter"
"""The reason of receipts of dead letters that an operator, or their retention, discarded or erased."""


def event_id_of(entry: Entry) -> str | None:
    """Return the id of a waiting event."""
    return own_id_of(entry.raw) or entry.event_id


def receipts_of_chunks(stored: Iterable[bytes], codec: ChunkCodec, connection: str, writer: ReceiptWriter) -> Receipts:
    """Return the receipts of a backlog that is discarded; events that cannot be decrypted get none."""
    groups: list[AlikeItems] = []
    for chunk in stored if writer.is_on else ():
        try:
            groups += ended_entries(codec.decode(chunk), connection, "discarded")
        except ChunkUnreadable:
            continue
    return writer.write(groups)


def receipts_of_erased(chunk: Chunk, without: Chunk, connection: str, writer: ReceiptWriter) -> Receipts:
    """Return the receipts of the events that `chunk` has and `without` has not."""
    kept = {id(entry) for batch in without.batches for entry in batch.entries}
    return writer.write(list(ended_entries(chunk, connection, "erased", kept)))


def ended_entries(chunk: Chunk, connection: str, outcome: Outcome, kept: Iterable[int] = ()) -> Iterator[AlikeItems]:
    """Yield what receipts say of the chunk's events, except those that are `kept`: one receipt for each item."""
    for batch in chunk.batches:
        for entry in batch.entries:
            if id(entry) in kept:
                continue
            for event in [None] if entry.items is None else map(event_of, entry.items):
                facts = ReceiptFields(connection, chunk.input, outcome, event, BACKLOG, chunk.received_ms)
                yield facts, [event_id_of(entry)]


def remove_dead_letters(
    client: redis.Redis,
    connection: str,
    ids: Sequence[str],
    writer: ReceiptWriter,
    outcome: Literal["discarded", "erased"] = "discarded",
) -> list[str]:
    """Remove dead letters for good, with their receipts; return the ids of those that were there. Raise RedisAway."""
    receipts: list[Receipts] = []
    if writer.is_on:
        stored = lanes.dead_letters.read_dead_letters(client, [(connection, each) for each in ids])
        dead_letters = [_decoded(connection, *found) for found in zip(ids, stored, strict=True)]
        receipts = [receipt_of(dead_letter, outcome, writer) for dead_letter in dead_letters]
    counter: Final = "dead_letters_discarded" if outcome == "discarded" else "dead_letters_erased"
    return lanes.dead_letters.remove_dead_letters(client, connection, ids, counter, receipts)


def receipt_of(removed: DeadLetter, outcome: Outcome, writer: ReceiptWriter) -> Receipts:
    """Return the receipt of a dead letter that leaves the store."""
    facts = ReceiptFields(
        removed.connection, removed.input, outcome, removed.tiktok_event, DEAD_LETTER, dead_letter=removed.id
    )
    return writer.write([(facts, [removed.event_id])])


def _decoded(connection: str, dead_letter_id: str, stored: bytes | None) -> DeadLetter:
    """Return the dead letter; one with only its id if it is gone or cannot be read."""
    try:
        return DeadLetter.decode(stored or b"")
    except msgspec.MsgspecError:
        return DeadLetter(id=dead_letter_id, connection=connection, input="", at_ms=0)
