"""Settings in effect, from a waiting chunk to TikTok: what arrives, and how the ledger counts the rest."""

import asyncio
from typing import Any

import pytest
from support.bench import Bench
from support.events import as_json, batch, purchase

from lanes.appends.arrivals import Append, Arrival, Share
from lanes.chunk import Batch, Chunk, Entry
from store.client import connect_async

MIGRATED = "enable_web_migration: true"
NOW_MS = 1_795_000_000_000
PEER = "198.51.100.9"


@pytest.mark.parametrize(
    ("consent", "delivered", "withheld"),
    [({"gdpr": {"marketing": {"consented": True}}}, 1, 0), ({"gdpr": {}}, 0, 1), (None, 0, 1)],
    ids=["X2 consented", "X2 another purpose", "X2 nothing said"],
)
def test_an_event_without_consent_counts_as_withheld(bench: Bench, consent: Any, delivered: int, withheld: int) -> None:
    """Neither delivered nor a dead letter; the ledger balances."""
    bench.configure(MIGRATED, "gdpr_purpose: Marketing")
    bench.put([purchase(1)], shared={**batch(), "consent_state": consent})
    bench.drain()
    assert bench.count("delivered", "withheld", "dead_lettered", "waiting") == (delivered, withheld, 0, 0)
    assert len(bench.sandbox.events()) == delivered


def test_a_test_code_marks_requests_while_it_is_configured(bench: Bench) -> None:
    """X8: events before and after it are sent without it, in separate requests."""
    for lines in ((MIGRATED,), (MIGRATED, "test_event_code: TEST12345"), (MIGRATED,)):
        bench.configure(*lines)
        bench.put([purchase(len(bench.sandbox.events()) + 1)])
        bench.drain()
    codes = {event["event_id"]: event["test_event_code"] for event in bench.sandbox.events()}
    assert codes == {"e1": None, "e2": "TEST12345", "e3": None}


@pytest.mark.parametrize(("setting", "ip"), [("true", PEER), ("false", None)], ids=["I1 on", "I1 off"])
def test_the_senders_address_replaces_a_missing_one(bench: Bench, setting: str, ip: str | None) -> None:
    """I1: only if the connection says so when the event is mapped, whatever ingest stored."""
    bench.configure(MIGRATED, f"peer_ip_fallback: {setting}")
    asyncio.run(_put_from(bench, PEER))
    bench.drain()
    [event] = bench.sandbox.events()
    assert event["body"]["user"].get("ip") == ip


async def _put_from(bench: Bench, peer: str) -> None:
    """A batch without an address, as ingest keeps it."""
    shared = {name: value for name, value in batch().items() if name not in ("events", "ip")}
    chunk = Chunk("web", NOW_MS, [Batch(as_json(shared), [Entry(0, None, as_json(purchase(1)))])], peer_ip=peer)
    client = connect_async(bench.url)
    share = Share(1, chunk=bench.runtime.codec.encode(chunk))
    await Append(client, choose_lane=lambda: 0).append([Arrival("web", 1, 0, {"shop": share})])
    await client.aclose()


CRM = """
inputs:
  - {id: web, platform: feed, api_key: key, api_secret: secret}
connections:
  - id: shop
    inputs: [web]
    access_token: ${TOKEN}
    event_source_id: "7341234567890123456"
    event_source_type: crm
    lead_event_source: HubSpot
    also_send: [properties.status]
"""


def test_a_crm_event_arrives_with_its_lead_and_one_without_is_a_dead_letter(bench: Bench) -> None:
    """R8, L1, L2, A14: the stand-in TikTok takes what is sent."""
    bench.path.write_text(CRM)
    bench.reload()
    lead = {"lead_id": "7309-1", "status": "qualified"}
    bench.put([purchase(1, custom_attributes=lead), purchase(2)])
    bench.drain()
    assert bench.count("delivered", "dead_lettered", "waiting") == (1, 1, 0)
    (event,) = bench.sandbox.events()
    assert event["body"]["lead"] == {"lead_id": "7309-1", "lead_event_source": "HubSpot"}
    assert event["body"]["properties"]["status"] == "qualified"
    (dead_letter,) = bench.dead_letters()
    assert (dead_letter.reason, dead_letter.field) == ("missing_lead_id", "custom_attributes.lead_id")


def test_fields_on_request_arrive(bench: Bench) -> None:
    """A, T, V: the stand-in TikTok takes every one; the two that are on by default are there without asking."""
    bench.configure(
        MIGRATED, "also_send: [user.locale, travel, vehicle, properties.num_items, 'properties.contents[].brand']"
    )
    attributes = {"origin_airport": "TXL", "checkin_date": "2026-11-26", "mileage_value": 12000, "mileage_unit": "km"}
    action = {"action": "purchase", "products": [{"id": "a", "brand": "Acme", "quantity": 2}]}
    shared = {**batch(), "device_info": {"locale_language": "de", "locale_country": "AT"}}
    bench.put([purchase(1, custom_attributes=attributes, product_action=action)], shared=shared)
    bench.drain()
    (event,) = bench.sandbox.events()
    body = event["body"]
    assert body["user"]["locale"] == "de-AT"
    assert body["properties"] == {
        "currency": "USD",
        "checkin_date": "2026-11-26",
        "origin_airport": "TXL",
        "mileage": {"value": 12000, "unit": "KM"},
        "contents": [{"quantity": 2, "content_id": "a", "brand": "Acme"}],
        "content_type": "product",
        "content_ids": ["a"],
        "num_items": 2,
    }
