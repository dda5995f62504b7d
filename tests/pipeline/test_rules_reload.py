"""Rules that change while a backlog waits: with real processes, every event ends once, by the rules that now hold."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
from support.events import batch, purchase
from support.plant import Plant, Process
from support.waiting import until

from lanes.ledger import ConnectionReading, read_ledger

CONFIGURATION = """
inputs:
  - {id: web, platform: web, api_key: key, api_secret: secret}
connections:
  - id: shop
    inputs: [web]
    access_token: good
    event_source_id: CUSG5HBC77UD11VVRQEG
    enable_web_migration: true
"""
RULES = """\
    forward:
      never_if:
        - {attribute: channel, is: internal}
        - {user_attribute: tester, is: "true"}
    native_events: {view_detail: off}
"""
CHANNEL = "never_if 1: attribute channel is internal"
TESTER = "never_if 2: user_attribute tester is true"
VIEW = "native_events: view_detail off"
EACH = 50


def post(plant: Plant, name: str) -> None:
    """Post 50 events of each of four kinds, in batches of ten; their ids begin with `name`."""
    for first in range(0, EACH, 10):
        numbers = range(first, first + 10)
        views = [purchase(n, source_message_id=f"{name}-view-{n}") for n in numbers]
        for view in views:
            view["data"]["product_action"]["action"] = "view_detail"
        bought = [purchase(n, source_message_id=f"{name}-bought-{n}") for n in numbers]
        internal = [
            purchase(n, source_message_id=f"{name}-internal-{n}", custom_attributes={"channel": "internal"})
            for n in numbers
        ]
        tested = [purchase(n, source_message_id=f"{name}-tested-{n}") for n in numbers]
        for body in (
            batch(*bought, *internal, user=first),
            batch(*views, user=first + 1),
            {**batch(*tested, user=first + 2), "user_attributes": {"tester": "true"}},
        ):
            url = f"{plant.ingest_urls[0]}/v2/events"
            assert httpx.post(url, json=body, auth=("key", "secret"), trust_env=False).status_code == 202


def ledger(plant: Plant) -> ConnectionReading:
    """Return the connection's ledger, which balances at every instant."""
    with plant.client() as client:
        (reading,) = read_ledger(client, ["shop"], ["web"]).connections
    assert reading.balances, reading
    return reading


def has_reloaded(plant: Plant, process: Process) -> bool:
    """Whether the process uses the changed file."""
    return '"configuration_reloaded"' in plant.log_of(process.name)


def ids(*names: str) -> list[str]:
    """Return the ids of these kinds of events, sorted."""
    return sorted(f"{name}-{number}" for name in names for number in range(EACH))


def receipts(plant: Plant, wanted: list[str]) -> list[dict[str, Any]]:
    """Return what `relay trace` shows of these events."""
    found = plant.relay("trace", "--file", "-", "--json", stdin="\n".join(wanted))
    return list(json.loads(found.stdout))


def test_rules_that_change_while_a_backlog_waits_hold_for_all_of_it(tmp_path: Path) -> None:
    """TikTok is away meanwhile. Counts, receipts, ledger and TikTok agree; nothing is doubled, before or after."""
    with Plant(tmp_path, CONFIGURATION, ingests=1, workers=2, environment={"RELAY_LOG_FORMAT": "json"}) as plant:
        plant.wait_until_ready()
        plant.sandbox_process.kill()
        post(plant, "old")
        assert ledger(plant).waiting == 4 * EACH
        plant.file.write_text(CONFIGURATION + RULES)
        until(lambda: all(has_reloaded(plant, process) for process in (*plant.ingests, *plant.workers)))
        post(plant, "new")
        plant.restart_the_dead()
        until(lambda: not ledger(plant).waiting)

        delivered = ids("old-bought", "new-bought")
        withheld = {
            CHANNEL: ids("old-internal", "new-internal"),
            TESTER: ids("old-tested", "new-tested"),
            VIEW: ids("old-view", "new-view"),
        }
        assert sorted(event["event_id"] for event in plant.sandbox.events()) == delivered
        assert plant.sandbox.summary()["duplicates"] == 0
        counts = ledger(plant).counts
        assert (counts["delivered"], counts["withheld"]) == (2 * EACH, 6 * EACH)
        days = json.loads(plant.relay("status", "--days", "2", "--json").stdout)  # midnight may come in between
        by_rule = sum((Counter(day["withheld"]) for day in days), Counter[str]())
        assert by_rule == {why: len(events) for why, events in withheld.items()}
        assert sum(sum(day["delivered"].values()) for day in days) == len(delivered)
        for why, events in withheld.items():
            ended = receipts(plant, events)
            assert sorted(item["event_id"] for item in ended) == events
            assert {(item["outcome"], item["reason"]) for item in ended} == {("withheld", why)}
        sent = receipts(plant, delivered)
        assert sorted(item["event_id"] for item in sent) == delivered
        assert {item["outcome"] for item in sent} == {"delivered"}
        assert plant.relay("status", "--verify").returncode == 0
