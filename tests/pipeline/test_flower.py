"""A failed job in Flower leads to its dead letters; corrected and replayed, each arrives once."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from support.bench import HEADER
from support.events import batch, purchase
from support.flower import Flower
from support.plant import Plant
from support.waiting import until

from cli.processes.flower import COLUMNS
from lanes.ledger import read_ledger

CONFIGURATION = f"{HEADER}    enable_web_migration: true\n"
URL = "https://shop.example/thanks"


@pytest.fixture
def plant(tmp_path: Path) -> Iterator[Plant]:
    """One ingest, one worker."""
    with Plant(tmp_path, CONFIGURATION, ingests=1, workers=1) as plant:
        plant.wait_until_ready()
        yield plant


def counts(plant: Plant, *names: str) -> tuple[int, ...]:
    """Return the counters of the connection's ledger, which balances."""
    with plant.client() as client:
        group = read_ledger(client, ["shop"], []).connections[0]
    assert group.balances
    return tuple(group.waiting if name == "waiting" else group.counts.get(name, 0) for name in names)


def test_a_failed_job_leads_to_its_dead_letters_and_each_is_replayed_once(plant: Plant) -> None:
    """The job's line is readable in the list; the command in it lists exactly the job's dead letters."""
    flower = Flower(plant)
    until(flower.is_up)
    bad_url = purchase(1, custom_flags={"TikTok.URL": "www.shop.example/x"})
    bad_ttclid = purchase(2, custom_flags={"TikTok.URL": URL, "TikTok.Callback": "abc"})
    body = batch(bad_url, bad_ttclid, purchase(3))
    url = f"{plant.ingest_urls[0]}/v2/events"
    assert httpx.post(url, json=body, auth=("key", "secret"), trust_env=False).status_code == 202
    until(lambda: counts(plant, "delivered", "dead_lettered", "waiting") == (1, 2, 0))
    until(lambda: any(task["state"] == "FAILURE" for task in flower.tasks().values()))

    [(job, task)] = [item for item in flower.tasks().items() if item[1]["state"] == "FAILURE"]
    [row] = [row for row in flower.rows() if row["state"] == "FAILURE"]
    line = "shop: 2 of 3 events dead-lettered: invalid_url ×1, invalid_ttclid ×1 "
    assert row["exception"] == f"{line}(relay dead-letters list --job {job})"
    assert row["exception"] in task["exception"]
    assert re.fullmatch(r"\['shop:\d'\]", task["args"])
    assert re.findall(r'data-column="(\w+)"', flower.page()) == COLUMNS.split(",")

    command = re.search(r"\(relay (.*?)\)", row["exception"])
    assert command is not None
    listed = json.loads(plant.relay(*command[1].split(), "--json").stdout)
    dead_letters = {dead_letter["reason"]: dead_letter["id"] for dead_letter in listed}
    assert (len(listed), dead_letters.keys()) == (2, {"invalid_url", "invalid_ttclid"})

    edit = ("dead-letters", "edit")
    assert plant.relay(*edit, dead_letters["invalid_url"], "--set", f"custom_flags.TikTok.URL={URL}").returncode == 0
    corrected = "custom_flags.TikTok.Callback=E.C.P.abcdefghijkl"
    assert plant.relay(*edit, dead_letters["invalid_ttclid"], "--set", corrected).returncode == 0
    replayed = plant.relay("dead-letters", "replay", *dead_letters.values(), "--json")
    assert (replayed.returncode, sorted(json.loads(replayed.stdout)["replayed"])) == (0, sorted(dead_letters.values()))
    until(lambda: counts(plant, "delivered", "replayed", "waiting") == (3, 2, 0))
    again = plant.relay("dead-letters", "replay", *dead_letters.values(), "--json")
    assert (again.returncode, json.loads(again.stdout)["replayed"]) == (1, [])
    until(lambda: counts(plant, "delivered", "waiting") == (3, 0))
    assert sorted(event["event_id"] for event in plant.sandbox.events()) == ["e1", "e2", "e3"]
    assert plant.sandbox.summary()["duplicates"] == 0
