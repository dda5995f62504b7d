"""Remember short values by subject for a while; the keys in Redis do not reveal the subjects."""

import hmac
import secrets
from collections.abc import Collection, Mapping
from typing import Final, Protocol, cast

import redis
from redis.exceptions import ClusterCrossSlotError

from store.diagnosis.trouble import translate_errors
from store.scripts import Scripts, pack

SHARED: Final = "addresses:secret"
PREFIX: Final = b"addresses:"
_PURPOSE: Final = b"relay memory of subjects"
_DIGEST_BYTES: Final = 16
_SECRET_BYTES: Final = 32
_PAGE: Final = 1_000
MOST_BYTES: Final = 64 * 1024 * 1024
"""The bound where Redis's limit is not known."""
LARGEST_VALUE: Final = 8 * 1024
"""Larger values are not remembered."""
OVERHEAD: Final = 350
"""What Redis needs for a value beside its bytes, at most: 320 on Redis 7.0, 240 on Valkey 9."""


class Keyring(Protocol):
    """Encryption at rest; `derive` makes a secret for one purpose from the newest key, `derive_all` one from each."""

    def encrypt(self, plain: bytes, /) -> bytes: ...
    def decrypt(self, encrypted: bytes, /) -> bytes: ...
    def derive(self, purpose: bytes, /) -> bytes: ...
    def derive_all(self, purpose: bytes, /) -> list[bytes]: ...


class AddressCache:
    """Values by subject; serves any number of threads. A subject is any text; Redis has only its HMAC.

    With a keyring, the HMAC uses its newest key and values are encrypted: after that key is replaced, older values are
    not found any more and expire. Without a keyring, the HMAC uses a random secret that is kept in Redis.
    """

    def __init__(self, client: redis.Redis, keyring: Keyring | None, expires_s: int) -> None:
        self._client = client
        self._keyring = keyring
        self._expires_s = expires_s
        self._secret = None if keyring is None else keyring.derive(_PURPOSE)
        self.most_bytes = MOST_BYTES
        """How many bytes of Redis's memory all values together may use; may be changed at any time."""
        self._scripts = Scripts(client)

    def get(self, subjects: Collection[str]) -> dict[str, bytes]:
        """Return the stored values for these subjects in one round trip; subjects without a value are omitted.

        Raise RedisAway.
        """
        if not subjects:
            return {}
        names = [self._name(subject) for subject in subjects]
        with translate_errors:
            kept = self._values(names)
        decrypted = ((subject, self._decrypt(value)) for subject, value in zip(subjects, kept, strict=True) if value)
        return {subject: value for subject, value in decrypted if value is not None}

    def _values(self, names: list[bytes]) -> list[bytes | None]:
        try:
            return cast("list[bytes | None]", self._client.mget(names))
        except ClusterCrossSlotError:  # cluster mode with one shard has every key, and yet refuses this
            one_by_one = self._client.pipeline(transaction=False)
            for name in names:
                one_by_one.get(name)
            return cast("list[bytes | None]", one_by_one.execute())

    def put(self, values: Mapping[str, bytes]) -> None:
        """Store these values until they expire; beyond `most_bytes` the oldest are removed.

        Raise RedisAway or RedisFull.
        """
        named = [(self._name(subject), self._encrypt(value)) for subject, value in values.items()]
        named = [(name, encrypted) for name, encrypted in named if len(encrypted) <= LARGEST_VALUE]
        for start in range(0, len(named), _PAGE):
            names, encrypted = zip(*named[start : start + _PAGE], strict=True)
            limits = {"most_bytes": self.most_bytes, "expires_s": self._expires_s, "overhead": OVERHEAD}
            self._scripts.call("remember_addresses", pack({**limits, "count": len(names)}), *names, *encrypted)

    def erase(self, subjects: Collection[str], *, dry_run: bool = False) -> int:
        """Remove the values of these subjects, also those of former keys; return how many there were (dry run: are)."""
        with translate_errors:
            shared = cast("bytes | None", self._client.get(SHARED))
            made_with = [*(self._keyring.derive_all(_PURPOSE) if self._keyring else ()), *([shared] if shared else ())]
            names = [_name(secret, subject) for secret in made_with for subject in subjects]
            pages = [names[start : start + _PAGE] for start in range(0, len(names), _PAGE)]
            if dry_run:
                return sum(self._client.exists(*page) for page in pages)
        return sum(int(self._scripts.call("erase_addresses", *page)) for page in pages)

    def _encrypt(self, value: bytes) -> bytes:
        return value if self._keyring is None else self._keyring.encrypt(value)

    def _name(self, subject: str) -> bytes:
        if self._secret is None:
            self._secret = self._shared_secret()
        return _name(self._secret, subject)

    def _shared_secret(self) -> bytes:
        """Return the secret that all processes of this Redis share; the first process generates it."""
        with translate_errors:
            if not self._client.exists(SHARED):
                self._client.set(SHARED, secrets.token_bytes(_SECRET_BYTES), nx=True)
            return cast("bytes", self._client.get(SHARED))

    def _decrypt(self, value: bytes) -> bytes | None:
        """Return the value; None when no key decrypts it."""
        if self._keyring is None:
            return value
        try:
            return self._keyring.decrypt(value)
        except Exception:  # noqa: BLE001 - whatever a keyring raises means the same: no key fits
            return None


def _name(secret: bytes, subject: str) -> bytes:
    return PREFIX + hmac.digest(secret, subject.encode(), "sha256")[:_DIGEST_BYTES]
