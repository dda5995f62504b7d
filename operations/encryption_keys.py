"""Which key what Redis holds is sealed with, and sealing dead letters anew: so that a former key may go one day."""

from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import msgspec

from config.secrets import DecryptionError, Keyring
from delivery.dead_letter import DeadLetter
from lanes.chunk import encrypted_body
from lanes.dead_letters import amend_letter, amend_part, letters_of, shared_parts
from lanes.errors import ChunkUnreadable
from lanes.ledger import waiting_chunks
from operations.dead_letters.store import DeadLetterStore, decoded
from operations.errors import OperatorError


@dataclass(slots=True)
class KeyUsage:
    """What needs each key, by its position (1: the newest); None stands for what no key here opens."""

    chunks: Counter[int | None] = field(default_factory=Counter)
    letters: Counter[int | None] = field(default_factory=Counter)
    open: int = 0
    """Chunks and letters that are not encrypted at all."""

    @property
    def unopened(self) -> int:
        """Chunks and letters that need a key which is not here."""
        return self.chunks[None] + self.letters[None]


@dataclass(slots=True)
class Reencrypted:
    """Letters sealed anew, those that were under the newest key already, and those that no key opens."""

    letters: int = 0
    unchanged: int = 0
    unopened: int = 0


def key_usage(store: DeadLetterStore, keyring: Keyring) -> KeyUsage:
    """Look into every chunk and letter; not at one instant, so what moves meanwhile may be missed or counted twice."""
    use = KeyUsage()
    for connection in store.connections:
        for chunk in waiting_chunks(store.client, connection):
            _count(use.chunks, use, [encrypted_body(chunk)], keyring)
        for letter_id, stored in letters_of(store.client, connection):
            try:
                _count(use.letters, use, _encrypted_in(decoded(stored, letter_id), store), keyring)
            except (OperatorError, ChunkUnreadable):  # damaged: no key opens it
                use.letters[None] += 1
    return use


def reencrypt_dead_letters(store: DeadLetterStore, keyring: Keyring) -> Reencrypted:
    """Seal every letter that is not yet so with the newest key. One that is replayed meanwhile is left alone."""
    done = Reencrypted()
    for connection in store.connections:
        _reencrypt_parts(store, connection, keyring)
        for letter_id, stored in letters_of(store.client, connection):
            try:
                letter = decoded(stored, letter_id)
            except OperatorError:
                done.unopened += 1
                continue
            try:
                if all(body is not None and keyring.key_number_for(body) == 1 for body in _encrypted_in(letter)):
                    done.unchanged += 1
                    continue
                anew = _anew(letter, store, keyring)
            except (ChunkUnreadable, DecryptionError):
                done.unopened += 1
                continue
            done.letters += amend_letter(store.client, connection, letter_id, stored, anew.encode())
    return done


def _anew(letter: DeadLetter, store: DeadLetterStore, keyring: Keyring) -> DeadLetter:
    source = store.codec.seal(store.codec.open(letter.source))
    words = keyring.encrypt(keyring.decrypt(letter.words)) if letter.words else b""
    return msgspec.structs.replace(letter, source=source, words=words)


def _encrypted_in(letter: DeadLetter, store: DeadLetterStore | None = None) -> list[bytes | None]:
    """Return what of a letter is encrypted; with `box`, what it shares with others as well."""
    part = store.encrypted_part(letter) if store else None
    shared = [encrypted_body(part)] if part else []
    return [encrypted_body(letter.source), *([letter.words] if letter.words else []), *shared]


def _reencrypt_parts(store: DeadLetterStore, connection: str, keyring: Keyring) -> None:
    """Encrypt with the newest key what letters share. Their letters tell of what no key here opens."""
    for part_id, part in shared_parts(store.client, connection):
        body = encrypted_body(part)
        if body is None or keyring.key_number_for(body) != 1:
            with suppress(ChunkUnreadable):
                amend_part(store.client, connection, part_id, part, store.codec.seal(store.codec.open(part)))


def _count(counter: Counter[int | None], use: KeyUsage, bodies: Sequence[bytes | None], keyring: Keyring) -> None:
    """Once for each key that the item needs."""
    sealed = [body for body in bodies if body is not None]
    use.open += len(sealed) < len(bodies)
    counter.update({keyring.key_number_for(body) for body in sealed})
