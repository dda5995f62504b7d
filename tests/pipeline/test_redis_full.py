"""At 100 % of maxmemory delivery continues and workers start, although Celery cannot write."""

import json
import signal
from pathlib import Path

import httpx
from support.events import batch, purchase
from support.plant import Plant
from support.waiting import until

from lanes.ledger import read_ledger
from lanes.names import LANES_PER_CONNECTION

CONFIGURATION = (
    "inputs:\n  - {id: web, platform: web, api_key: key, api_secret: secret}\nconnections:\n"
    "  - {id: shop, inputs: [web], access_token: good, event_source_id: CUSG5HBC77UD11VVRQEG, "
    "enable_web_migration: true}\n"
)


def post(plant: Plant, first: int, count: int) -> None:
    """Post this number of events, ten a batch. A refused batch is repeated: ingest reads memory once a second."""
    url = f"{plant.ingest_urls[0]}/v2/events"
    for start in range(first, first + count, 10):
        body = batch(*(purchase(number) for number in range(start, start + 10)))
        until(lambda body=body: httpx.post(url, json=body, auth=("key", "secret"), trust_env=False).is_success)  # type: ignore[misc]


def delivered(plant: Plant) -> int:
    """Return the number of delivered events; the ledger balances at every instant."""
    with plant.client() as client:
        [group] = read_ledger(client, ["shop"], []).connections
    assert group.balances
    return group.counts.get("delivered", 0)


def fill(plant: Plant) -> None:
    """Fill Redis beyond its maxmemory."""
    with plant.client() as client:
        client.set("ballast", b"x" * 8_000_000)
        client.config_set("maxmemory", 4_000_000)


def is_posting(plant: Plant) -> bool:
    """Return whether a request to TikTok has no answer yet."""
    with plant.client() as client:
        return any(client.hexists(f"lane:shop:{number}:meta", "posted") for number in range(LANES_PER_CONNECTION))


def jobs_of(plant: Plant, name: str) -> list[str | None]:
    """Return the job ids in a worker's log of ended jobs; None stands for a delivery without Celery."""
    lines = [json.loads(line) for line in plant.log_of(name).splitlines() if line.startswith("{")]
    return [line.get("job") for line in lines if line["event"] == "job_ended"]


def test_a_full_redis_is_drained_by_workers_that_run_and_by_workers_that_start(tmp_path: Path) -> None:
    """Without Celery while Redis is full, and through Celery again once it has room."""
    environment = {"RELAY_LOG_FORMAT": "json"}
    with Plant(tmp_path, CONFIGURATION, ingests=1, workers=0, environment=environment) as plant:
        plant.wait_until_ready()
        post(plant, 0, 200)
        fill(plant)
        plant.add_worker()  # it starts at maxmemory
        until(lambda: delivered(plant) == 200)
        assert set(jobs_of(plant, "worker-0")) == {None}
        assert '"redis_full"' in plant.log_of("worker-0")
        with plant.client() as client:
            client.config_set("maxmemory", "512mb")
        post(plant, 1_000, 100)
        until(lambda: delivered(plant) == 300)
        until(lambda: any(jobs_of(plant, "worker-0")))
        plant.sandbox.fault("http", status=503)
        post(plant, 2_000, 100)
        fill(plant)  # while it runs
        plant.sandbox.clear_faults()
        until(lambda: delivered(plant) == 400)
        arrived = {event["event_id"] for event in plant.sandbox.events()}
        assert len(arrived) == 400
        plant.workers[0].stop()
        assert plant.workers[0].wait() == 0


def test_on_sigterm_while_it_waits_for_room_a_worker_settles_first(tmp_path: Path) -> None:
    """What it had posted is settled, and not sent twice."""
    with Plant(tmp_path, CONFIGURATION, ingests=1, workers=0, environment={"RELAY_LOG_FORMAT": "json"}) as plant:
        plant.wait_until_ready()
        post(plant, 0, 10)
        fill(plant)
        plant.sandbox.fault("slow", seconds=3)
        plant.add_worker()
        until(lambda: is_posting(plant))
        plant.workers[0].signal(signal.SIGTERM)
        assert plant.workers[0].wait() == 0
        assert delivered(plant) == 10
