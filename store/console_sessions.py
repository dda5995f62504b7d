"""What the console keeps of its visitors: who is signed in, and how often signing in was tried.

All names are digests. Any number of processes share it, and it works at maxmemory: mending letters is what makes room.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, cast

import redis
from redis.exceptions import RedisError

from lanes.scripts import pack, refusal, script_text

_SESSION: Final = "visitors:session:"
_TRIES: Final = "visitors:tries:"


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries are free; then each waits twice as long as the one before, at most `most_ms`."""

    free: int
    first_ms: int
    most_ms: int
    kept_ms: int
    """How long after the last one tries are remembered."""


class Visitors:
    """On one Redis; serves any number of threads. Every method raises RedisAway."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._keep = client.register_script(script_text("keep"))
        self._admit = client.register_script(script_text("admit"))

    def keep(self, token: str, value: bytes, ms: int) -> None:
        """Remember a session for so long; the token itself is not kept."""
        try:
            self._keep(args=["", _name(_SESSION, token), value, ms])
        except RedisError as error:
            raise refusal(error) from None

    def find(self, token: str) -> bytes | None:
        """What was kept for the token; None when nothing was, or not any more."""
        try:
            return cast("bytes | None", self._client.get(_name(_SESSION, token)))
        except RedisError as error:
            raise refusal(error) from None

    def end(self, token: str) -> None:
        """Forget the session."""
        self._delete(_name(_SESSION, token))

    def admit(self, limits: Sequence[tuple[str, Limit]], now_ms: int | None = None) -> int:
        """0, having counted the try of each of these subjects; else how many ms to wait."""
        asked = [
            {
                "key": _name(_TRIES, subject),
                "free": limit.free,
                "first": limit.first_ms,
                "most": limit.most_ms,
                "kept": limit.kept_ms,
            }
            for subject, limit in limits
        ]
        try:
            return int(self._admit(args=["" if now_ms is None else now_ms, pack(asked)]))
        except RedisError as error:
            raise refusal(error) from None

    def forgive(self, subject: str) -> None:
        """Forget how often this subject tried."""
        self._delete(_name(_TRIES, subject))

    def _delete(self, key: str) -> None:
        try:
            self._client.delete(key)
        except RedisError as error:
            raise refusal(error) from None


def _name(prefix: str, secret: str) -> str:
    return prefix + sha256(secret.encode()).hexdigest()
