"""Know how many replicas follow, and wait until replicas have what was written."""

import time
from typing import Any, Final

import redis
import redis.asyncio
from redis.exceptions import ResponseError

from store.diagnosis.trouble import translate_errors
from store.errors import Trouble
from store.replication.replicas import Replica, replicas_in
from store.scripts import script_text

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


def unconfirmed(client: redis.Redis, replicas: int, within_ms: int) -> str | None:
    """Return a sentence when fewer replicas than `replicas` have everything written so far; None when they have."""
    if replicas == 0:
        return None
    confirmed = confirmations(client, replicas, within_ms)
    if confirmed >= replicas:
        return None
    return (
        f"This is done, but {confirmed} of {replicas} replicas confirmed it within {within_ms // 1000} s: a failover "
        "could undo it. Bring the replicas back (relay check), then run this again"
    )


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
