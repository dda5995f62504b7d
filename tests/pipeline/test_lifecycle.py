"""Workers start, share the work and stop: no event is lost or counted twice, and each worker stops in time."""

import json
import re
import signal
import time
from collections import Counter
from pathlib import Path

import httpx
import pytest
from support.events import batch, purchase
from support.plant import Plant, Process
from support.posters import Posters
from support.waiting import until

from delivery.client import Timeouts
from lanes.ledger import ConnectionReading, read_ledger

CONFIGURATION = "inputs:\n  - {id: web, platform: web, api_key: key, api_secret: secret}\nconnections:\n" + "".join(
    f"  - {{id: shop-{n}, inputs: [web], access_token: good, event_source_id: CUSG5HBC77UD11VVRQE{n}, "
    "enable_web_migration: true}\n"
    for n in range(3)
)
SETTLES_WITHIN_S = 3.0
"""Seconds that a worker needs beside TikTok's answer, on two loaded cores: for settling, and for Celery to end."""


def ledgers(plant: Plant) -> list[ConnectionReading]:
    """Return the ledger of each connection, which balances at every instant."""
    with plant.client() as client:
        connections = read_ledger(client, [f"shop-{n}" for n in range(3)], []).connections
    assert all(connection.balances for connection in connections), connections
    return connections


def events_by_worker(plant: Plant, processes: list[Process]) -> Counter[str]:
    """Return how many ended events each worker's jobs have logged."""
    ended: Counter[str] = Counter()
    for process in processes:
        for line in plant.log_of(process.name).splitlines():
            if line.startswith("{") and (logged := json.loads(line))["event"] == "job_ended":
                ended[process.name] += logged["events"]
    return ended


def test_two_workers_share_the_work_a_third_joins_and_leaves_and_no_event_is_lost(tmp_path: Path) -> None:
    """Under load; it prints how many events each worker delivered."""
    with Plant(tmp_path, CONFIGURATION, ingests=1, workers=2, environment={"RELAY_LOG_FORMAT": "json"}) as plant:
        plant.wait_until_ready()
        plant.sandbox.fault("slow", seconds=0.05)  # TikTok takes its time, so that there is something to share
        posters = Posters(lambda: plant.ingest_urls, seed=1, bulk=5)
        workers = list(plant.workers)
        until(lambda: len(events_by_worker(plant, workers)) == 2)
        plant.add_worker()
        third = plant.workers[-1]
        workers.append(third)
        until(lambda: events_by_worker(plant, [third]).total() > 100)
        third.signal(signal.SIGTERM)
        assert third.wait() == 0
        plant.workers.remove(third)
        plant.processes.remove(third)
        accepted = len(posters.accepted)
        until(lambda: len(posters.accepted) > accepted + 1000)
        posters.stop()
        until(lambda: not sum(group.waiting for group in ledgers(plant)))
        expected = 3 * len(posters.accepted)
        until(lambda: events_by_worker(plant, workers).total() >= expected)  # a job says so after it has settled
        ended = events_by_worker(plant, workers)
        arrived, duplicates = plant.sandbox.ids(), plant.sandbox.summary()["duplicates"]
        print(f"\n{len(posters.accepted):,} events to 3 connections; delivered by {dict(ended)}; again: {duplicates}")
        assert duplicates == 0
        assert len(arrived) == expected
        assert ended.total() == expected
        shares = [ended[worker.name] for worker in plant.workers]
        assert min(shares) > 0.05 * sum(shares), "they do not share"


@pytest.mark.parametrize(
    ("fault", "seconds", "within_s"),
    [("slow", 1.0, 1.0), ("hang", None, Timeouts().read)],
    ids=["slow answers", "no answer at all"],
)
def test_on_sigterm_a_worker_settles_and_exits_in_time(
    tmp_path: Path, fault: str, seconds: float | None, within_s: float
) -> None:
    """It waits for its current answer and starts nothing more; no lease of its is left."""
    with Plant(tmp_path, CONFIGURATION, ingests=1, workers=1) as plant:
        plant.wait_until_ready()
        plant.sandbox.fault(fault, **({} if seconds is None else {"seconds": seconds}))
        url = f"{plant.ingest_urls[0]}/v2/events"
        for number in range(20):
            body = batch(purchase(number))
            assert httpx.post(url, json=body, auth=("key", "secret"), trust_env=False).status_code == 202
        plant.sandbox.wait_for(lambda summary: summary["requests"] > 0)
        worker = plant.workers[0]
        worker.signal(signal.SIGTERM)
        began = time.monotonic()
        assert worker.wait() == 0
        took = time.monotonic() - began
        print(f"\ngone {took:.1f} s after SIGTERM; TikTok: {fault}")
        assert took < within_s + SETTLES_WITHIN_S
        with plant.client() as client:
            metas = [name.decode() for name in client.scan_iter("lane:*:meta")]
            assert metas
            assert not [name for name in metas if client.hexists(name, "token")], "it left a lease"
        assert not re.search(r"Traceback|celery_failed", plant.log_of(worker.name))
        plant.sandbox.clear_faults()
        plant.restart_the_dead()
        until(lambda: len(plant.sandbox.ids()) == 60)
