"""Know how many replicas follow, and wait until replicas have what was written."""

import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

import redis
import redis.asyncio
from redis.exceptions import ResponseError

from store.diagnosis.trouble import translate_errors
from store.errors import RedisAway, Trouble
from store.replication.replicas import Replica, primary_id, replicas_in
from store.scripts import script_text

Result = TypeVar("Result")
POLL_S: Final = 0.1
PRESENT_WITHIN_S: Final = 2
"""A replica says every second what it has; one that said nothing for longer is frozen or cut off."""
ONE_WAIT_MS: Final = 1_000
"""Of one command: a client waits 2 s for its reply."""
REPLICAS_MISSING: Final = Trouble(
    "replicas_missing",
    "fewer replicas of Redis confirm writes than RELAY_REPLICAS asks for",
    "bring the replicas back: relay check shows which follow",
)


def is_present(replica: Replica) -> bool:
    """Return whether the replica follows its primary closely."""
    return replica.online and replica.lag_s <= PRESENT_WITHIN_S


async def online_replicas_async(client: redis.asyncio.Redis) -> int:
    """Return how many replicas follow closely; many, where the server does not permit INFO. Raise RedisAway."""
    with translate_errors:
        try:
            info: Any = await client.info("replication")
        except ResponseError:
            return 1_000
    return sum(map(is_present, replicas_in(info)))


class Changes:
    """Changes that a failover must not undo: they are made after this is created and before `unconfirmed` is called."""

    def __init__(self, client: redis.Redis, replicas: int) -> None:
        """Remember the primary. Raise RedisAway."""
        self._client, self._replicas = client, replicas
        self._primary = primary_id(client) if replicas else ""

    def unconfirmed(self, within_ms: int, away_s: float = 0.0) -> str | None:
        """Return a sentence when fewer than `replicas` replicas have the changes; None when they have.

        Wait `within_ms` for replicas, and up to `away_s` for a Redis that is away.
        """
        if self._replicas == 0:
            return None
        try:
            confirmed = through_failover(lambda: confirmations(self._client, self._replicas, within_ms), away_s)
            primary = through_failover(lambda: primary_id(self._client), away_s)
        except RedisAway as away:
            return (
                f"{away.trouble.problem}, so no replica confirmed what this did: a failover could undo it. "
                "Once Redis answers again (relay check), run this again"
            )
        if primary != self._primary:
            return "Redis failed over or restarted meanwhile, which may have undone what this did. Run this again"
        if confirmed >= self._replicas:
            return None
        return (
            f"This is done, but {confirmed} of {self._replicas} replicas confirmed it within {within_ms // 1000} s: "
            "a failover could undo it. Bring the replicas back (relay check), then run this again"
        )


def through_failover(
    do: Callable[[], Result],
    within_s: float,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> Result:
    """Return what `do` returns; do it again while Redis is away, for `within_s`. Raise RedisAway after that.

    What `do` did before Redis went away may be done, so it must be safe to repeat.
    """
    until = monotonic() + within_s
    while True:
        try:
            return do()
        except RedisAway as away:
            if not away.trouble.passes or monotonic() >= until:
                raise
        sleep(POLL_S)


def confirmations(client: redis.Redis, replicas: int, within_ms: int) -> int:
    """Wait until `replicas` replicas have everything written before; return how many have it. Raise RedisAway.

    A write of its own goes first, because WAIT concerns what its own connection wrote; replicas get writes in order.
    """
    probe: Any = client.register_script(script_text("probe"))
    until = time.monotonic() + within_ms / 1000
    with translate_errors:
        while True:
            left_ms = min(ONE_WAIT_MS, max(1, round((until - time.monotonic()) * 1000)))
            with client.pipeline(transaction=False) as pipeline:
                probe(args=[""], client=pipeline)
                pipeline.execute_command("WAIT", replicas, left_ms)  # type: ignore[no-untyped-call]
                confirmed = int(pipeline.execute()[1])
            if confirmed >= replicas or time.monotonic() >= until:
                return confirmed
