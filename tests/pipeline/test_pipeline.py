"""The whole relay as its user runs it: real processes, mParticle's SDK at one end, a strict TikTok at the other."""

import base64
import signal
import time
from collections.abc import Iterator

import httpx
import mparticle
import pytest
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
    access_token: TOKEN_HERE
    event_source_id: CUSG5HBC77UD11VVRQEG
    enable_web_migration: true
"""


def configuration(token: str = "good", more: str = "") -> str:
    """Return the configuration file with that token."""
    return CONFIGURATION.replace("TOKEN_HERE", token) + more


@pytest.fixture(scope="module")
def shared_plant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plant]:
    """One ingest, one worker."""
    with Plant(tmp_path_factory.mktemp("plant"), configuration(), ingests=1, workers=1) as plant:
        plant.wait_until_ready()
        yield plant


@pytest.fixture
def plant(shared_plant: Plant) -> Plant:
    """Return the module's plant, reset: no event waits, and the stand-in TikTok has no events."""
    if shared_plant.file.read_text() != configuration():
        shared_plant.file.write_text(configuration())
        time.sleep(2)
    shared_plant.restart_the_dead()
    shared_plant.sandbox.clear_faults()
    until(lambda: not ledger(shared_plant).waiting)
    shared_plant.sandbox.clear()
    return shared_plant


def ledger(plant: Plant) -> ConnectionReading:
    """Return the connection's ledger, which balances at every instant."""
    with plant.client() as client:
        reading = read_ledger(client, ["shop"], ["web"]).connections[0]
    assert reading.balances, reading
    return reading


def post(plant: Plant, *events: object) -> None:
    """Post one batch, which is accepted."""
    answer = httpx.post(
        f"{plant.ingest_urls[0]}/v2/events", json=batch(*events), auth=("key", "secret"), trust_env=False
    )
    assert (answer.status_code, answer.content) == (202, b"")


def sdk(plant: Plant) -> mparticle.EventsApi:
    """Return mParticle's official client for this ingest."""
    settings = mparticle.Configuration()
    settings.host = f"{plant.ingest_urls[0]}/v2"
    settings.api_key, settings.api_secret = "key", "secret"
    return mparticle.EventsApi(settings)


def sdk_batch(number: int) -> mparticle.Batch:
    """Return a purchase as the SDK builds it: without a time and without an id."""
    uploaded = mparticle.Batch(environment="production")
    uploaded.user_identities = mparticle.UserIdentities(customerid=f"c-{number}", email="someone@shop.example")
    action = mparticle.ProductAction("purchase")
    action.products = [mparticle.Product(id="sku-1", name="Shoe", price=19.5, quantity=2)]
    action.total_amount = 39
    event = mparticle.CommerceEvent(action, currency_code="USD")
    event.custom_flags = {"TikTok.URL": f"https://shop.example/{number}"}
    uploaded.events = [event]
    return uploaded


def test_the_official_sdk_uploads_and_its_events_arrive(plant: Plant) -> None:
    """Single and bulk uploads are answered 202; each event has a generated id and its hashes."""
    api = sdk(plant)
    assert api.upload_events_with_http_info(sdk_batch(1))[1] == 202
    assert api.bulk_upload_events_with_http_info([sdk_batch(2), sdk_batch(3)])[1] == 202
    plant.sandbox.wait_for(lambda summary: summary["distinct"] == 3)
    taken = plant.sandbox.events()
    assert {event["body"]["page"]["url"] for event in taken} == {f"https://shop.example/{n}" for n in (1, 2, 3)}
    assert {event["event"] for event in taken} == {"PlaceAnOrder"}
    assert all(len(event["body"]["user"]["external_id"][0]) == 64 for event in taken)


def test_bad_events_become_dead_letters_while_the_rest_of_their_batch_is_delivered(plant: Plant) -> None:
    """Each dead letter has its reason."""
    before = ledger(plant).counts
    bad_url = purchase(2, custom_flags={"TikTok.URL": "www.shop.com/x"})
    bad_ttclid = purchase(3, custom_flags={"TikTok.URL": "https://shop.example", "TikTok.Callback": "abc"})
    post(plant, purchase(1), bad_url, bad_ttclid, purchase(4))
    plant.sandbox.wait_for(lambda summary: summary["distinct"] == 2)
    until(lambda: ledger(plant).counts.get("dead_lettered", 0) == before.get("dead_lettered", 0) + 2)
    assert {event["event_id"] for event in plant.sandbox.events()} == {"e1", "e4"}


def test_a_refused_token_pauses_and_the_corrected_file_resumes_without_restart(plant: Plant) -> None:
    """No event is lost meanwhile, and a half-written file changes nothing."""
    plant.file.write_text(configuration("revoked"))
    time.sleep(2)
    post(plant, purchase(11))
    until(lambda: ledger(plant).status.get("state") == "paused")
    assert ledger(plant).waiting == 1
    plant.file.write_text("inputs: [")
    time.sleep(1)
    plant.file.write_text(configuration())
    plant.sandbox.wait_for(lambda summary: summary["distinct"] == 1)
    until(lambda: not ledger(plant).waiting)


def test_lost_wake_ups_only_cost_time(plant: Plant) -> None:
    """Celery's queue may be lost at any time."""
    worker = plant.workers[0]
    worker.signal(signal.SIGSTOP)
    post(plant, purchase(21))
    with plant.client() as client:
        client.delete("relay", "unacked", "unacked_index")
    worker.signal(signal.SIGCONT)
    plant.sandbox.wait_for(lambda summary: summary["distinct"] == 1)


def test_a_worker_settles_on_sigterm_and_exits(plant: Plant) -> None:
    """Current requests are answered first; the backlog is left to other workers."""
    worker: Process = plant.workers[0]
    plant.sandbox.fault("slow", seconds=1)
    for number in range(31, 36):
        post(plant, purchase(number))
    plant.sandbox.wait_for(lambda summary: summary["requests"] > 0)
    worker.signal(signal.SIGTERM)
    assert worker.wait() == 0
    with plant.client() as client:
        held = [
            lane for lane in client.zrange("lanes:held", 0, -1) if client.hexists(f"lane:{lane.decode()}:meta", "token")
        ]
    assert held == []
    plant.sandbox.clear_faults()
    plant.restart_the_dead()
    plant.sandbox.wait_for(lambda summary: summary["distinct"] == 5, seconds=60)
    assert plant.sandbox.summary()["duplicates"] == 0


def test_a_failed_job_is_reported_without_personal_data(plant: Plant) -> None:
    """What Flower shows comes from the worker's events and log: a lane's name, counts, reasons."""
    post(plant, purchase(41, custom_flags={"TikTok.URL": "www.private-shop.example/secret"}))
    until(lambda: "invalid_url ×1" in plant.log_of("worker-0"))
    for process in plant.processes:
        output = plant.log_of(process.name)
        for private in ("user0@shop.example", "private-shop", "good", base64.b64encode(b"key:secret").decode()):
            assert private not in output, process.name
