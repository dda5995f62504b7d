"""What dead letters of one batch share: its JSON without `events`, kept once in Redis and not in each letter."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Final, Protocol

from lanes.chunk import Batch, Chunk
from lanes.scripts import DEAD_LETTER_OVERHEAD

SHARED_FROM_BYTES: Final = 512
"""A smaller part is copied into each letter: to share it would cost as much."""
LETTERS_BYTES: Final = 768 * 1024
"""Beyond this a settlement keeps no further dead letter; its event waits for the next one. A script takes 4 MiB."""
_PURPOSE: Final = b"relay shared parts of batches"
_ID_BYTES: Final = 16


class Keyring(Protocol):
    """Makes a secret for one purpose."""

    def derive(self, purpose: bytes, /) -> bytes:
        """Return the secret."""


class SharedParts:
    """The shared parts that one settlement's letters need, by their ids, and what letters and parts come to in bytes.

    An id is a keyed hash of the part where there is an encryption key, so that it tells nobody what the part holds.
    """

    def __init__(self, seal: Callable[[Chunk], bytes], secret: bytes, room: int | None = None) -> None:
        """`room`: how many bytes more the connection's dead letters may hold; None for no bound."""
        self._seal, self._secret = seal, secret
        self._most = LETTERS_BYTES if room is None else min(LETTERS_BYTES, room)
        self.by_id: dict[str, bytes] = {}
        self.bytes = 0
        self._last: tuple[bytes, str] = (b"", "")

    def part_of(self, chunk: Chunk, shared: bytes) -> str:
        """Return the id of a batch's shared part, kept from now on; empty where the letter is to hold it itself."""
        if len(shared) < SHARED_FROM_BYTES:
            return ""
        if self._last[0] is not shared:
            part_id = hmac.digest(self._secret, shared, hashlib.sha256)[:_ID_BYTES].hex()
            self._last = (shared, part_id)
            if part_id not in self.by_id:
                self.by_id[part_id] = self._seal(Chunk(chunk.input, chunk.received_ms, [Batch(shared, [])]))
                self.bytes += len(self.by_id[part_id])
        return self._last[1]

    def add(self, letter: bytes) -> None:
        """Count a letter that the settlement keeps."""
        self.bytes += len(letter) + DEAD_LETTER_OVERHEAD

    @property
    def full(self) -> bool:
        """Whether a settlement should keep no further letter."""
        return self.bytes >= self._most


def shared_parts_secret(keyring: Keyring | None) -> bytes:
    """Return the secret that ids are made with; without a key it hides nothing, as nothing then is encrypted."""
    return b"" if keyring is None else keyring.derive(_PURPOSE)
