"""With three workers and two ingests, every ingest reports the same metrics, and status and TikTok agree with them."""

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families
from support.plant import Plant
from support.posters import Posters
from support.product import RELAY
from support.waiting import until

CONFIGURATION = """
inputs:
  - {id: web, platform: web, api_key: key, api_secret: secret}
connections:
  - id: shop-web
    inputs: [web]
    access_token: good
    event_source_id: CUSG5HBC77UD11VVRQEG
    enable_web_migration: true
  - id: shop-legacy
    inputs: [web]
    access_token: good
    event_source_id: C9LEGACYPIXELCODE0000
"""
POST_FOR_S = 2.0

ACCEPTED = ("relay_ingest_answers_total", frozenset({("status", "202")}))

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scrape(url: str) -> Samples:
    """Return every sample of one ingest."""
    text = httpx.get(f"{url}/metrics", trust_env=False).raise_for_status().text
    families = text_string_to_metric_families(text)
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }


def status(plant: Plant) -> dict[str, Any]:
    """Return `relay status --json`."""
    result = subprocess.run(
        [RELAY, "status", "--json"], env={**os.environ, **plant.environment}, capture_output=True, check=True
    )
    return json.loads(result.stdout)  # type: ignore[no-any-return]  # JSON


def test_the_totals_are_those_of_status_and_of_tiktok(tmp_path: Path) -> None:
    """TikTok fails now and then, and some events are dead-lettered."""
    with Plant(tmp_path, CONFIGURATION, ingests=2, workers=3) as plant:
        plant.wait_until_ready()
        plant.sandbox.faults({"mode": "http_503", "probability": 0.1}, {"mode": "partial_20001", "probability": 0.1})
        posters = Posters(lambda: plant.ingest_urls, seed=5, bad=0.1)
        time.sleep(POST_FOR_S)
        posters.stop()
        plant.sandbox.clear_faults()
        until(lambda: not any(connection["waiting"] for connection in status(plant)["connections"]))
        until(lambda: scrape(plant.ingest_urls[0]).get(ACCEPTED) == posters.answers["202"])
        result = status(plant)
        samples, others = map(scrape, plant.ingest_urls)
        taken, tiktok = plant.sandbox.ids(), plant.sandbox.summary()

    assert samples == {**others, **{key: samples[key] for key in samples if "redis_memory" in key[0]}}

    def value(name: str, **labels: str) -> float:
        return samples[name, frozenset(labels.items())]

    assert value("relay_input_events_total", input="web") == len(posters.accepted) == result["inputs"][0]["accepted"]
    for one in result["connections"]:
        connection = one["id"]
        for how in ("accepted", "extra", "replayed"):
            assert value("relay_events_in_total", connection=connection, how=how) == one[how]
        for how in ("delivered", "dead_lettered", "unsupported", "withheld", "erased"):
            assert value("relay_events_out_total", connection=connection, how=how) == one[how]
        assert value("relay_events_waiting", connection=connection) == 0
        assert value("relay_ledger_discrepancy_events", connection=connection) == 0
        assert value("relay_dead_lettered_total", connection=connection, reason="invalid_url") == len(posters.bad)
        assert value("relay_dead_letters", connection=connection, reason="invalid_url") == len(posters.bad)
        assert value("relay_delivery_seconds_count", connection=connection) == one["delivered"]
    delivered = sum(one["delivered"] for one in result["connections"])
    assert len(taken) == tiktok["distinct"] == delivered
    assert tiktok["events"] == delivered + tiktok["duplicates"]
