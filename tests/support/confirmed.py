"""Senders that remember what was confirmed, and what became of it."""

import asyncio
import re
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from typing import Final, Self, TypeVar

import httpx
import redis
from support.events import as_json, batch, purchase
from support.lane import chunk_of
from support.site import WEB

from lanes.appends.arrivals import Append, Arrival, Share
from lanes.appends.replicated import Repair, ReplicatedAppend
from lanes.chunk import ChunkCodec, Entry
from lanes.names import LANES_PER_CONNECTION
from store.client import connect_async
from store.errors import RedisAway, RedisFull

TOGETHER = 10
EVENT_ID: Final = re.compile(rb'"source_message_id": ?"(e\d+)"')
Id = TypeVar("Id", int, str)
PAUSE_S = 0.002


class Appender(threading.Thread):
    """Append ten events again and again, as an ingest process does; `confirmed` are those that were answered 202."""

    def __init__(self, url: str, replicas: int, *, repairs: bool = True) -> None:
        super().__init__(daemon=True)
        self.confirmed: list[int] = []
        self.repairs: list[Repair] = []
        self.refused_s: list[float] = []
        """How long each refused append took."""
        self.longest_s = 0.0
        """The longest time between two confirmations."""
        self._url, self._replicas, self._repairs = url, replicas, repairs
        self._stopping = threading.Event()

    def run(self) -> None:
        """Append until `stop`."""
        asyncio.run(self._run())

    def stop(self) -> None:
        """Return when nothing more is appended."""
        self._stopping.set()
        self.join(timeout=120)
        assert not self.is_alive()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def _run(self) -> None:
        client = connect_async(self._url)
        append = ReplicatedAppend(client, self._replicas, self.repairs.append) if self._replicas else Append(client)
        repairing = asyncio.create_task(self._repair(append))
        number, last = 0, time.monotonic()
        while not self._stopping.is_set():
            ids = range(number, number + TOGETHER)
            number += TOGETHER
            share = Share(TOGETHER, chunk=chunk_of(*ids))
            began = time.monotonic()
            try:
                await append.append([Arrival("web", TOGETHER, 0, {"shop": share})])
            except (RedisAway, RedisFull):
                self.refused_s.append(time.monotonic() - began)
            else:
                self.confirmed += ids
                self.longest_s, last = max(self.longest_s, time.monotonic() - last), time.monotonic()
            await asyncio.sleep(PAUSE_S)
        await repairing
        await client.aclose()

    async def _repair(self, append: Append) -> None:
        """Compare as ingest does; at the end once more, when Redis answers."""
        while isinstance(append, ReplicatedAppend) and self._repairs:
            stopping = self._stopping.is_set()
            try:
                await append.repair()
            except (RedisAway, RedisFull):
                stopping = False
            if stopping:
                return
            await asyncio.sleep(0.5)


class Posters:
    """Threads that post single events to ingests; a request that is not answered 202 is not repeated."""

    def __init__(self, urls: Sequence[str], threads: int = 8) -> None:
        self.confirmed: list[str] = []
        self.statuses: Counter[int] = Counter()
        self.longest_s = 0.0
        self._last = time.monotonic()
        self._lock, self._number = threading.Lock(), 0
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=self._post, args=(urls[number % len(urls)],), daemon=True)
            for number in range(threads)
        ]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def _post(self, url: str) -> None:
        with httpx.Client(base_url=url, auth=WEB, trust_env=False, timeout=20) as http:
            while not self._stopping.is_set():
                with self._lock:
                    self._number += 1
                    number = self._number
                status = 0
                with suppress(httpx.HTTPError):
                    body = as_json(batch(purchase(number)))
                    status = http.post("/v2/events", content=body).status_code
                self._note(status, f"e{number}")
                if status != 202:
                    time.sleep(0.02)

    def _note(self, status: int, event: str) -> None:
        with self._lock:
            self.statuses[status] += 1
            if status == 202:
                now = time.monotonic()
                self.longest_s, self._last = max(self.longest_s, now - self._last), now
                self.confirmed.append(event)


def waiting_positions(client: redis.Redis) -> Counter[int]:
    """Return how often each event of an `Appender` waits in the lanes."""
    return Counter(entry.position for entry in _waiting(client))


def waiting_events(client: redis.Redis) -> Counter[str]:
    """Return how often each event of `Posters` waits in the lanes."""
    found = (EVENT_ID.search(entry.raw) for entry in _waiting(client))
    return Counter(match[1].decode() for match in found if match)


def _waiting(client: redis.Redis) -> Iterator[Entry]:
    codec = ChunkCodec()
    lanes = (f"lane:shop:{number}" for number in range(LANES_PER_CONNECTION))
    chunks = (codec.decode(chunk) for lane in lanes for chunk in client.lrange(lane, 0, -1))
    return (entry for chunk in chunks for part in chunk.batches for entry in part.entries)


def lost(confirmed: Collection[Id], waiting: Counter[Id]) -> list[Id]:
    """Return what was confirmed and does not wait."""
    return [each for each in confirmed if not waiting[each]]


def doubled(waiting: Counter[Id]) -> list[Id]:
    """Return what waits more than once."""
    return [each for each, times in waiting.items() if times > 1]
