"""Read the dead letters of all connections, and show what is inside one, masked unless revealed."""

from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from itertools import islice
from typing import Any, Final

import msgspec
import redis

from config.dead_letter_reasons import UNREADABLE
from config.errors import ConfigurationError
from config.file import load
from config.model import Configuration
from config.secrets import DecryptionError, Keyring
from config.settings import Settings
from delivery.dead_letter import DeadLetter, dead_lettered_at_ms, rfc3339
from lanes.chunk import Batch, Chunk, ChunkCodec
from lanes.connections import connections_known
from lanes.dead_letters import (
    READ_AT_ONCE,
    iterate_dead_letters,
    read_dead_letter,
    read_dead_letters,
    shared_part,
)
from lanes.errors import ChunkUnreadable
from mapping.incoming.invalid_batch import is_no_batch
from mapping.items import event_of
from operations.dead_letters.exact_json import read_for_people
from operations.dead_letters.query import IndexEntry
from operations.errors import OperatorError
from operations.masking import mask_sentence
from operations.receipts.writer import receipt_writer
from store.clocks import now_ms

PARTS_AT_HAND: Final = 4
"""Decrypted shared parts of batches that a store keeps; each is at most a batch."""


class DeadLetterStore:
    """All dead letters in one Redis. Every method raises RedisAway."""

    def __init__(
        self, settings: Settings, client: redis.Redis, read: Callable[[], Configuration] | None = None
    ) -> None:
        """Use `read`, which may raise ConfigurationError, in place of reading the configuration file."""
        self.settings, self.client = settings, client
        self.keyring = settings.keyring
        self.codec = ChunkCodec(self.keyring)
        self.receipts = receipt_writer(settings)
        self._parts: dict[tuple[str, str], Chunk] = {}
        self.connections = _connections(read or partial(load, settings.config, keyring=settings.keyring), client)
        """The connections that may have dead letters: those configured, then those that only Redis knows."""

    def now_ms(self) -> int:
        """Return Redis's time, by which dead letters are dated."""
        return now_ms(self.client)

    def dead_letters(self, connections: Collection[str]) -> Iterator[DeadLetter]:
        """Yield the dead letters of these connections, in no order. Their sources are large: do not collect them."""
        for connection in connections:
            for dead_letter_id, stored in iterate_dead_letters(self.client, connection):
                yield self.read(stored, dead_letter_id, connection)

    def read_each(self, entries: Iterable[IndexEntry]) -> Iterator[DeadLetter]:
        """Yield the dead letters of these entries, a page at a time; those that have gone meanwhile are omitted."""
        left = iter(entries)
        while page := list(islice(left, READ_AT_ONCE)):
            read = read_dead_letters(self.client, [(entry.connection, entry.id) for entry in page])
            for entry, stored in zip(page, read, strict=True):
                if stored is not None:
                    yield self.read(stored, entry.id, entry.connection)

    def find(self, dead_letter_id: str) -> DeadLetter | None:
        """Return the dead letter of this id, of any connection; None if there is none."""
        for connection in self.connections:
            stored = read_dead_letter(self.client, connection, dead_letter_id)
            if stored is not None:
                return self.read(stored, dead_letter_id, connection)
        return None

    def read(self, stored: bytes, dead_letter_id: str, connection: str) -> DeadLetter:
        """Return the dead letter with TikTok's message, if a key decrypts it.

        A damaged one becomes a dead letter with the reason `unreadable`, so that the others can be read.
        """
        try:
            return with_tiktok_message(decoded(stored, dead_letter_id), self.keyring)
        except OperatorError as damage:
            return _unreadable(dead_letter_id, connection, str(damage))

    def open(self, dead_letter: DeadLetter) -> Chunk:
        """Return the dead letter's decrypted source, with the part it shares with others. Raise ChunkUnreadable."""
        if not dead_letter.source:
            raise ChunkUnreadable("the dead letter has no source")
        source = self.codec.decode(dead_letter.source)
        if not source.batches or not all(batch.entries for batch in source.batches):
            raise ChunkUnreadable("the dead letter's source holds no event")
        if not dead_letter.shared:
            return source
        shared = self._part(dead_letter).batches[0].shared
        whole = [Batch(shared, batch.entries) for batch in source.batches]
        return msgspec.structs.replace(source, batches=whole)

    def encrypted_part(self, dead_letter: DeadLetter) -> bytes | None:
        """Return the stored part that it shares with others; None when it shares nothing, or the part is gone."""
        return shared_part(self.client, dead_letter.connection, dead_letter.shared) if dead_letter.shared else None

    def _part(self, dead_letter: DeadLetter) -> Chunk:
        """Return the part that it shares with others of its batch; the last few are cached."""
        key = (dead_letter.connection, dead_letter.shared)
        if key not in self._parts:
            sealed = self.encrypted_part(dead_letter)
            if sealed is None:
                raise ChunkUnreadable("it was replayed or discarded meanwhile, or Redis lost what its batch shares")
            while len(self._parts) >= PARTS_AT_HAND:
                self._parts.pop(next(iter(self._parts)), None)
            self._parts[key] = self.codec.decode(sealed)
        return self._parts[key]


