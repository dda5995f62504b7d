"""Keep the console's sessions, and count attempts to sign in.

Tokens and subjects are kept as digests only. Any number of processes share the sessions. All methods work at maxmemory,
because operators make room in the console, by correcting or discarding dead letters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, cast

import redis

from store.diagnosis.trouble import translate_errors
from store.scripts import Scripts, pack

_SESSION: Final = "console:session:"
_TRIES: Final = "console:attempts:"


@dataclass(frozen=True, slots=True)
class Limit:
    """How often one subject may try: `free` times at once; then each wait doubles from `first_ms` to `most_ms`."""

    free: int
    first_ms: int
    most_ms: int
    kept_ms: int
    """How long the count is kept after the last attempt."""


class ConsoleSessions:
    """Sessions and attempts in one Redis; serves any number of threads. Every method raises RedisAway."""

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._scripts = client, Scripts(client)

    def keep(self, token: str, value: bytes, ms: int) -> None:
        """Keep a session for `ms` milliseconds, under a digest of its token."""
        self._scripts.call("keep_session", _name(_SESSION, token), value, ms)

    def find(self, token: str) -> bytes | None:
        """Return the session's value; None when there is none or it has expired."""
        with translate_errors:
            return cast("bytes | None", self._client.get(_name(_SESSION, token)))

    def end(self, token: str) -> None:
        """Delete the session."""
        self._delete(_name(_SESSION, token))

    def admit(self, limits: Sequence[tuple[str, Limit]], now_ms: int | None = None) -> int:
        """Count an attempt of each subject and return 0, or return how many ms the longest limit makes it wait."""
        packed = pack(
            [
                {
                    "key": _name(_TRIES, subject),
                    "free": limit.free,
                    "first": limit.first_ms,
                    "most": limit.most_ms,
                    "kept": limit.kept_ms,
                }
                for subject, limit in limits
            ]
        )
        return int(self._scripts.call("count_attempt", packed, now_ms=now_ms))

    def forgive(self, subject: str) -> None:
        """Delete the count of the subject's attempts."""
        self._delete(_name(_TRIES, subject))

    def _delete(self, key: str) -> None:
        with translate_errors:
            self._client.delete(key)


def _name(prefix: str, secret: str) -> str:
    return prefix + sha256(secret.encode()).hexdigest()
