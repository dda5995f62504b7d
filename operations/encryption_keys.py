"""Report which key encrypts each item in Redis, and re-encrypt dead letters so that an old key can be retired."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

import msgspec

from config.secrets import DecryptionError, Keyring
from delivery.dead_letter import DeadLetter
from lanes.chunk import encrypted_body
from lanes.dead_letters import iterate_dead_letters, replace_dead_letter, replace_shared_part, shared_parts
from lanes.errors import ChunkUnreadable
from lanes.ledger import waiting_chunks
from operations.dead_letters.store import DeadLetterStore, decoded
from operations.errors import OperatorError

SAMPLED_DEAD_LETTERS: Final = 100
"""The largest number in all; with more connections than this, one of each."""


@dataclass(slots=True)
class KeyUsage:
    """How many items need each key, by its position (1: the newest); None counts those that no key here decrypts."""

    chunks: Counter[int | None] = field(default_factory=Counter)
    dead_letters: Counter[int | None] = field(default_factory=Counter)
    unencrypted: int = 0
    """Chunks and dead letters that are not encrypted."""

    @property
    def undecryptable(self) -> int:
        """Chunks and dead letters that need a key which is not here."""
        return self.chunks[None] + self.dead_letters[None]


@dataclass(frozen=True, slots=True)
class KeySample:
    """How many entries were sampled, and how many of these no key here decrypts. Damaged ones are not counted."""

    entries: int = 0
    undecryptable: int = 0


@dataclass(slots=True)
class Reencrypted:
    """How many dead letters were re-encrypted, had the newest key already, or cannot be decrypted with any key here."""

    dead_letters: int = 0
    unchanged: int = 0
    undecryptable: int = 0


def key_usage(store: DeadLetterStore, keyring: Keyring) -> KeyUsage:
    """Count the chunks and dead letters that need each key. Raise RedisAway.

    Items that move during the count may be missed or counted twice.
    """
    usage = KeyUsage()
    for connection in store.connections:
        for chunk in waiting_chunks(store.client, connection):
            _count(usage.chunks, usage, [encrypted_body(chunk)], keyring)
        for dead_letter_id, stored in iterate_dead_letters(store.client, connection):
            try:
                _count(usage.dead_letters, usage, _encrypted_in(decoded(stored, dead_letter_id), store), keyring)
            except (OperatorError, ChunkUnreadable):  # damaged: no key decrypts it
                usage.dead_letters[None] += 1
    return usage


def sample_keys(store: DeadLetterStore, keyring: Keyring | None) -> KeySample:
    """Look at a chunk of each connection and at SAMPLED_DEAD_LETTERS in all. Raise RedisAway."""
    decrypts: list[bool] = []
    share = max(1, SAMPLED_DEAD_LETTERS // max(1, len(store.connections)))
    for connection in store.connections:
        for chunk in islice(waiting_chunks(store.client, connection), 1):
            with suppress(ChunkUnreadable):
                decrypts.append(_is_decrypted([encrypted_body(chunk)], keyring))
        for dead_letter_id, stored in islice(iterate_dead_letters(store.client, connection), share):
            with suppress(OperatorError, ChunkUnreadable):
                decrypts.append(_is_decrypted(_encrypted_in(decoded(stored, dead_letter_id)), keyring))
    return KeySample(len(decrypts), decrypts.count(False))


def _is_decrypted(bodies: Sequence[bytes | None], keyring: Keyring | None) -> bool:
    """Return whether these keys decrypt every encrypted part of an item."""
    return all(body is None or bool(keyring and keyring.key_number_for(body)) for body in bodies)


def reencrypt_dead_letters(store: DeadLetterStore, keyring: Keyring) -> Reencrypted:
    """Encrypt every dead letter with the newest key; one that is replayed meanwhile is skipped. Raise RedisAway."""
    done = Reencrypted()
    for connection in store.connections:
        _reencrypt_parts(store, connection, keyring)
        for dead_letter_id, stored in iterate_dead_letters(store.client, connection):
            try:
                dead_letter = decoded(stored, dead_letter_id)
            except OperatorError:
                done.undecryptable += 1
                continue
            try:
                if all(body is not None and keyring.key_number_for(body) == 1 for body in _encrypted_in(dead_letter)):
                    done.unchanged += 1
                    continue
                renewed = _reencrypt(dead_letter, store, keyring)
            except (ChunkUnreadable, DecryptionError):
                done.undecryptable += 1
                continue
            done.dead_letters += replace_dead_letter(store.client, connection, dead_letter_id, stored, renewed.encode())
    return done


def _reencrypt(dead_letter: DeadLetter, store: DeadLetterStore, keyring: Keyring) -> DeadLetter:
    source = store.codec.encode(store.codec.decode(dead_letter.source))
    words = keyring.encrypt(keyring.decrypt(dead_letter.words)) if dead_letter.words else b""
    return msgspec.structs.replace(dead_letter, source=source, words=words)


def _encrypted_in(dead_letter: DeadLetter, store: DeadLetterStore | None = None) -> list[bytes | None]:
    """Return the encrypted parts of a dead letter, None for an unencrypted one; with `store`, the shared part too."""
    part = store.encrypted_part(dead_letter) if store else None
    shared = [encrypted_body(part)] if part else []
    return [encrypted_body(dead_letter.source), *([dead_letter.words] if dead_letter.words else []), *shared]


def _reencrypt_parts(store: DeadLetterStore, connection: str, keyring: Keyring) -> None:
    """Encrypt shared parts with the newest key; one that cannot be decrypted is counted with its dead letters."""
    for part_id, part in shared_parts(store.client, connection):
        body = encrypted_body(part)
        if body is None or keyring.key_number_for(body) != 1:
            with suppress(ChunkUnreadable):
                replace_shared_part(
                    store.client, connection, part_id, part, store.codec.encode(store.codec.decode(part))
                )


def _count(counter: Counter[int | None], usage: KeyUsage, bodies: Sequence[bytes | None], keyring: Keyring) -> None:
    """Count an item once for each key that it needs."""
    encrypted = [body for body in bodies if body is not None]
    usage.unencrypted += len(encrypted) < len(bodies)
    counter.update({keyring.key_number_for(body) for body in encrypted})
