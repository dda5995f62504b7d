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
from operations.dead_letters.store import LetterBox, decoded
from operations.errors import BadNews


@dataclass(slots=True)
class Use:
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
class Resealed:
    """Letters sealed anew, those that were under the newest key already, and those that no key opens."""

    letters: int = 0
    unchanged: int = 0
    unopened: int = 0


def use_of_keys(box: LetterBox, keyring: Keyring) -> Use:
    """Look into every chunk and letter; not at one instant, so what moves meanwhile may be missed or counted twice."""
    use = Use()
    for connection in box.connections:
        for chunk in waiting_chunks(box.client, connection):
            _count(use.chunks, use, [encrypted_body(chunk)], keyring)
        for letter_id, stored in letters_of(box.client, connection):
            try:
                _count(use.letters, use, _sealed_in(decoded(stored, letter_id), box), keyring)
            except (BadNews, ChunkUnreadable):  # damaged: no key opens it
                use.letters[None] += 1
    return use


def reseal_letters(box: LetterBox, keyring: Keyring) -> Resealed:
    """Seal every letter that is not yet so with the newest key. One that is replayed meanwhile is left alone."""
    done = Resealed()
    for connection in box.connections:
        _reseal_parts(box, connection, keyring)
        for letter_id, stored in letters_of(box.client, connection):
            try:
                letter = decoded(stored, letter_id)
            except BadNews:
                done.unopened += 1
                continue
            try:
                if all(body is not None and keyring.key_number_for(body) == 1 for body in _sealed_in(letter)):
                    done.unchanged += 1
                    continue
                anew = _anew(letter, box, keyring)
            except (ChunkUnreadable, DecryptionError):
                done.unopened += 1
                continue
            done.letters += amend_letter(box.client, connection, letter_id, stored, anew.encode())
    return done


def _anew(letter: DeadLetter, box: LetterBox, keyring: Keyring) -> DeadLetter:
    source = box.codec.seal(box.codec.open(letter.source))
    words = keyring.encrypt(keyring.decrypt(letter.words)) if letter.words else b""
    return msgspec.structs.replace(letter, source=source, words=words)


def _sealed_in(letter: DeadLetter, box: LetterBox | None = None) -> list[bytes | None]:
    """Return what of a letter is encrypted; with `box`, what it shares with others as well."""
    part = box.sealed_part(letter) if box else None
    shared = [encrypted_body(part)] if part else []
    return [encrypted_body(letter.source), *([letter.words] if letter.words else []), *shared]


def _reseal_parts(box: LetterBox, connection: str, keyring: Keyring) -> None:
    """Encrypt with the newest key what letters share. Their letters tell of what no key here opens."""
    for part_id, part in shared_parts(box.client, connection):
        body = encrypted_body(part)
        if body is None or keyring.key_number_for(body) != 1:
            with suppress(ChunkUnreadable):
                amend_part(box.client, connection, part_id, part, box.codec.seal(box.codec.open(part)))


def _count(counter: Counter[int | None], use: Use, bodies: Sequence[bytes | None], keyring: Keyring) -> None:
    """Once for each key that the item needs."""
    sealed = [body for body in bodies if body is not None]
    use.open += len(sealed) < len(bodies)
    counter.update({keyring.key_number_for(body) for body in sealed})
