"""Measure how long an event takes from its 202 to TikTok with almost no load, and which step takes how long."""

import random
import time
from collections.abc import Sequence
from typing import Final

import httpx
import msgspec

from benchmarks.report.result import Result
from benchmarks.support.bed import Bed
from benchmarks.support.data import batches
from benchmarks.support.load import KEY, SECRET
from benchmarks.support.monitor import Command, commands_of
from benchmarks.support.waiting import wait_for

PAUSE_S: Final = (0.02, 0.08)
"""A random pause, so that posts do not keep step with anything."""
STEPS: Final = {
    "append to a worker's look": ("append", "wake"),
    "look to the wake-up's message": ("wake", "LPUSH"),
    "message to claim": ("LPUSH", "claim"),
    "claim to mapped and marked": ("claim", "mark_posted"),
}
"""What Redis sees of one event's path → the commands at its ends."""
COLD: Final = 20


class _Event(msgspec.Struct):
    data: dict[str, msgspec.Raw]


class _Batch(msgspec.Struct):
    events: list[_Event]


def run(quick: bool) -> list[Result]:
    """Post one event after another; the first ones, before the worker has warmed up, do not count."""
    samples = 100 if quick else 500
    with Bed() as bed, httpx.Client(auth=(KEY, SECRET), trust_env=False) as http:
        _, url = bed.ingest()
        bed.worker()
        _post(http, url, bed, batches(COLD, 1, seed=2))
        accepted = _post(http, url, bed, batches(samples, 1))
        with commands_of(bed.redis_port) as commands:
            watched = _post(http, url, bed, batches(samples, 1, seed=3))
        arrived = bed.tiktok.times()
    took = [(arrived[event_id] - at) * 1000 for event_id, at in accepted.items()]
    note = f"{samples} events, one every 50 ms or so; workers block until Redis signals work"
    return [
        _figure("202 to TikTok, median", took, 0.5, 15.0, note),
        _figure("202 to TikTok, p99", took, 0.99, 1000.0),
        *_steps(commands, [arrived[event_id] for event_id in watched]),
    ]


def _figure(what: str, took_ms: Sequence[float], share: float, target: float | None = None, note: str = "") -> Result:
    ordered = sorted(took_ms)
    value = ordered[int(len(ordered) * share)]
    return Result("latency", what, "ms", value, ordered[0], ordered[-1], target, "less", note)


def _steps(commands: Sequence[Command], arrivals: Sequence[float]) -> list[Result]:
    """Return the median of each step, of the events whose path Redis saw whole."""
    steps: dict[str, list[float]] = {what: [] for what in (*STEPS, "marked to TikTok")}
    for arrived in arrivals:
        last = {command.name: command.at_s for command in commands if arrived - 0.5 < command.at_s < arrived}
        ends = [*STEPS.values(), ("mark_posted", "")]
        last[""] = arrived
        if all(first in last and last[first] <= last[then] for first, then in ends if then in last):
            for what, (first, then) in zip(steps, ends, strict=True):
                steps[what].append((last[then] - last[first]) * 1000)
    note = "by the times of Redis's MONITOR; it slows Redis a little"
    return [_figure(what, took, 0.5, note=note) for what, took in steps.items() if took]


def _post(http: httpx.Client, url: str, bed: Bed, bodies: list[bytes]) -> dict[str, float]:
    """Return when each event was accepted, by its id, once all have arrived."""
    before, accepted = bed.tiktok.count(), {}
    for body in bodies:
        http.post(f"{url}/v2/events", content=body).raise_for_status()
        accepted[_id_of(body)] = time.monotonic()
        time.sleep(random.uniform(*PAUSE_S))
    wait_for(lambda: bed.tiktok.count() >= before + len(bodies), "the last event")
    return accepted


def _id_of(batch: bytes) -> str:
    (event,) = msgspec.json.decode(batch, type=_Batch).events
    return msgspec.json.decode(event.data["source_message_id"], type=str)
