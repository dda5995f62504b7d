"""Encrypt the backlog and the tokens in the configuration file with Fernet keys, the newest key first."""

import base64
import binascii
import hmac
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

from config.errors import RelayError
from config.raw_fernet import InvalidToken, RawFernet


class DecryptionError(RelayError):
    """No key of the ring decrypts this; the message shows nothing of the content."""


class Keyring:
    """Encrypts with the newest key and decrypts with any, so that a key can be replaced while old data waits."""

    def __init__(self, keys: Sequence[str]) -> None:
        """`keys` are Fernet keys (32 bytes, URL-safe base64), newest first. ValueError names a bad key by position."""
        self._keys = [key.encode() for key in keys]
        self._raw = [_fernet(key, position) for position, key in enumerate(self._keys, start=1)]

    @classmethod
    def from_text(cls, text: str | None) -> Self | None:
        """Parse keys separated by commas; return None when there are none."""
        keys = [key.strip() for key in (text or "").split(",")]
        return cls([key for key in keys if key]) if any(keys) else None

    @staticmethod
    def new_key() -> str:
        return RawFernet.new_key().decode()

    def __len__(self) -> int:
        return len(self._keys)

    def encrypt(self, content: bytes) -> bytes:
        """Return the raw bytes of a Fernet token, a quarter shorter than its usual base64."""
        return self._raw[0].encrypt(content)

    def decrypt(self, encrypted: bytes) -> bytes:
        return self._find(encrypted)[1]

    def key_number_for(self, encrypted: bytes) -> int | None:
        """Return the number of the key that decrypts it, the newest being 1; None when none does."""
        try:
            return self._find(encrypted)[0]
        except DecryptionError:
            return None

    def _find(self, encrypted: bytes) -> tuple[int, bytes]:
        """Return the number of the key that decrypts it, and the content. Raise DecryptionError."""
        for number, key in enumerate(self._raw, start=1):
            with suppress(InvalidToken):
                return number, key.decrypt(encrypted)
        raise _no_key() from None

    def derive(self, purpose: bytes) -> bytes:
        """Return a secret of 32 bytes for this one purpose, derived from the newest key without revealing it."""
        return self.derive_all(purpose)[0]

    def derive_all(self, purpose: bytes) -> list[bytes]:
        """Return the secret that `derive` returns, for every key, newest first: data may come from a former key."""
        return [hmac.digest(key, purpose, "sha256") for key in self._keys]

    def encrypt_text(self, text: str) -> str:
        """Return the text that follows `enc:` in a configuration file."""
        return base64.urlsafe_b64encode(self.encrypt(text.encode())).decode()

    def decrypt_text(self, token: str) -> str:
        try:
            return self.decrypt(base64.urlsafe_b64decode(token.encode())).decode()
        except UnicodeDecodeError:
            raise DecryptionError("what it encrypts is not text") from None
        except binascii.Error:
            raise _no_key() from None


def _no_key() -> DecryptionError:
    return DecryptionError("none of the keys in RELAY_ENCRYPTION_KEY decrypts it")


def _fernet(key: bytes, position: int) -> RawFernet:
    try:
        return RawFernet(key)
    except ValueError:
        raise ValueError(f"key {position} is not a Fernet key (make one with: relay secrets key)") from None
