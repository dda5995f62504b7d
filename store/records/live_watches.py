"""Keep who watches events as they end, and the lines for each of them; all of it expires within seconds.

What a line says is opaque here. A watch lasts 10 s beyond its last call, and holds at most 256 KiB.
"""

import secrets
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple, cast

import msgspec
import redis

from store.diagnosis.trouble import translate_errors
from store.scripts import Scripts, pack

LASTS_MS: Final = 10_000
MOST_WATCHES: Final = 8
MOST_BYTES: Final = 256 * 1024
"""Of the lines of one watch in Redis. What comes beyond it is counted as left out."""
_KEY: Final = "live:watches"


class Watch(msgspec.Struct, frozen=True):
    """Which events someone watches; empty fields want all.

    `events` are names of TikTok events. Upper and lower case count as equal.
    """

    connections: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()

    def wants(self, connection: str, event: str | None, outcome: str) -> bool:
        """Return whether an event that ended so is to be shown."""
        return (
            (not self.connections or connection in self.connections)
            and (not self.outcomes or outcome in self.outcomes)
            and (not self.events or (event or "").casefold() in [name.casefold() for name in self.events])
        )


class Taken(NamedTuple):
    """The lines of a watch since the last call, and how many further events were left out."""

    lines: list[bytes]
    left_out: int


class Shown(NamedTuple):
    """What one watch gets: places among the lines, and how many further events it wanted."""

    places: Sequence[int]
    left_out: int


class Watcher:
    """One watch. Every method raises RedisAway; all work at maxmemory."""

    def __init__(self, client: redis.Redis, watch: Watch) -> None:
        self._scripts = Scripts(client)
        self._id, self._wanted = secrets.token_hex(8), msgspec.json.encode(watch)

    def take(self, now_ms: int | None = None) -> Taken | None:
        """Watch for 10 s more, and return what came; None when as many others watch as may."""
        taken = self._scripts.call("take_live", self._id, self._wanted, LASTS_MS, MOST_WATCHES, now_ms=now_ms)
        return None if taken is None else Taken(*taken)

    def end(self) -> None:
        """Stop watching."""
        self._scripts.call("take_live", self._id, self._wanted, 0, MOST_WATCHES)


class LiveWatches:
    """What processes need that show events: who watches, and the way to show them something."""

    def __init__(self, client: redis.Redis) -> None:
        self._client, self._scripts = client, Scripts(client)

    def read(self) -> dict[str, Watch]:
        """Return the watches by id; one that has ended may be among them. Raise RedisAway."""
        with translate_errors:
            stored = cast("dict[bytes, bytes]", self._client.hgetall(_KEY))
        return {name.decode(): watch for name, entry in stored.items() if (watch := _watch_of(entry)) is not None}

    def show(self, lines: Sequence[bytes], shown: Mapping[str, Shown]) -> None:
        """Show lines to watches, by id; those that have ended get nothing. Raise RedisAway or RedisFull."""
        watches = [{"id": name, "left_out": each.left_out, "lines": list(each.places)} for name, each in shown.items()]
        self._scripts.call("show_live", pack({"most_bytes": MOST_BYTES, "ms": LASTS_MS, "watches": watches}), *lines)


def _watch_of(entry: bytes) -> Watch | None:
    """Return the watch of an entry; None for one that another version of relay wrote."""
    try:
        return msgspec.json.decode(entry.partition(b" ")[2], type=Watch)
    except msgspec.MsgspecError:
        return None
