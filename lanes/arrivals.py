"""Arrivals: what ingest accepted, appended to the lanes by one atomic script, all of it or nothing."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import redis.asyncio
from redis.exceptions import RedisError

from lanes.errors import RedisFull
from lanes.names import LANES_PER_GROUP, lane_name
from lanes.scripts import pack, refusal, script_text

LARGEST_SCRIPT: Final = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Share:
    """One connection's part of an arrival. `chunk` is sealed and holds `accepted - unsupported - withheld` events."""

    accepted: int
    unsupported: int = 0
    withheld: int = 0
    chunk: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Events of one input: `accepted` of them, of which `unrouted` have no connection to go to."""

    input: str
    accepted: int
    unrouted: int = 0
    shares: Mapping[str, Share] = field(default_factory=dict)


class Append:
    """Appends arrivals; one instance per event loop.

    `max_group_bytes` is what one connection may keep waiting (0: no limit); it may be changed at any time.
    """

    def __init__(
        self,
        client: redis.asyncio.Redis,
        max_group_bytes: int = 0,
        choose_lane: Callable[[], int] = lambda: random.randrange(LANES_PER_GROUP),
    ) -> None:
        self.max_group_bytes = max_group_bytes
        self._script = client.register_script(script_text("append"))
        self._choose_lane = choose_lane

    async def append(self, arrivals: Sequence[Arrival], now_ms: int | None = None) -> None:
        """Return once Redis has all of `arrivals`; raises RedisFull (nothing was written) or RedisAway.

        RedisAway leaves open whether the write happened: whoever sent the events sends them again, with the same ids.
        """
        argument = append_argument(arrivals, self.max_group_bytes, self._choose_lane)
        try:
            full = await self._script(args=["" if now_ms is None else now_ms, argument])
        except RedisError as error:
            raise refusal(error) from None
        if full:
            raise RedisFull(f"connection {full.decode()} holds its share of memory; its events must be delivered first")


def append_argument(arrivals: Sequence[Arrival], max_group_bytes: int, choose_lane: Callable[[], int]) -> bytes:
    """The append script's argument; raises RedisFull when it would be larger than one script may carry."""
    shares: list[dict[str, Any]] = [
        {
            "group": group,
            "lane": lane_name(group, choose_lane()),
            "accepted": share.accepted,
            "unsupported": share.unsupported,
            "withheld": share.withheld,
            "chunk": share.chunk or b"",
        }
        for arrival in arrivals
        for group, share in arrival.shares.items()
    ]
    inputs = [{"id": arrival.input, "accepted": arrival.accepted, "unrouted": arrival.unrouted} for arrival in arrivals]
    argument = pack({"max_group_bytes": max_group_bytes, "inputs": inputs, "shares": shares})
    if len(argument) > LARGEST_SCRIPT:
        raise RedisFull(f"a request may come to {LARGEST_SCRIPT} compressed bytes over all connections: send less at once")
    return argument
