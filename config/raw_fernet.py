"""Encrypt to Fernet tokens as raw bytes: the base64 of the library takes twice the time of the encryption.

A process loads the library of the cipher with its first key, and never without a key: it takes memory.
"""

import base64
import binascii
import hmac
import os
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.modes import CBC

_VERSION: Final = b"\x80"
_BLOCK: Final = 16
_HEAD: Final = 1 + 8 + _BLOCK
"""Bytes of version, time and initialisation vector."""
_DIGEST: Final = 32
_KEY: Final = 32


class InvalidToken(Exception):
    """These bytes are not a Fernet token, or are one of another key."""


class RawFernet:
    """One key. A token is version, time, initialisation vector, AES-CBC of the content, and their HMAC-SHA256."""

    def __init__(self, key: bytes) -> None:
        """`key` is a Fernet key: URL-safe base64 of 16 bytes to sign and 16 to encrypt. Raise ValueError if not."""
        from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

        both = b""
        with suppress(binascii.Error):
            both = base64.urlsafe_b64decode(key)
        if len(both) != _KEY or not key.isascii():
            raise ValueError("not a Fernet key")
        self._signing, algorithm = both[:_BLOCK], algorithms.AES(both[_BLOCK:])
        self._cipher: Callable[[bytes], Cipher[CBC]] = lambda vector: Cipher(algorithm, modes.CBC(vector))

    @staticmethod
    def new_key() -> bytes:
        """Return a random key."""
        return base64.urlsafe_b64encode(os.urandom(_KEY))

    def encrypt(self, content: bytes) -> bytes:
        """Return a token, which the library's Fernet decrypts once it is in base64."""
        vector = os.urandom(_BLOCK)
        padding = _BLOCK - len(content) % _BLOCK
        encrypted = self._cipher(vector).encryptor().update(content + bytes([padding]) * padding)
        signed = b"".join((_VERSION, int(time.time()).to_bytes(8, "big"), vector, encrypted))
        return signed + self._sign(signed)

    def decrypt(self, token: bytes) -> bytes:
        """Return the content of a token. Raise InvalidToken if it is none, or one of another key."""
        signed, signature = token[:-_DIGEST], token[-_DIGEST:]
        if signed[:1] != _VERSION or not hmac.compare_digest(signature, self._sign(signed)):
            raise InvalidToken
        encrypted = signed[_HEAD:]
        if not encrypted or len(encrypted) % _BLOCK:
            raise InvalidToken
        padded = self._cipher(signed[_HEAD - _BLOCK : _HEAD]).decryptor().update(encrypted)
        if not 1 <= padded[-1] <= _BLOCK:
            raise InvalidToken
        return padded[: -padded[-1]]

    def _sign(self, content: bytes) -> bytes:
        return hmac.digest(self._signing, content, "sha256")
