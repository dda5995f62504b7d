"""The books: what came in, what became of it, what waits; read in one instant, or counted again chunk by chunk."""

from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

import msgspec
import redis

from lanes.chunk import read_header
from lanes.names import LANES_PER_CONNECTION, lane_name
from lanes.scripts import lane_scripts
from store.scripts import pack

_PAGE: Final = 100


class LaneReading(msgspec.Struct):
    """One lane that is not empty. `events` is counted from the chunks' sizes, `chunks` and `sizes` must be equal."""

    name: str
    events: int
    chunks: int
    sizes: int
    oldest_ms: int
    due_ms: int
    attempts: int
    last_error: str


class GroupReading(msgspec.Struct):
    """One connection's books: rising counters, its group's state, its lanes, and how many letters are kept.

    `labels`: letters by label; `measures`: what settlements raised beside the books.
    """

    name: str
    books: dict[str, int]
    group: dict[str, str]
    lanes: list[LaneReading]
    letters: int
    labels: dict[str, int]
    measures: dict[str, int]

    @property
    def waiting(self) -> int:
        """Events that wait, counted."""
        return sum(lane.events for lane in self.lanes)

    @property
    def oldest_ms(self) -> int | None:
        """When the oldest waiting event was received, Unix milliseconds."""
        return min((lane.oldest_ms for lane in self.lanes), default=None)

    @property
    def discrepancy(self) -> int:
        """Events accepted but not accounted for: 0 when the books balance."""
        came = sum(self.books.get(name, 0) for name in ("accepted", "extra", "replayed"))
        ended = sum(self.books.get(name, 0) for name in ("delivered", "dead", "unsupported", "withheld", "forgotten"))
        return came - ended - self.waiting

    @property
    def letters_discrepancy(self) -> int:
        """Letters counted but not kept: 0 when the books balance."""
        gone = sum(self.books.get(name, 0) for name in ("replayed", "discarded", "forgotten_letters"))
        return self.books.get("dead", 0) - gone - self.letters

    @property
    def balances(self) -> bool:
        """Whether every event and every letter is accounted for."""
        return not (self.discrepancy or self.letters_discrepancy or any(r.chunks != r.sizes for r in self.lanes))


class InputReading(msgspec.Struct):
    """One input's counters: `accepted`, `unrouted`."""

    id: str
    books: dict[str, int]


class Reading(msgspec.Struct):
    """All the books at one instant, `now_ms` on Redis's clock."""

    now_ms: int
    groups: list[GroupReading]
    inputs: list[InputReading]


def read_books(client: redis.Redis, groups: Sequence[str], inputs: Sequence[str], now_ms: int | None = None) -> Reading:
    """The books of the named groups (and of any other that Redis knows) and inputs. Raises RedisAway."""
    named = pack({"groups": list(groups), "inputs": list(inputs)})
    packed = lane_scripts(client).call("books", named, now_ms=now_ms)
    return msgspec.convert(_maps_where_empty(msgspec.msgpack.decode(packed)), Reading, strict=False)


def recount(client: redis.Redis, group: str) -> int:
    """Events waiting in a group, counted anew from the header of every chunk, a page at a time."""
    return sum(read_header(chunk).events for chunk in waiting_chunks(client, group))


def waiting_chunks(client: redis.Redis, group: str) -> Iterator[bytes]:
    """Every chunk of a group; not at one instant, so count only while nothing moves."""
    for number in range(LANES_PER_CONNECTION):
        key = f"lane:{lane_name(group, number)}"
        start = 0
        while page := _page(client, key, start):
            yield from page
            start += len(page)


def _page(client: redis.Redis, key: str, start: int) -> list[bytes]:
    return cast("list[bytes]", client.lrange(key, start, start + _PAGE - 1))


def _maps_where_empty(reading: Any) -> Any:
    """Lua cannot tell an empty map from an empty list: mend what it packed."""
    for group in reading["groups"] or []:
        group["books"], group["group"] = group["books"] or {}, group["group"] or {}
        group["labels"], group["measures"] = group["labels"] or {}, group["measures"] or {}
        group["lanes"] = group["lanes"] or []
    for entry in reading["inputs"] or []:
        entry["books"] = entry["books"] or {}
    return reading
