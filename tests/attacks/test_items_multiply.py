"""Attack: two mappings of one event to one TikTok event, and a TikTok that refuses some of what comes of it."""

import json
from typing import Any

import httpx
from support.attack import Attack, Start
from support.events import batch, purchase

EVENTS, REFUSED = 60, 6
CONNECTIONS = """
connections:
  - id: shop
    inputs: [web]
    access_token: "${TOKEN}"
    event_source_id: CUSG5HBC77UD11VVRQEG
    enable_web_migration: true
    max_events_per_request: MOST
    custom_mappings:
      - {tiktok_event: Contact, match: {action: purchase}, parameters: {description: {static: first}}}
      - {tiktok_event: Contact, match: {action: purchase}, parameters: {description: {static: second}}}
"""


def test_a_refused_event_of_two_equal_items_does_not_multiply(attacked: Start) -> None:
    """Every event becomes two items and no more: each is delivered or one dead letter, and the lanes are empty."""
    with attacked(connections=CONNECTIONS.replace("MOST", "50")) as relay:
        _attack(relay)


def test_nor_is_a_good_one_sent_for_ever_with_one_event_a_request(attacked: Start) -> None:
    """Each request carries one item, and each item is sent once."""
    with attacked(connections=CONNECTIONS.replace("MOST", "1")) as relay:
        _attack(relay)


def _attack(relay: Attack) -> None:
    bad = [f"bad-{number}" for number in range(REFUSED)]
    relay.sandbox.fault("refuse_event", event_id=bad)
    good = [purchase(number, source_message_id=f"good-{number}") for number in range(EVENTS - REFUSED)]
    events = [*good, *(purchase(number, source_message_id=event_id) for number, event_id in enumerate(bad))]
    answer = httpx.post(f"{relay.url}/v2/events", json=batch(*events), auth=("key", "secret"), trust_env=False)
    assert answer.status_code == 202, answer.text
    relay.wait_for(lambda: _ended(relay) >= 2 * EVENTS or _ledger(relay)["waiting"] > 3 * EVENTS, "the end", 120)
    ledger = _ledger(relay)
    times = [number for (_, name, _), number in relay.sandbox.ids().items() if name == "Contact"]
    relay.figure("events, refused", f"{EVENTS}, {REFUSED}")
    relay.figure(
        "items, waiting, dead letters", f"{EVENTS + ledger['extra']}, {ledger['waiting']}, {ledger['dead_letters']}"
    )
    relay.figure("requests", relay.sandbox.summary()["requests"])
    assert (ledger["accepted"], ledger["extra"], ledger["waiting"]) == (EVENTS, EVENTS, 0)
    assert (ledger["delivered"], ledger["dead_lettered"]) == (2 * (EVENTS - REFUSED), 2 * REFUSED)
    assert times == [2] * (EVENTS - REFUSED)


def _ended(relay: Attack) -> int:
    ledger = _ledger(relay)
    return int(ledger["delivered"] + ledger["dead_lettered"])


def _ledger(relay: Attack) -> dict[str, Any]:
    status = json.loads(relay.relay("status", "--json").stdout)
    [ledger] = [connection for connection in status["connections"] if connection["id"] == "shop"]
    return dict(ledger)
