"""Alerts of real workers: a token is refused, workers are killed and replaced, and one notice is sent."""

import time
from pathlib import Path

import httpx
from support.events import batch, purchase
from support.plant import Plant
from support.receiver import receiving
from support.waiting import until

CONFIGURATION = """
inputs:
  - {id: web, platform: web, api_key: key, api_secret: secret}
connections:
  - {id: shop, inputs: [web], access_token: revoked, event_source_id: PIXEL1, enable_web_migration: true}
"""


def test_three_workers_and_their_replacements_send_one_alert_for_a_pause(tmp_path: Path) -> None:
    """Which worker watches next does not matter: Redis holds what was sent."""
    with (
        receiving() as receiver,
        Plant(tmp_path, CONFIGURATION, ingests=1, environment={"RELAY_ALERT_WEBHOOK": receiver.url}) as plant,
        plant.client() as client,
    ):
        plant.wait_until_ready()
        url = f"{plant.ingest_urls[0]}/v2/events"
        httpx.post(url, json=batch(purchase(1)), auth=("key", "secret"), trust_env=False).raise_for_status()
        until(lambda: receiver.alerts == [("shop", "paused")])
        until(
            lambda: b'"unsent":[]' in (client.hget("alerts:notes", "shop") or b"")
        )  # else the notice would be sent again, as it should
        for worker in plant.workers:
            worker.kill()
        client.delete("alerts:leader")  # else it expires within 30 s
        plant.restart_the_dead()
        until(lambda: client.exists("alerts:leader"))
        note = client.hget("alerts:notes", "shop")
        time.sleep(3)  # two checks
        assert client.hget("alerts:notes", "shop") == note
        assert receiver.alerts == [("shop", "paused")]
        assert "alert_sent" in "".join(plant.log_of(f"worker-{n}") for n in range(3))
        assert not any(receiver.url in plant.log_of(process.name) for process in plant.processes)
