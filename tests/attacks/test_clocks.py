"""Attack: Redis's clock is 100 days ahead for 14 seconds, then an hour back for good."""

import time
from pathlib import Path

import httpx
import pytest
from support.attack import Attack, Start
from support.events import as_json, batch, purchase
from support.faketime import ABSENT, LIBRARY, ServerClock
from support.receiver import receiving

from lanes.daily_counts import read_days
from lanes.ledger import read_ledger

BAD = {"TikTok.URL": "www.no-scheme.example"}
CONNECTIONS = """
connections:
  - {id: shop, inputs: [web], access_token: "${TOKEN}", event_source_id: CUSG5HBC77UD11, enable_web_migration: true}
"""
AHEAD_FOR_S = 14.0


@pytest.mark.skipif(LIBRARY is None, reason=ABSENT)
def test_no_clock_removes_a_dead_letter_or_stops_a_lane(attacked: Start, tmp_path: Path) -> None:
    """Twenty dead letters and the ledger's day stay; events are delivered at any moment; an alert is sent."""
    clock = ServerClock(tmp_path)
    with receiving() as webhook:
        environment = {"RELAY_ALERT_WEBHOOK": webhook.url}
        with attacked(connections=CONNECTIONS, environment=environment, server_environment=clock.environment) as relay:
            today = int(time.time()) // 86_400
            post(relay, *(purchase(number, custom_flags=BAD) for number in range(20)))
            relay.wait_for(lambda: dead_letters(relay) == 20, "twenty dead letters")
            clock.set("+100d")
            seconds_ahead = seconds_to_deliver(relay, 100)
            time.sleep(AHEAD_FOR_S)  # the attack is on what runs automatically while the clock is wrong
            assert dead_letters(relay) == 20
            clock.set("-1h")
            seconds_back = [seconds_to_deliver(relay, number) for number in (200, 201, 202)]
            relay.wait_for(lambda: ("relay", "clocks_disagree") in alerts_in(webhook.taken), "an alert")
            with relay.client() as client:
                [counts] = read_days(client, "shop", [today])
                shop = read_ledger(client, ["shop"], []).connections[0]
            assert (dead_letters(relay), counts["accepted"], shop.balances) == (20, 24, True)
            relay.figure("dead letters before, after", "20, 20")
            relay.figure("s to TikTok, 100 d ahead", round(seconds_ahead, 2))
            relay.figure("s to TikTok, 1 h back, slowest", round(max(seconds_back), 2))
            clock.set("+0")


def post(relay: Attack, *events: object) -> None:
    """Post one batch, which must be accepted."""
    answer = httpx.post(f"{relay.url}/v2/events", content=as_json(batch(*events)), auth=("key", "secret"), timeout=10)
    assert answer.status_code == 202, answer.text


def dead_letters(relay: Attack) -> int:
    """Return how many dead letters are kept."""
    with relay.client() as client:
        return client.hlen("dead_letters:shop")


def seconds_to_deliver(relay: Attack, number: int) -> float:
    """Return the seconds until a purchase that is posted now is at TikTok."""
    began = time.monotonic()
    post(relay, purchase(number))
    relay.wait_for(lambda: any(key[2] == f"e{number}" for key in relay.sandbox.ids()), f"event {number} at TikTok", 60)
    return time.monotonic() - began


def alerts_in(taken: list[dict[str, dict[str, str]]]) -> set[tuple[str, str]]:
    """Return the alerts that the webhook received."""
    return {("relay", notice["relay"]["alert"]) for notice in taken}
