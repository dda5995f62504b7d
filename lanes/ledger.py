"""Read the ledger, the counters that account for every event; at one instant, or by counting chunk by chunk."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
import redis

from lanes.chunk import read_header
from lanes.erasure import pages
from lanes.names import LANES_PER_CONNECTION, lane_name
from lanes.scripts import lane_scripts
from store.scripts import pack

RECEIVED: Final = ("accepted", "extra", "replayed")
"""Counters of events that a connection received; `extra`: one event became several items."""
ENDED: Final = ("delivered", "dead_lettered", "unsupported", "withheld", "erased", "discarded")
"""Counters of the ends of events. What was received and has not ended waits."""
DEAD_LETTERS_REMOVED: Final = ("replayed", "dead_letters_discarded", "dead_letters_erased")
"""Counters of dead letters that left the store."""


class LaneReading(msgspec.Struct):
    """One lane that is not empty.

    `events` is the sum over the list of sizes. `chunks` and `sizes` are the lengths of both lists and must be equal.
    """

    name: str
    events: int
    chunks: int
    sizes: int
    oldest_ms: int
    due_ms: int
    attempts: int
    last_error: str


class ConnectionReading(msgspec.Struct):
    """One connection: its counters, its status, its lanes and the number of dead letters in the store.

    `status` has the fields of its hash in Redis. `labels` counts the dead letters by label. `measures` are counters
    that settlements raise beside the ledger.
    """

    name: str
    counts: dict[str, int]
    status: dict[str, str]
    lanes: list[LaneReading]
    dead_letters: int
    labels: dict[str, int]
    measures: dict[str, int]

    @property
    def waiting(self) -> int:
        """The number of events that wait, counted from the lanes."""
        return sum(lane.events for lane in self.lanes)

    @property
    def oldest_ms(self) -> int | None:
        """The time at which the oldest waiting event was received, Unix milliseconds."""
        return min((lane.oldest_ms for lane in self.lanes), default=None)

    @property
    def discrepancy(self) -> int:
        """Events received that neither ended nor wait; 0 when the ledger balances."""
        return sum_of(self.counts, RECEIVED) - sum_of(self.counts, ENDED) - self.waiting

    @property
    def dead_letter_discrepancy(self) -> int:
        """Dead letters counted that neither left the store nor are in it; 0 when the ledger balances."""
        return self.counts.get("dead_lettered", 0) - sum_of(self.counts, DEAD_LETTERS_REMOVED) - self.dead_letters

    @property
    def balances(self) -> bool:
        """Whether every event and every dead letter is accounted for."""
        uneven = any(lane.chunks != lane.sizes for lane in self.lanes)
        return not (self.discrepancy or self.dead_letter_discrepancy or uneven)


class InputReading(msgspec.Struct):
    """One input's counters: `accepted`, `unrouted`."""

    id: str
    counts: dict[str, int]


class Reading(msgspec.Struct):
    """The whole ledger at one instant; `now_ms` is Redis's clock."""

    now_ms: int
    connections: list[ConnectionReading]
    inputs: list[InputReading]


def read_ledger(
    client: redis.Redis, connections: Sequence[str], inputs: Sequence[str], now_ms: int | None = None
) -> Reading:
    """Return the ledger of these inputs and connections, and of every other connection in Redis. Raise RedisAway."""
    named = pack({"connections": list(connections), "inputs": list(inputs)})
    packed = lane_scripts(client).call("read_ledger", named, now_ms=now_ms)
    return msgspec.convert(_with_empty_maps(msgspec.msgpack.decode(packed)), Reading, strict=False)


def sum_of(counts: Mapping[str, int], names: Sequence[str]) -> int:
    """Return the sum of these counters; one that is absent counts 0."""
    return sum(counts.get(name, 0) for name in names)


def recount(client: redis.Redis, connection: str) -> int:
    """Return the number of waiting events by the header of every chunk, read a page at a time."""
    return sum(read_header(chunk).events for chunk in waiting_chunks(client, connection))


def waiting_chunks(client: redis.Redis, connection: str) -> Iterator[bytes]:
    """Yield every chunk of a connection. They are not read at one instant: count only while nothing moves."""
    for number in range(LANES_PER_CONNECTION):
        for page in pages(client, lane_name(connection, number)):
            yield from (placed.chunk for placed in page)


def _with_empty_maps(reading: Any) -> Any:
    """Replace each empty list that should be an empty map: Lua cannot tell them apart when it packs."""
    for connection in reading["connections"] or []:
        for name in ("counts", "status", "labels", "measures"):
            connection[name] = connection[name] or {}
        connection["lanes"] = connection["lanes"] or []
    for entry in reading["inputs"] or []:
        entry["counts"] = entry["counts"] or {}
    return reading