def with_tiktok_message(dead_letter: DeadLetter, keyring: Keyring | None) -> DeadLetter:
    """Return the dead letter with TikTok's message, if a key decrypts it."""
    if not dead_letter.words or keyring is None:
        return dead_letter
    try:
        words = keyring.decrypt(dead_letter.words).decode()
    except DecryptionError:
        return dead_letter
    return msgspec.structs.replace(dead_letter, message=words, words=b"")


def _connections(read: Callable[[], Configuration], client: redis.Redis) -> list[str]:
    try:
        configured = list(read().connections)
    except ConfigurationError:  # dead letters must be readable especially when the configuration is wrong
        configured = []
    return [*configured, *(group for group in connections_known(client) if group not in configured)]


def decoded(stored: bytes, dead_letter_id: str) -> DeadLetter:
    """Return the stored dead letter as an object. Raise OperatorError when it cannot be read."""
    try:
        return DeadLetter.decode(stored)
    except msgspec.MsgspecError:
        raise OperatorError(
            f"dead letter {dead_letter_id} cannot be read: it is damaged, or a newer relay wrote it"
        ) from None


def _unreadable(dead_letter_id: str, connection: str, why: str) -> DeadLetter:
    return DeadLetter(
        id=dead_letter_id,
        connection=connection,
        input="",
        at_ms=dead_lettered_at_ms(dead_letter_id) or 0,
        stage="",
        reason=UNREADABLE.code,
        message=f"{why}: discard removes it",
    )


def without_source(dead_letter: DeadLetter) -> DeadLetter:
    """Return the dead letter without its source, which is most of its bytes."""
    return msgspec.structs.replace(dead_letter, source=b"")


def public(dead_letter: DeadLetter, *, reveal: bool) -> dict[str, Any]:
    """Return every field but the source. Only TikTok's message may quote an event, so only that is masked."""
    shown = dead_letter.public()
    if dead_letter.stage == "delivery" and not reveal:
        shown["message"] = mask_sentence(dead_letter.message)
    return shown


def exported(store: DeadLetterStore, dead_letter: DeadLetter, *, reveal: bool) -> dict[str, Any]:
    """Return every field, and `source`, its event: null where it cannot be decrypted."""
    try:
        source = source_of(store.open(dead_letter), reveal=reveal)
    except ChunkUnreadable:
        source = None
    return {**public(dead_letter, reveal=reveal), "source": source}


def source_of(chunk: Chunk, *, reveal: bool) -> dict[str, Any]:
    """Return the batch with this event only, and what ingest recorded about it."""
    batch = chunk.batches[0]
    entry = batch.entries[0]
    return {
        "received_at": rfc3339(chunk.received_ms),
        "position": entry.position,
        "generated_id": entry.event_id,
        "only": None if entry.items is None else [event_of(key) for key in entry.items],
        "batch": batch_for_people(batch, reveal=reveal),
    }


def batch_for_people(batch: Batch, *, reveal: bool) -> Any:
    """Return the batch with its events to show; an element that is no batch is shown alone."""
    if is_no_batch(batch.shared):
        return read_for_people(batch.entries[0].raw, reveal=reveal)
    shared = read_for_people(batch.shared, reveal=reveal)
    events = [read_for_people(entry.raw, reveal=reveal) for entry in batch.entries]
    return {**shared, "events": events} if isinstance(shared, dict) else {"batch": shared, "events": events}
