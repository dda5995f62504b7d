"""Append with or without replicas, as RELAY_REPLICAS says; repair after a failover, and log what was repaired."""

from contextlib import suppress
from typing import Final

import redis.asyncio
import structlog

from config.settings import Settings
from lanes.appends.arrivals import Append
from lanes.appends.replicated import Repair, ReplicatedAppend
from store.errors import RedisAway, RedisFull

COMPARE_EVERY_S: Final = 0.5

log = structlog.get_logger("relay.ingest")


def create_append(settings: Settings, client: redis.asyncio.Redis) -> Append:
    """Return the object that appends the events of requests."""
    append = ReplicatedAppend(client, settings.replicas, on_repair) if settings.replicas else Append(client)
    append.profiles_setting = append.max_profile_bytes = settings.profiles_memory
    return append


async def repair(append: ReplicatedAppend) -> None:
    """Make confirmed appends again that Redis has lost; an outage is logged by the appends themselves."""
    with suppress(RedisAway, RedisFull):
        await append.repair()


def on_repair(repair: Repair) -> None:
    """Log what was made again, and whether there was more that is not kept any more."""
    if repair.appends:
        log.warning("appends_made_again", appends=repair.appends, events=repair.events)
    if repair.lost:
        log.error("confirmed_appends_lost")
