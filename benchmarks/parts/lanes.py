"""Measure what one call to a lane costs with a durable server: append a chunk; settle and claim the next chunks."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.report.figures import figure
from benchmarks.report.result import Result
from benchmarks.support.bed import CONNECTION, Bed
from benchmarks.support.data import batches
from config.file import ConfigurationFile
from ingest.active_configuration import compile_configuration
from ingest.packing import pack
from ingest.sorting import sort
from lanes.appends.arrivals import Append, Arrival
from lanes.chunk import ChunkCodec
from lanes.lanes import ClaimLimits, Lanes
from lanes.settlement import BatchSizing, Lease, Lost, Refused, Released, Settlement
from store.client import connect, connect_async

BATCHES_A_CHUNK: Final = 20
EVENTS_A_CHUNK: Final = BATCHES_A_CHUNK * 5


@dataclass
class _Costs:
    """Each call's time and this process's CPU, in µs. The server's CPU is known for all calls together only."""

    wall: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    server_s: float = 0.0

    def results(self, what: str, events: int) -> list[Result]:
        """Return three rows. `events`: how many events one call appends or settles."""
        server = self.server_s / len(self.wall) * 1e6
        note = f"{events} events a call"
        return [
            figure("lanes", f"{what}: time", "µs/call", self.wall, better="less", note=note),
            figure("lanes", f"{what}: client's CPU", "µs/call", self.cpu, better="less"),
            figure("lanes", f"{what}: server's CPU", "µs/call", [server], better="less"),
        ]


def run(quick: bool) -> list[Result]:
    """Append chunks one by one, then claim and settle them all."""
    chunks = 100 if quick else 1_000
    with Bed() as bed:
        arrival = _arrival(bed.directory / "relay.yaml")
        appends = asyncio.run(_append(bed, arrival, chunks))
        settles = _drain(bed)
    return [*appends.results("append", EVENTS_A_CHUNK), *settles.results("settle and claim", 10 * EVENTS_A_CHUNK)]


def _arrival(file: Path) -> Arrival:
    """Return a chunk of 100 events in batches of five, as ingest packs it."""
    plans = compile_configuration(ConfigurationFile(file, None).current).plans["web"]
    request = sort("web", plans, batches(BATCHES_A_CHUNK, 5), int(time.time() * 1000))
    (arrival,) = pack([request], ChunkCodec())
    return arrival


async def _append(bed: Bed, arrival: Arrival, chunks: int) -> _Costs:
    costs, client = _Costs(), connect_async(bed.redis_url)
    append = Append(client, choose_lane=lambda: 0)
    before = bed.server.cpu_s()
    for _ in range(chunks):
        wall, cpu = time.perf_counter(), time.process_time()
        await append.append([arrival])
        _note(costs, wall, cpu)
    costs.server_s = bed.server.cpu_s() - before
    await client.aclose()
    return costs


def _drain(bed: Bed) -> _Costs:
    costs, before = _Costs(), bed.server.cpu_s()
    with connect(bed.redis_url) as client:
        lanes = Lanes(client)
        lease: Lease | Refused | Released | Lost = lanes.claim(f"{CONNECTION}:0", ClaimLimits())
        while isinstance(lease, Lease):
            done = Settlement(
                BatchSizing(), trim=len(lease.chunks), counts={"delivered": len(lease.chunks) * EVENTS_A_CHUNK}
            )
            wall, cpu = time.perf_counter(), time.process_time()
            lease = lanes.settle(lease, done, ClaimLimits())
            _note(costs, wall, cpu)
    costs.server_s = bed.server.cpu_s() - before
    return costs


def _note(costs: _Costs, wall: float, cpu: float) -> None:
    costs.wall.append((time.perf_counter() - wall) * 1e6)
    costs.cpu.append((time.process_time() - cpu) * 1e6)
