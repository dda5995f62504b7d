"""The first fault run: kills at random instants under a TikTok that fails in every way, and nothing is lost.

SEED repeats a run's choices (not its timing); SECONDS makes it longer.
"""

import os
import random
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.events import batch, purchase
from support.plant import Plant, Process

from lanes.books import GroupReading, read_books
from lanes.client import connect
from lanes.lanes import Lanes

USERS = 100
POSTERS = 4
WAIT_FOR_REST_S = 120.0
SOURCES = {"shop-web": "CUSG5HBC77UD11VVRQEG", "shop-legacy": "C9LEGACYPIXELCODE0000"}
CONFIGURATION = f"""
inputs:
  - {{id: web, platform: web, api_key: key, api_secret: secret}}
connections:
  - id: shop-web
    inputs: [web]
    access_token: ${{TOKEN}}
    event_source_id: {SOURCES["shop-web"]}
    enable_web_migration: true
  - id: shop-legacy
    inputs: [web]
    access_token: ${{TOKEN}}
    event_source_id: {SOURCES["shop-legacy"]}
"""
FAULTS: tuple[dict[str, Any], ...] = (
    {"mode": "http_503", "probability": 0.2},
    {"mode": "http_429", "probability": 0.1, "retry_after": 1},
    {"mode": "throttle_40100", "probability": 0.1},
    {"mode": "hang", "probability": 0.1, "seconds": 3},
    {"mode": "reset", "probability": 0.2},
    {"mode": "take_then_reset", "probability": 0.3},
    {"mode": "error_50000", "probability": 0.2},
    {"mode": "garbage", "probability": 0.1},
)


class Posters:
    """Senders that repeat a batch, as it is, until it is answered 202; they keep the ids that were."""

    def __init__(self, urls: list[str], seed: int) -> None:
        self._urls, self._seed = urls, seed
        self._stopped = threading.Event()
        self._lock = threading.Lock()
        self.accepted: set[str] = set()
        self.answers: Counter[str] = Counter()
        self._threads = [threading.Thread(target=self._post_all, args=(n,), daemon=True) for n in range(POSTERS)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish the batch in hand, and no more."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(timeout=60)
            assert not thread.is_alive(), "a batch was never accepted"

    def _post_all(self, poster: int) -> None:
        choices = random.Random(f"{self._seed}-{poster}")
        number = poster * 1_000_000
        with httpx.Client(auth=("key", "secret"), trust_env=False, timeout=10) as http:
            while not self._stopped.is_set():
                events = [purchase(number + n) for n in range(choices.randint(1, 5))]
                number += len(events)
                one = batch(*events, user=choices.randrange(USERS))
                while not self._post(http, choices.choice(self._urls), one):
                    time.sleep(0.05)
                with self._lock:
                    self.accepted.update(event["data"]["source_message_id"] for event in events)
                time.sleep(0.01)

    def _post(self, http: httpx.Client, url: str, one: dict[str, Any]) -> bool:
        try:
            answer = str(http.post(f"{url}/v2/events", json=one).status_code)
        except httpx.HTTPError as error:
            answer = type(error).__name__
        with self._lock:
            self.answers[answer] += 1
        return answer == "202"


def break_things(plant: Plant, choices: random.Random, seconds: float) -> None:
    """Kill a process every half second or so, and change how TikTok fails every few."""
    until, faults_until = time.monotonic() + seconds, 0.0
    while time.monotonic() < until:
        if time.monotonic() > faults_until:
            some = choices.sample(FAULTS, choices.randint(1, 3))
            plant.sandbox.faults(*({**fault, "seed": choices.randrange(1000)} for fault in some))
            faults_until = time.monotonic() + choices.uniform(1, 4)
        victim: Process = choices.choice([*plant.workers * 2, *plant.ingests * 2, plant.server])
        victim.kill()
        time.sleep(choices.uniform(0, 0.5))
        plant.restart_the_dead()
        time.sleep(choices.uniform(0, 0.8))


def wait_for_rest(plant: Plant) -> list[GroupReading]:
    """The books once nothing waits. Backoffs are cut short; leases of the dead run out by themselves."""
    client = connect(plant.redis_url)
    lanes, deadline = Lanes(client), time.monotonic() + WAIT_FOR_REST_S
    while True:
        groups = read_books(client, list(SOURCES), ["web"]).groups
        if not any(group.waiting for group in groups):
            client.close()
            return groups
        assert time.monotonic() < deadline, f"still waiting: {groups}"
        for group in SOURCES:
            lanes.resume(group)
        plant.restart_the_dead()
        time.sleep(0.5)


@pytest.mark.timeout(600)
def test_no_accepted_event_is_lost(tmp_path: Path) -> None:
    """Every (event source id, event id) answered 202 has arrived, and the books say so."""
    seed = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))
    seconds = float(os.environ.get("SECONDS") or 40)
    print(f"\nfault run: SEED={seed} SECONDS={seconds:g}", flush=True)
    with Plant(tmp_path, CONFIGURATION) as plant:
        plant.wait_until_ready()
        posters = Posters(plant.ingest_urls, seed)
        break_things(plant, random.Random(seed), seconds)
        plant.sandbox.mend()
        posters.stop()
        groups = wait_for_rest(plant)
        arrived = plant.sandbox.ids()
        kills = Counter({process.name.split("-")[0]: 0 for process in plant.processes})
        for process in plant.processes:
            kills[process.name.split("-")[0]] += process.kills

    posted = {(source, event_id) for source in SOURCES.values() for event_id in posters.accepted}
    lost = posted - {(source, event_id) for source, _, event_id in arrived}
    duplicates = sum(arrived.values()) - len(arrived)
    print(f"kills {dict(kills)}; answers {dict(posters.answers)}")
    print(f"posted {len(posted)}, arrived {len(arrived)} distinct and {duplicates} again, lost {len(lost)}", flush=True)
    for group in groups:
        print(f"{group.name}: {group.books}")
    assert len(posters.accepted) > 500
    assert not lost
    for group in groups:
        assert group.balances, group
        assert group.books["accepted"] >= len(posters.accepted)
        assert group.books["delivered"] == group.books["accepted"]
        here = sum(count for (source, _, _), count in arrived.items() if source == SOURCES[group.name])
        assert here >= group.books["delivered"]
