"""A person's data and a connection's token stand in no place that people or machines read."""

import json
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import redis
from support.events import batch, purchase
from support.flower import Flower
from support.plant import Plant
from support.receiver import Receiver, receiving
from support.server import append_only_files
from support.waiting import until

from config.secrets import Keyring
from lanes.ledger import read_ledger
from store.errors import RedisAway

EMAIL, PHONE, CUSTOMER, IP = "jane.doe@private.example", "+491715550123", "customer-jane-4711", "198.51.100.77"
TOKEN, KEY, API_SECRET = "tok-51f0a7c2-secret", Keyring.new_key(), "api-secret-9b1d"
PRIVATE = [EMAIL, EMAIL.upper(), PHONE, PHONE[1:], CUSTOMER, IP]
SECRETS = [TOKEN, KEY, API_SECRET, b64encode(f"key:{API_SECRET}".encode()).decode(), "flower-pass", "webhook-pass"]

CONFIGURATION = f"""
inputs:
  - {{id: web, platform: web, api_key: key, api_secret: {API_SECRET}}}
  - {{id: odd, platform: web, api_key: odd, api_secret: {API_SECRET}}}
connections:
  - id: shop
    inputs: [web]
    access_token: ${{TOKEN}}
    event_source_id: CUSG5HBC77UD11VVRQEG
    enable_web_migration: true
    enrich_ip_address: true
  - id: stuck
    inputs: [web]
    access_token: {TOKEN}-revoked
    event_source_id: CSTUCK5HBC77UD11VVRQ
    enable_web_migration: true
  - id: poisoned
    inputs: [odd]
    access_token: ${{TOKEN}}
    event_source_id: CODD5HBC77UD11VVRQEG
    enable_web_migration: true
"""
POISONED = """
from cli.main import main
from mapping.mapper import BatchMapper
from mapping.plan import Plan

map_event, map_batch = BatchMapper._map, Plan.batch

def poisoned_event(self, raw, generated_id):
    if b"poison-event" in raw:
        raise ValueError(raw.decode())
    return map_event(self, raw, generated_id)

def poisoned_batch(self, shared, *others):
    if b"poison-plan" in shared:
        raise KeyError(shared.decode())
    return map_batch(self, shared, *others)

BatchMapper._map, Plan.batch = poisoned_event, poisoned_batch
main(["worker"])
"""
"""A worker whose mapping fails on some events in its own words, which quote them; one failure is beyond an event's."""
JANE = {"user_identities": {"email": EMAIL, "mobile_number": PHONE, "customer_id": CUSTOMER}, "ip": IP}
COMMANDS = (
    ("status", "--json"),
    ("status",),
    ("status", "--days", "2", "--json"),
    ("dead-letters", "list", "--json"),
    ("dead-letters", "list"),
    ("dead-letters", "count", "--json"),
    ("dead-letters", "export", "--all"),
    ("dead-letters", "replay", "--all", "--dry-run", "--json"),
    ("dead-letters", "reveals", "--json"),
    ("connections", "list", "--json"),
    ("secrets", "keys", "--json"),
    ("check", "--json"),
    ("forget", "--identity", f"email={EMAIL}", "--dry-run", "--json"),
)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """The webhook that receives alerts."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def plant(tmp_path: Path, receiver: Receiver) -> Iterator[Plant]:
    """One ingest, one worker that is replaced by a failing one, everything encrypted, logs as JSON."""
    environment = {
        "RELAY_ENCRYPTION_KEY": KEY,
        "RELAY_LOG_FORMAT": "json",
        "RELAY_METRICS_TOKEN": "metrics-token",
        "RELAY_ALERT_WEBHOOK": f"{receiver.url}?key=webhook-pass",
    }
    with Plant(tmp_path, CONFIGURATION, ingests=1, workers=0, environment=environment, token=TOKEN) as plant:
        plant.wait_until_ready()
        plant.workers.append(plant.add("worker-poisoned", [sys.executable, "-c", POISONED], {}))
        yield plant


def found(text: str, wanted: list[str]) -> list[str]:
    """Return which of the secrets stand in the text."""
    return [one for one in wanted if one in text]


def post(plant: Plant, body: object, key: str = "key") -> None:
    """Post a batch, which is accepted."""
    url = f"{plant.ingest_urls[0]}/v2/events"
    assert httpx.post(url, json=body, auth=(key, API_SECRET), trust_env=False).status_code == 202


def waiting_and_dead_lettered(plant: Plant) -> dict[str, tuple[int, int]]:
    """Return both numbers of each connection."""
    try:
        with plant.client() as client:
            groups = read_ledger(client, ["shop", "stuck", "poisoned"], []).connections
    except RedisAway:
        return {}
    return {group.name: (group.waiting, group.counts.get("dead_lettered", 0)) for group in groups}


def test_personal_data_and_secrets_are_nowhere(plant: Plant, receiver: Receiver) -> None:
    """Whatever fails: URL, click id, TikTok quoting the person, mapping, a whole job, Redis."""
    flower = Flower(plant)
    until(flower.is_up)
    quoting = f"Invalid value for user.email: '{EMAIL}' or {PHONE} at {IP}"
    plant.sandbox.fault("code", code=40002, message=quoting, event_id="e4")
    events = [
        purchase(1),
        purchase(2, custom_flags={"TikTok.URL": f"www.private.example/?mail={EMAIL}&tel={PHONE}"}),
        purchase(3, custom_flags={"TikTok.URL": "https://a.example", "TikTok.Callback": f"E.C.P {EMAIL}"}),
        purchase(4),
        purchase(5, custom_attributes={"poison-event": EMAIL}),
    ]
    post(plant, {**batch(*events), **JANE})
    post(plant, {**batch(purchase(6)), **JANE, "mp_deviceid": "poison-plan"}, key="odd")
    refused = httpx.post(
        f"{plant.ingest_urls[0]}/v2/events", content=EMAIL * 9, auth=("key", API_SECRET), trust_env=False
    )
    assert refused.status_code == 400
    until(lambda: waiting_and_dead_lettered(plant) == {"shop": (0, 4), "stuck": (2, 3), "poisoned": (1, 0)})
    until(lambda: any("dead-lettered" in str(task["exception"]) for task in flower.tasks().values()))
    plant.server.kill()
    time.sleep(0.5)
    plant.restart_the_dead()
    until(lambda: waiting_and_dead_lettered(plant) == {"shop": (0, 4), "stuck": (2, 3), "poisoned": (1, 0)})
    until(lambda: ("stuck", "paused") in receiver.alerts)
    until(lambda: any("a fault of relay" in str(task["exception"]) for task in flower.tasks().values()))

    commands = [plant.relay(*command) for command in COMMANDS]
    assert all(one.stdout for one in commands[:1])
    jane = plant.relay("dead-letters", "list", "--json", "--reveal").stdout
    assert EMAIL in jane, "this test could not fail"
    metrics = httpx.get(
        f"{plant.ingest_urls[0]}/metrics", headers={"Authorization": "Bearer metrics-token"}, trust_env=False
    )
    assert metrics.is_success
    places = {
        "flower's api": json.dumps(flower.tasks()),
        "flower's list": json.dumps(flower.rows()),
        "flower's page": flower.page(),
        "metrics": metrics.text,
        "alerts": json.dumps(receiver.taken),
        "ingest's refusal": refused.text,
        **{f"relay {' '.join(c[:2])}": one.stdout + one.stderr for c, one in zip(COMMANDS, commands, strict=True)},
        **{f"log of {process.name}": plant.log_of(process.name) for process in plant.processes},
        **{f"process {pid}": words for pid, words in command_lines(plant).items()},
    }
    with plant.client() as client:
        client.config_set("rdbcompression", "no")  # or a dump could hide what it holds from this test
        places["redis"] = "\n".join(dump(client))
    for file in append_only_files(plant.directory):
        places[f"file {file.name}"] = file.read_bytes().decode("latin-1")
    assert {place: leaked for place, text in places.items() if (leaked := found(text, PRIVATE + SECRETS))} == {}
    assert "ValueError" in places["log of worker-poisoned"] or "KeyError" in places["log of worker-poisoned"]


def dump(client: redis.Redis) -> Iterator[str]:
    """Return every key and value as stored, without decrypting."""
    for key in client.scan_iter(count=1000):
        yield f"{key!r} {client.dump(key)!r}"


def command_lines(plant: Plant) -> dict[int, str]:
    """Return the command lines of the plant's processes, except the stand-in's, which has the token as an argument."""
    lines = {}
    for process in plant.processes:
        if process is not plant.sandbox_process and process.pid:
            lines[process.pid] = Path(f"/proc/{process.pid}/cmdline").read_text()
    return lines
