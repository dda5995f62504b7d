"""Correct the event of a dead letter: show it as text, parse the text, and store it in place of the former one."""

from collections.abc import Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import msgspec

from delivery.dead_letter import DeadLetter
from lanes.chunk import Batch, Chunk, Entry
from lanes.dead_letters import read_dead_letter, replace_dead_letter
from lanes.errors import ChunkUnreadable
from mapping.incoming.batch import NotABatch, split_batch
from mapping.incoming.body import replace_lone_surrogates
from mapping.incoming.invalid_batch import is_no_batch
from operations.dead_letters.exact_json import read_exactly
from operations.dead_letters.preview import Blocked, ReplayPreview
from operations.dead_letters.replay import GONE
from operations.dead_letters.store import DeadLetterStore, decoded
from operations.errors import OperatorError


class DecryptedDeadLetter(NamedTuple):
    """A dead letter, its stored bytes, and its decrypted source."""

    dead_letter: DeadLetter
    stored: bytes
    source: Chunk


def find_dead_letter(store: DeadLetterStore, dead_letter_id: str) -> DecryptedDeadLetter:
    """Return the dead letter with its source. Raise OperatorError when it is gone or its source cannot be decrypted."""
    dead_letter = store.find(dead_letter_id)
    stored = None if dead_letter is None else read_dead_letter(store.client, dead_letter.connection, dead_letter_id)
    if stored is None:
        raise OperatorError(f"{dead_letter_id}: {GONE}: relay dead-letters list shows those that exist")
    dead_letter = decoded(stored, dead_letter_id)
    try:
        return DecryptedDeadLetter(dead_letter, stored, store.open(dead_letter))
    except ChunkUnreadable as error:
        raise OperatorError(f"its source cannot be decrypted: {error.what_to_do}") from None


def digest_of(found: DecryptedDeadLetter) -> str:
    """Return a digest of the stored bytes; it differs after any change."""
    return sha256(found.stored).hexdigest()


def text_of(source: Chunk) -> str:
    """Return the batch with its one event as text; numbers stay as written. Raise OperatorError when it is no JSON."""
    batch = source.batches[0]
    try:
        if is_no_batch(batch.shared):
            return _text_of_no_batch(batch.entries[0].raw)
        members = msgspec.json.decode(replace_lone_surrogates(batch.shared), type=dict[str, msgspec.Raw])
        events = [msgspec.Raw(replace_lone_surrogates(entry.raw)) for entry in batch.entries]
        whole = msgspec.json.encode({**members, "events": events})
        return msgspec.json.format(whole, indent=2).decode() + "\n"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise OperatorError(
            "its event is no JSON that can be edited: export keeps a copy, discard removes it"
        ) from None


def editable(text: str) -> dict[str, Any]:
    """Return the text as JSON in which values can be set; numbers stay as they are written. Raise OperatorError."""
    try:
        batch = read_exactly(text)
    except ValueError:
        batch = None
    if not isinstance(batch, dict) or not isinstance(batch.get("events"), list) or not batch["events"]:
        raise OperatorError(
            "it is no batch with an event, so no field can be set: correct it in an editor, without --set"
        )
    return batch


def _text_of_no_batch(raw: bytes) -> str:
    """Return an invalid batch as text: formatted where it is JSON, else as it is."""
    try:
        return msgspec.json.format(raw, indent=2).decode() + "\n"
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return raw.decode("utf-8", "replace") + "\n"


def corrected(source: Chunk, text: str) -> Chunk:
    """Return the source with another batch and event; the event's place, generated id and open items stay.

    What was no batch may become several events. Raise OperatorError when the text is no batch, or has a wrong number
    of events.
    """
    try:
        split = split_batch(text.encode())
    except (NotABatch, UnicodeEncodeError) as error:
        raise OperatorError(f"not saved: {error}") from None
    former = source.batches[0]
    if is_no_batch(former.shared) or len(former.entries) > 1:
        return msgspec.structs.replace(source, batches=[Batch(split.shared, _several(former.entries, split.events))])
    if len(split.events) != 1:
        raise OperatorError(f"not saved: a dead letter has one event, and there are {len(split.events)}")
    entry = msgspec.structs.replace(former.entries[0], raw=bytes(split.events[0]))
    return msgspec.structs.replace(source, batches=[Batch(split.shared, [entry])])


def _several(former: Sequence[Entry], events: Sequence[msgspec.Raw]) -> list[Entry]:
    """Return entries for the events of a former invalid batch; ids are derived from the former entry's id."""
    if not events:
        raise OperatorError("not saved: a batch needs at least one event")
    first = former[0].event_id or ""
    ids = [first, *(sha256(f"{first}:{place}".encode()).hexdigest()[:32] for place in range(1, len(events)))]
    return [Entry(place, ids[place], bytes(event)) for place, event in enumerate(events)]


def save_source(store: DeadLetterStore, found: DecryptedDeadLetter, source: Chunk) -> None:
    """Store the dead letter with this source. Raise OperatorError, and store nothing, when it was changed meanwhile."""
    dead_letter = found.dead_letter
    amended = msgspec.structs.replace(dead_letter, source=store.codec.encode(source), shared="")
    if not replace_dead_letter(
        store.client, dead_letter.connection, dead_letter.id, found.stored, amended.encode(), whole=True
    ):
        raise OperatorError(f"{dead_letter.id} was changed, replayed or discarded meanwhile: not saved")


def is_sendable(preview: ReplayPreview | Blocked) -> bool:
    """Return whether a replay would send something and dead-letter nothing."""
    return isinstance(preview, ReplayPreview) and bool(preview.items) and not preview.rejected
