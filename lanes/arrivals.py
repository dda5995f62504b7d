"""Append accepted events to the lanes by one atomic script: all of them or none."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import redis.asyncio

from lanes.errors import ArrivalTooLarge
from lanes.names import LANES_PER_CONNECTION, lane_name
from lanes.scripts import LANE_SCRIPTS
from store.errors import RedisFull
from store.scripts import AsyncScript, pack

LARGEST_SCRIPT: Final = 4 * 1024 * 1024
LARGEST_WRITE: Final = 32 * 1024 * 1024
"""What one script writes at most, so that Redis serves other clients again within milliseconds."""


@dataclass(frozen=True, slots=True)
class Share:
    """One connection's part of an arrival; `withheld` counts by rule.

    `chunk` is encoded and has the events that are neither unsupported nor withheld.
    """

    accepted: int
    unsupported: int = 0
    withheld: Mapping[str, int] = field(default_factory=dict)
    chunk: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Events of one input: `accepted` of them; no connection takes `unrouted` of these."""

    input: str
    accepted: int
    unrouted: int = 0
    shares: Mapping[str, Share] = field(default_factory=dict)


class Append:
    """Append arrivals; one instance per event loop.

    `max_backlog_bytes` limits the backlog of one connection (0: no limit); it may be changed at any time.
    """

    def __init__(
        self,
        client: redis.asyncio.Redis,
        max_backlog_bytes: int = 0,
        choose_lane: Callable[[], int] = lambda: random.randrange(LANES_PER_CONNECTION),  # noqa: S311 - spreads load, keeps no secret
    ) -> None:
        self.max_backlog_bytes = max_backlog_bytes
        self._script = AsyncScript(client, "append", LANE_SCRIPTS)
        self._choose_lane = choose_lane

    async def append(self, arrivals: Sequence[Arrival], now_ms: int | None = None) -> None:
        """Return once Redis has all of `arrivals`.

        Raises RedisFull or ArrivalTooLarge when nothing was written. After RedisAway it may or may not be written: the
        sender sends the events again, with the same ids.
        """
        arguments = append_arguments(arrivals, self.max_backlog_bytes, self._choose_lane)
        full = await self._script.call(*arguments, now_ms=now_ms)
        if full:
            raise RedisFull(_why_full(full[0].decode(), full[1]))


def _why_full(connection: str, paused_by: bytes) -> str:
    if paused_by == b"dead_letters":
        return (
            f"connection {connection} is paused because its dead letters hold their share of memory, and its backlog "
            f"is full too; replay, export or discard dead letters: relay dead-letters count --connection {connection}"
        )
    return f"connection {connection} holds its share of memory; its events must be delivered first"


def append_arguments(
    arrivals: Sequence[Arrival], max_backlog_bytes: int, choose_lane: Callable[[], int]
) -> list[bytes]:
    """Return the append script's arguments; raises ArrivalTooLarge when one script may not carry or write as much.

    A chunk of several shares, whose connections want the same events, is among them once.
    """
    shares = [(connection, share) for arrival in arrivals for connection, share in arrival.shares.items()]
    places: dict[int, int] = {}
    chunks: list[bytes] = []
    written = 0
    described = []
    for connection, share in shares:
        chunk, place = share.chunk, 0
        if chunk:
            place = places.setdefault(id(chunk), len(chunks) + 1)
            if place > len(chunks):
                chunks.append(chunk)
            written += len(chunk)
        described.append(
            {
                "connection": connection,
                "lane": lane_name(connection, choose_lane()),
                "accepted": share.accepted,
                "unsupported": share.unsupported,
                "withheld": dict(share.withheld),
                "chunk": place,
            }
        )
    inputs = [{"id": arrival.input, "accepted": arrival.accepted, "unrouted": arrival.unrouted} for arrival in arrivals]
    packed = pack({"max_backlog_bytes": max_backlog_bytes, "inputs": inputs, "shares": described})
    if len(packed) + sum(map(len, chunks)) > LARGEST_SCRIPT or written > LARGEST_WRITE:
        raise ArrivalTooLarge
    return [packed, *chunks]
