"""Choose one process of many: the leader for as long as it renews its lock, or the first caller of a period."""

import secrets
from typing import Final, Literal

import redis

from store.diagnosis.trouble import translate_errors
from store.scripts import Scripts

LEADER_MS: Final = 30_000
_PREFIX: Final = "once:"


class LeaderLock:
    """One process's part in the choice of the leader of `name`. All methods raise RedisAway and work at maxmemory."""

    def __init__(self, client: redis.Redis, name: Literal["alerts", "archive"] = "alerts") -> None:
        self._scripts, self._name = Scripts(client), name
        self._token = secrets.token_hex(16)

    def acquire(self) -> bool:
        """Return True when this process is the leader now; it stays so for 30 s or until `release`."""
        return bool(self._scripts.call("acquire_leadership", self._token, LEADER_MS, self._name))

    def release(self) -> None:
        """Let another process become the leader at once."""
        self._scripts.call("acquire_leadership", self._token, 0, self._name)


def is_first(client: redis.Redis, name: str, period_s: int) -> bool:
    """Return True for the first caller per `name` within the period. Raise RedisAway or RedisFull."""
    with translate_errors:
        return bool(client.set(_PREFIX + name, 1, nx=True, ex=period_s))
