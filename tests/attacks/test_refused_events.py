"""A fifth of all events is refused: each is found, and costs about one request (issue 13, kind 8)."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from support.attack import SHORT, Attack, Start
from support.events import batch, purchase
from support.plant import Process
from support.rough_tiktok import start_rough_tiktok
from support.server import free_port

MIGRATED = """
connections:
  - id: shop
    inputs: [web]
    access_token: ${TOKEN}
    event_source_id: CUSG5HBC77UD11VVRQEG
    enable_web_migration: true
"""
EVENTS = 4_000 if SHORT else 20_000
MOST_REQUESTS_AN_EVENT = 1.5
LEAST_EVENTS_A_CPU_SECOND = 500


def test_a_fifth_of_the_events_is_refused(attacked: Start) -> None:
    """Half of them for a value that TikTok's message names, half without a word about which event."""
    url = f"http://127.0.0.1:{free_port()}"
    with attacked(connections=MIGRATED, environment={"RELAY_TIKTOK_URL": url}) as relay:
        start_rough_tiktok(relay, url)
        relay.relay("connections", "pause", "shop").check_returncode()
        send(relay, EVENTS)
        worker = next(process for process in relay.processes if process.name.startswith("worker"))
        began, cpu_before = time.monotonic(), cpu_seconds(worker)
        relay.relay("connections", "resume", "shop").check_returncode()
        relay.wait_for(lambda: ended(relay) >= EVENTS, "every event ended", 500)
        took, cpu = time.monotonic() - began, cpu_seconds(worker) - cpu_before
        log = httpx.get(f"{url}/_rough/log", trust_env=False).json()
        requests = log["requests"]["CUSG5HBC77UD11VVRQEG"] / EVENTS
        relay.figure("events, a fifth refused", EVENTS)
        relay.figure("requests an event", round(requests, 3))
        relay.figure("events a second", round(EVENTS / took))
        relay.figure("events a CPU second of the worker", round(EVENTS / cpu))
        ledger = relay.client().hgetall("ledger:shop")
        assert int(ledger[b"dead_lettered"]) == EVENTS // 5
        assert int(ledger[b"delivered"]) == EVENTS - EVENTS // 5
        assert requests <= MOST_REQUESTS_AN_EVENT
        assert EVENTS / cpu >= LEAST_EVENTS_A_CPU_SECOND


def send(relay: Attack, events: int) -> None:
    """In bulk; spread over the batches like accidents are."""
    with httpx.Client(auth=("key", "secret"), trust_env=False, timeout=30) as http:
        for start in range(0, events, 1000):
            bulk = [batch(*some, user=start) for some in chunks(start)]
            http.post(f"{relay.url}/v2/bulkevents", content=json.dumps(bulk)).raise_for_status()


def chunks(start: int) -> Iterator[list[dict[str, Any]]]:
    for first in range(start, start + 1000, 50):
        yield [event(number) for number in range(first, first + 50)]


def event(number: int) -> dict[str, Any]:
    """Of ten in a row, one has a bad product and one is refused without a reason; where, looks like chance."""
    place = number * 7919 % 10
    source = purchase(number, source_message_id=f"e{number}-{'bad' if place == 4 else 'good'}")
    if place == 7:
        source["data"]["product_action"]["products"][0]["id"] = "bad-sku"
    return source


def ended(relay: Attack) -> int:
    ledger = relay.client().hgetall("ledger:shop")
    return sum(int(ledger.get(name, 0)) for name in (b"dead_lettered", b"delivered"))


def cpu_seconds(process: Process) -> float:
    fields = Path(f"/proc/{process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
