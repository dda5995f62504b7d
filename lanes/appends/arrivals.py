"""Append accepted events to the lanes by one atomic script: all of them or none."""

from collections.abc import Callable, Sequence
from typing import Any

import redis.asyncio

from lanes.appends.contents import Arrival, Profiles, Share, append_contents
from lanes.names import lane_of_the_moment
from lanes.scripts import LANE_SCRIPTS
from lanes.settlement import NO_RECEIPTS, Receipts
from store.errors import RedisFull
from store.scripts import AsyncScript

__all__ = ["Append", "Arrival", "Share"]


class Append:
    """Append arrivals; one instance per event loop.

    `max_backlog_bytes` limits the backlog of one connection (0: no limit), `max_profile_bytes` the memory of profiles;
    both may be changed at any time.
    """

    def __init__(
        self,
        client: redis.asyncio.Redis,
        max_backlog_bytes: int = 0,
        choose_lane: Callable[[], int] = lane_of_the_moment,
    ) -> None:
        self.max_backlog_bytes = max_backlog_bytes
        self.profiles_setting = self.max_profile_bytes = 0
        """What the settings allow profiles, and what Redis's own limit leaves of that."""
        self._script = AsyncScript(client, "append", LANE_SCRIPTS)
        self._choose_lane = choose_lane

    async def append(
        self,
        arrivals: Sequence[Arrival],
        now_ms: int | None = None,
        receipts: Receipts = NO_RECEIPTS,
        profiles: Profiles = (),
    ) -> None:
        """Return once Redis has all of `arrivals`, the receipts of what is withheld, and what is new in `profiles`.

        Raise RedisFull or ArrivalTooLarge when nothing was written. After RedisAway it may or may not be written: the
        sender sends the events again, with the same ids.
        """
        contents = append_contents(arrivals, self._choose_lane, receipts, profiles)
        arguments = contents.arguments(max_backlog_bytes=self.max_backlog_bytes, profile_bytes=self.max_profile_bytes)
        raise_if_full(await self._script.call(*arguments, now_ms=now_ms))


def raise_if_full(reply: Any) -> None:
    """Raise RedisFull when the script's reply names a connection whose backlog has reached its limit."""
    if isinstance(reply, list):
        raise RedisFull(_why_full(reply[0].decode(), reply[1]))


def _why_full(connection: str, paused_by: bytes) -> str:
    if paused_by == b"dead_letters":
        return (
            f"connection {connection} is paused because its dead letters hold their share of memory, and its backlog "
            f"is full too; replay, export or discard dead letters: relay dead-letters count --connection {connection}"
        )
    return f"connection {connection} holds its share of memory; its events must be delivered first"
