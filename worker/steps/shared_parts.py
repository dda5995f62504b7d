"""Store what the dead letters of one batch share, its JSON without `events`, once in Redis."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Final, Protocol

from lanes.chunk import Batch, Chunk
from lanes.scripts import DEAD_LETTER_OVERHEAD

SHARED_FROM_BYTES: Final = 512
"""A smaller part is copied into each dead letter: sharing it would take as much memory."""
SETTLEMENT_BYTES: Final = 768 * 1024
"""Dead letters and shared parts of one settlement; further events wait for the next one. A script takes 4 MiB."""
_PURPOSE: Final = b"relay shared parts of batches"
_ID_BYTES: Final = 16


class Keyring(Protocol):
    """A set of encryption keys that can derive a secret for one purpose."""

    def derive(self, purpose: bytes, /) -> bytes:
        """Return the secret."""


class SharedParts:
    """The shared parts that one settlement's dead letters need, by id, and the bytes of all parts and dead letters.

    With an encryption key, an id is a keyed hash of the part and so reveals nothing about it.
    """

    def __init__(self, encode: Callable[[Chunk], bytes], secret: bytes, room: int | None = None) -> None:
        """`room`: how many more bytes the connection's dead letters may hold; None for no bound."""
        self._encode, self._secret = encode, secret
        self._most = SETTLEMENT_BYTES if room is None else min(SETTLEMENT_BYTES, room)
        self.by_id: dict[str, bytes] = {}
        self.bytes = 0
        self._last: tuple[bytes, str] = (b"", "")

    def part_of(self, chunk: Chunk, shared: bytes) -> str:
        """Add a batch's shared part and return its id; "" where the part is small and the dead letter holds it."""
        if len(shared) < SHARED_FROM_BYTES:
            return ""
        if self._last[0] is not shared:
            part_id = hmac.digest(self._secret, shared, hashlib.sha256)[:_ID_BYTES].hex()
            self._last = (shared, part_id)
            if part_id not in self.by_id:
                self.by_id[part_id] = self._encode(Chunk(chunk.input, chunk.received_ms, [Batch(shared, [])]))
                self.bytes += len(self.by_id[part_id])
        return self._last[1]

    def add(self, dead_letter: bytes) -> None:
        """Count the bytes of a dead letter of the settlement."""
        self.bytes += len(dead_letter) + DEAD_LETTER_OVERHEAD

    @property
    def full(self) -> bool:
        """Whether the settlement should take no further dead letter."""
        return self.bytes >= self._most


def shared_parts_secret(keyring: Keyring | None) -> bytes:
    """Return the secret for the ids; empty without a key, because then nothing is encrypted either."""
    return b"" if keyring is None else keyring.derive(_PURPOSE)
