"""The inside of a worker in one process: real lanes, a real sandbox, a real configuration; only Celery is missing."""

import asyncio
import time
from pathlib import Path
from typing import Any

import msgspec
from support.events import as_json, batch

from config.file import ConfigurationFile
from config.settings import Settings
from delivery.dead_letter import DeadLetter
from ingest.redis.profiles import ProfileWriter, observe
from lanes.appends.arrivals import Append, Arrival, Share
from lanes.chunk import Batch, Chunk, Entry
from lanes.ledger import ConnectionReading, read_ledger
from lanes.names import LANES_PER_CONNECTION
from mapping.incoming.batch import SplitBatch
from sandbox.client import SandboxClient
from store.client import connect, connect_async
from store.records.profiles import ProfileCodec
from worker.drain import JobReport, drain
from worker.runtime import Runtime
from worker.timer import resume_corrected

HEADER = """
inputs:
  - {id: web, platform: web, api_key: key, api_secret: secret}
connections:
  - id: shop
    inputs: [web]
    access_token: ${TOKEN}
    event_source_id: CUSG5HBC77UD11VVRQEG
"""


class Bench:
    """One worker's runtime, with everything it uses accessible to the test."""

    def __init__(self, path: Path, redis_url: str, sandbox: SandboxClient) -> None:
        self.path, self.sandbox, self.url = path, sandbox, redis_url
        settings = Settings(config=path, redis_url=redis_url, tiktok_url=sandbox.url)  # type: ignore[arg-type]
        self.runtime = Runtime(settings, redis_url)
        self.redis = connect(redis_url)

    def configure(self, *lines: str) -> None:
        """Put these lines of the connection in force."""
        self.path.write_text(HEADER + "".join(f"    {line}\n" for line in lines))
        self.reload()

    def reload(self) -> None:
        """Put the file in force, as the timer would within a second."""
        self.runtime.file = ConfigurationFile(self.path)
        resume_corrected(self.runtime)

    def put(self, *chunks: list[Any], shared: dict[str, Any] | None = None, stamp: int = 0, days_ago: int = 0) -> None:
        """Append each list of events as one chunk of lane shop:0, as if received `days_ago` days ago."""
        received_ms = time.time_ns() // 1_000_000 - days_ago * 86_400_000
        asyncio.run(self._put(chunks, shared or batch(), stamp, received_ms))

    async def _put(self, chunks: tuple[list[Any], ...], shared: dict[str, Any], stamp: int, received_ms: int) -> None:
        rest = as_json({name: value for name, value in shared.items() if name != "events"})
        client = connect_async(self.url)
        appender = Append(client, choose_lane=lambda: 0)
        appender.max_profile_bytes = 64 << 20
        for events in chunks:
            entries = [
                Entry(position, f"generated-{position}", as_json(event)) for position, event in enumerate(events)
            ]
            chunk = Chunk("web", received_ms, [Batch(rest, entries)], stamp)
            share = Share(len(events), chunk=self.runtime.codec.encode(chunk))
            profiles = self._profiles(rest, [entry.raw for entry in entries], received_ms)
            await appender.append([Arrival("web", len(events), 0, {"shop": share})], profiles=profiles)
        await client.aclose()

    def _profiles(self, shared: bytes, events: list[bytes], received_ms: int) -> list[dict[str, Any]]:
        """Return what ingest would add to profiles."""
        configuration = self.runtime.file.current
        plan = self.runtime.plan(configuration.connections["shop"], "web", configuration)
        batch = SplitBatch(shared, [msgspec.Raw(event) for event in events], "production", None)
        updates = observe([plan] if plan else [], [batch], received_ms)
        return ProfileWriter(ProfileCodec(self.runtime.keyring)).describe(updates)

    def drain(self, now: bool = True) -> JobReport:
        """Run one job on the lane; with `now`, as if every backoff and pause were over."""
        if now:
            self.redis.zadd("lanes:due", {"shop:0": 0}, xx=True)
            if self.redis.hexists("connection:shop", "until"):
                self.redis.hset("connection:shop", "until", 0)
        return drain("shop:0", self.runtime, "job-1")

    def drain_all(self) -> None:
        """Run a job on each lane, because a replay may choose any."""
        for number in range(LANES_PER_CONNECTION):
            drain(f"shop:{number}", self.runtime, "job-1")

    def reading(self) -> ConnectionReading:
        """Return the connection's ledger, which always balances."""
        reading = read_ledger(self.redis, ["shop"], ["web"]).connections[0]
        assert reading.balances, reading
        return reading

    def count(self, *names: str) -> tuple[int, ...]:
        """Return these counters of the ledger; `waiting` is one of them."""
        reading = self.reading()
        return tuple(reading.waiting if name == "waiting" else reading.counts.get(name, 0) for name in names)

    def dead_letters(self) -> list[DeadLetter]:
        """Return the dead letters in order of their events' ids."""
        dead_letters = (DeadLetter.decode(stored) for stored in self.redis.hvals("dead_letters:shop"))
        return sorted(dead_letters, key=lambda each: (each.event_id or "", each.tiktok_event or ""))

    def close(self) -> None:
        """Close every connection."""
        self.runtime.client.close()
        self.redis.close()
