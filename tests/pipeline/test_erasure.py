"""A running relay erases a person: nothing of them is left in Redis or on its disk, and the ledger balances."""

import json
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from support.events import batch, purchase
from support.plant import Plant
from support.server import append_only_files
from support.traces import in_files, in_redis
from support.waiting import until

from config.secrets import Keyring
from lanes.ledger import read_ledger

EMAIL, PHONE, CUSTOMER, IP = "Jane.Doe@private.example", "+491715550123", "customer-jane-4711", "198.51.100.77"
WANTED = [
    *(EMAIL, EMAIL.lower(), PHONE, CUSTOMER, IP),
    *(sha256(one.encode()).hexdigest() for one in (EMAIL.lower(), PHONE, CUSTOMER)),
]
CONFIGURATION = """
inputs:
  - {id: web, platform: web, api_key: key, api_secret: secret}
connections:
  - id: shop
    inputs: [web]
    access_token: good
    event_source_id: CUSG5HBC77UD11VVRQEG
    enable_web_migration: true
    enrich_ip_address: true
  - id: stuck
    inputs: [web]
    access_token: revoked
    event_source_id: CSTUCK5HBC77UD11VVRQ
    enable_web_migration: true
"""
JANE = {"user_identities": {"email": EMAIL, "mobile_number": PHONE, "customer_id": CUSTOMER}, "ip": IP}
HASHED_JANE = {"user_identities": {"email": sha256(EMAIL.lower().encode()).hexdigest()}}
BAD_URL = {"TikTok.URL": f"www.private.example/?mail={EMAIL}"}
JOES_BAD_URL = {"TikTok.URL": "www.shop.example"}
KEY = Keyring.new_key()


@pytest.fixture(params=[None, KEY], ids=["without a key", "with a key"])
def plant(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Plant]:
    """One ingest and one worker; one connection that works, and one with a refused token, whose events wait."""
    environment = {} if request.param is None else {"RELAY_ENCRYPTION_KEY": request.param}
    with Plant(tmp_path, CONFIGURATION, ingests=1, workers=1, environment=environment) as plant:
        plant.wait_until_ready()
        with plant.client() as client:
            client.config_set("rdbcompression", "no")  # or the file could hide what it holds from this test
        yield plant


def post(plant: Plant, *batches: dict[str, Any]) -> None:
    """Post the events as one request, which is accepted."""
    url = f"{plant.ingest_urls[0]}/v2/bulkevents"
    assert httpx.post(url, json=batches, auth=("key", "secret"), trust_env=False).status_code == 202


def ledger(plant: Plant) -> dict[str, tuple[int, ...]]:
    """Return waiting, dead letters, erased and dead_letters_erased of each connection, whose ledger balances."""
    with plant.client() as client:
        connections = read_ledger(client, ["shop", "stuck"], []).connections
    assert all(connection.balances for connection in connections), connections
    return {
        c.name: (c.waiting, c.dead_letters, *(c.counts.get(n, 0) for n in ("erased", "dead_letters_erased")))
        for c in connections
    }


def test_an_erased_person_is_in_no_key_and_no_file(plant: Plant) -> None:
    """Jane has waiting events, dead letters and a profile; Joe's, in the same chunks, stay."""
    keyring = Keyring.from_text(plant.environment.get("RELAY_ENCRYPTION_KEY"))
    jane = [{**batch(purchase(1), purchase(2, custom_flags=BAD_URL)), **JANE}, {**batch(purchase(3)), **HASHED_JANE}]
    refused = {**batch(purchase(4)), **JANE}
    plant.sandbox.fault("code", code=40002, message=f"Invalid value for user.email: '{EMAIL}'", event_id="e4")
    post(plant, *jane, refused, batch(purchase(5), purchase(6, custom_flags=JOES_BAD_URL), user=9))
    until(lambda: ledger(plant) == {"shop": (0, 3, 0, 0), "stuck": (4, 2, 0, 0)})
    with plant.client() as client:
        assert in_redis(client, WANTED, keyring) >= {EMAIL, PHONE, CUSTOMER, IP}, "this test could not fail"
    assert (in_files(append_only_files(plant.directory), WANTED) >= {EMAIL, PHONE}) == (keyring is None)

    dry = plant.relay("forget", "--identity", "email=-", "--dry-run", "--json", stdin=EMAIL.upper())
    assert (dry.returncode, json.loads(dry.stdout)["complete"]) == (0, True), dry.stderr
    assert ledger(plant)["stuck"] == (4, 2, 0, 0)
    result = plant.relay("forget", "--identity-file", "-", "--json", stdin=f"email={EMAIL}\nmobile_number={PHONE}\n")
    assert result.returncode == 0, result.stderr
    answer = json.loads(result.stdout)
    assert {one["id"]: (one["events"], one["dead_letters"]) for one in answer["connections"]} == {
        "shop": (0, 2),
        "stuck": (3, 1),
    }
    assert answer["on_disk"] == "rewritten"
    assert answer["profiles"] >= 3
    assert answer["connections"] == json.loads(dry.stdout)["connections"]

    assert ledger(plant) == {"shop": (0, 1, 0, 2), "stuck": (1, 1, 3, 1)}
    past = plant.relay("forget", "--past", "--json")
    [entry] = json.loads(past.stdout)
    assert (entry["kinds"], entry["events"], entry["dead_letters"]) == (["email", "mobile_number"], 3, 3)
    for output in (result, dry, past):
        assert not [one for one in WANTED if one in output.stdout + output.stderr]
    nothing_left(plant, keyring)
    plant.server.kill()  # what it reads again is what its disk holds
    plant.restart_the_dead()
    until(lambda: answers(plant))
    nothing_left(plant, keyring)
    assert ledger(plant) == {"shop": (0, 1, 0, 2), "stuck": (1, 1, 3, 1)}


def nothing_left(plant: Plant, keyring: Keyring | None) -> None:
    """Return whether Jane is in no key and no file; Joe must still be there."""
    with plant.client() as client:
        assert in_redis(client, [*WANTED, "user9@shop.example"], keyring) == {"user9@shop.example"}
    until(lambda: not in_files(append_only_files(plant.directory), WANTED))  # files are unlinked in the background


def answers(plant: Plant) -> bool:
    """Return whether the server answers."""
    try:
        with plant.client() as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
