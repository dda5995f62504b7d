"""A process's side of watching: learn who watches, take events that ended, and show a sample of them masked.

While no one watches, a process asks Redis once a second and does nothing else.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from typing import Final

from operations.live.ended_event import EndedEvent
from operations.live.sample import by_turns
from store.client import connect
from store.errors import RedisFull
from store.records.live_watches import LiveWatches, Shown, Watch

STEP_EVERY_S: Final = 0.25
LOOK_EVERY_S: Final = 1.0
MOST_PER_SECOND: Final = 40
"""Events that one process shows a second. It masks each of them, which takes about a quarter of a millisecond."""


class LiveFeed:
    """Collects what the threads of a process offer; one thread calls `step`."""

    def __init__(self, redis_url: str, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._client = connect(redis_url)
        self._stored = LiveWatches(self._client)
        self._monotonic = monotonic
        self.watches: Mapping[str, Watch] = {}
        """Who watches, as of a second ago; empty while no one does."""
        self._lock = threading.Lock()
        self._offered: list[tuple[EndedEvent, int]] = []
        self._left_out: dict[str, int] = {}
        self._second, self._in_second = 0.0, 0
        self._look_at = 0.0

    def offer(self, ended: Iterable[EndedEvent], at_ms: int) -> None:
        """Take events that ended at this time, as many as may be shown; count the others."""
        watches = self.watches
        wanted = [each for each in ended if _wanted_by(watches, each)] if watches else []
        if not wanted:
            return
        with self._lock:
            chosen = list(islice(by_turns(wanted), self._room()))
            self._in_second += len(chosen)
            self._offered += [(each, at_ms) for each in chosen]
            for name, watch in watches.items():
                others = _number(watch, wanted) - _number(watch, chosen)
                self._left_out[name] = self._left_out.get(name, 0) + others

    def leave_out(self, number: int) -> None:
        """Count events that ended and were not looked at, for everyone who watches."""
        with self._lock:
            for name in self.watches:
                self._left_out[name] = self._left_out.get(name, 0) + number

    @property
    def is_due(self) -> bool:
        """Whether `step` has something to do now."""
        return bool(self._offered or self._left_out) or self._monotonic() >= self._look_at

    def step(self) -> None:
        """Show what was offered, and learn who watches. Call it every STEP_EVERY_S. Raise RedisAway."""
        with self._lock:
            offered, self._offered = self._offered, []
            left_out, self._left_out = self._left_out, {}
        if offered or any(left_out.values()):
            self._show(offered, left_out)
        if self._monotonic() >= self._look_at:
            self._look_at = self._monotonic() + LOOK_EVERY_S
            self.watches = self._stored.read()

    def close(self) -> None:
        """Close the connections to Redis; the process ends."""
        self._client.close()

    def _show(self, offered: Sequence[tuple[EndedEvent, int]], left_out: Mapping[str, int]) -> None:
        lines = [ended.line(at_ms) for ended, at_ms in offered]
        shown = {}
        for name, watch in self.watches.items():
            places = [place for place, (ended, _) in enumerate(offered, 1) if _wants(watch, ended)]
            shown[name] = Shown(places, left_out.get(name, 0))
        try:
            self._stored.show(lines, shown)
        except RedisFull:
            with self._lock:
                for name, each in shown.items():
                    self._left_out[name] = self._left_out.get(name, 0) + each.left_out + len(each.places)

    def _room(self) -> int:
        """Return how many events may still be taken in this second."""
        now = self._monotonic()
        if now >= self._second + 1.0:
            self._second, self._in_second = now, 0
        return MOST_PER_SECOND - self._in_second


def _wants(watch: Watch, ended: EndedEvent) -> bool:
    facts = ended.facts
    return watch.wants(facts.connection, facts.tiktok_event, facts.outcome)


def _wanted_by(watches: Mapping[str, Watch], ended: EndedEvent) -> bool:
    return any(_wants(watch, ended) for watch in watches.values())


def _number(watch: Watch, ended: Iterable[EndedEvent]) -> int:
    return sum([_wants(watch, each) for each in ended])
