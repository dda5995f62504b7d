"""Measure how long an event takes from its 202 to TikTok with almost no load."""

import random
import time
from typing import Final

import httpx
import msgspec

from benchmarks.report.result import Result
from benchmarks.support.bed import Bed
from benchmarks.support.data import batches
from benchmarks.support.load import KEY, SECRET
from benchmarks.support.waiting import wait_for

PAUSE_S: Final = (0.02, 0.08)
"""A random pause, so that posts do not keep step with the workers' timer."""


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
        arrived = bed.tiktok.times()
    took = sorted((arrived[event_id] - at) * 1000 for event_id, at in accepted.items())
    note = f"{samples} events, one every 50 ms or so; the worker looks for work every 50 ms"
    return [
        Result("latency", "202 to TikTok, median", "ms", _share(took, 0.5), took[0], took[-1], 300.0, "less", note),
        Result("latency", "202 to TikTok, p99", "ms", _share(took, 0.99), took[0], took[-1], 1000.0, "less"),
    ]


def _post(http: httpx.Client, url: str, bed: Bed, bodies: list[bytes]) -> dict[str, float]:
    """Return when each event was accepted, by its id, once all have arrived."""
    before, accepted = bed.tiktok.count(), {}
    for body in bodies:
        http.post(f"{url}/v2/events", content=body).raise_for_status()
        accepted[_id_of(body)] = time.monotonic()
        time.sleep(random.uniform(*PAUSE_S))
    wait_for(lambda: bed.tiktok.count() >= before + len(bodies), "the last event")
    return accepted


def _share(ordered: list[float], share: float) -> float:
    return ordered[int(len(ordered) * share)]


def _id_of(batch: bytes) -> str:
    (event,) = msgspec.json.decode(batch, type=_Batch).events
    return msgspec.json.decode(event.data["source_message_id"], type=str)
