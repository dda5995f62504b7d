"""Counters that a process keeps for itself and brings to Redis in bundles, each of which counts once."""

import secrets
from collections import Counter
from typing import Final, cast

import redis
import redis.asyncio
from redis.exceptions import RedisError

from lanes.scripts import pack, refusal, script_text

KEPT_MS: Final = 3_600_000
"""How long Redis knows a process's last bundle; a reply that was lost is asked for again within seconds."""


class Bundles:
    """What this process has counted under `name`, and not yet brought. One instance per event loop."""

    def __init__(self, client: redis.asyncio.Redis, name: str) -> None:
        self._script = client.register_script(script_text("bring"))
        self._name, self._process = name, secrets.token_hex(8)
        self._fresh: Counter[str] = Counter()
        self._bundle: Counter[str] = Counter()
        self._number = 0

    def note(self, what: str) -> None:
        """Count one more of that; costs an addition."""
        self._fresh[what] += 1

    async def bring(self) -> None:
        """Bring what was counted. Raises RedisAway or RedisFull; then the same bundle is brought again next time."""
        if not self._bundle:
            if not self._fresh:
                return
            self._bundle, self._fresh = self._fresh, Counter()
            self._number += 1
        ask = {"name": self._name, "process": self._process, "number": self._number, "keep_ms": KEPT_MS}
        try:
            await self._script(args=["", pack({**ask, "counts": dict(self._bundle)})])
        except RedisError as error:
            raise refusal(error) from None
        self._bundle = Counter()


def read_counts(client: redis.Redis, name: str) -> dict[str, int]:
    """What all processes together have brought under `name`. Raises RedisAway."""
    try:
        counts = cast("dict[bytes, bytes]", client.hgetall(f"counts:{name}"))
    except RedisError as error:
        raise refusal(error) from None
    return {what.decode(): int(count) for what, count in counts.items()}
