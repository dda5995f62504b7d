"""Counters that a process keeps in memory and adds to Redis in batches, each of which counts once."""

import secrets
from typing import Final, cast

import redis
import redis.asyncio

from store.diagnosis.trouble import translate_errors
from store.scripts import AsyncScript, pack

KEPT_MS: Final = 3_600_000
"""How long Redis remembers a process's last batch; one whose reply was lost is repeated within seconds."""


class CounterBatch:
    """The counts under `name` that this process has not added to Redis yet. One instance per event loop."""

    def __init__(self, client: redis.asyncio.Redis, name: str) -> None:
        self._script = AsyncScript(client, "add_counts")
        self._name, self._process = name, secrets.token_hex(8)
        self._fresh: dict[str, int] = {}  # a Counter takes three times as long
        self._bundle: dict[str, int] = {}
        self._number = 0

    def note(self, what: str) -> None:
        """Count one more of `what`; costs an addition."""
        self._fresh[what] = self._fresh.get(what, 0) + 1

    async def flush(self) -> None:
        """Add the counts to Redis. Raise RedisAway or RedisFull; the next call then repeats the same batch."""
        if not self._bundle:
            if not self._fresh:
                return
            self._bundle, self._fresh = self._fresh, {}
            self._number += 1
        batch = {"name": self._name, "process": self._process, "number": self._number, "keep_ms": KEPT_MS}
        await self._script.call(pack({**batch, "counts": self._bundle}))
        self._bundle = {}


def read_counts(client: redis.Redis, name: str) -> dict[str, int]:
    """Return the sums over all processes under `name`. Raise RedisAway."""
    with translate_errors:
        counts = cast("dict[bytes, bytes]", client.hgetall(f"counts:{name}"))
    return {what.decode(): int(count) for what, count in counts.items()}
