"""A relay with the events of two weeks: connections in every state, events with every outcome, all of them invented.

A site release three days ago dropped the country code of phone numbers.
"""

import asyncio
import random
import time
from collections.abc import Iterable
from typing import Any

from support.events import as_json, batch
from support.plant import Plant

from lanes.appends.arrivals import Append, Arrival, Share
from lanes.chunk import Batch, Chunk, ChunkCodec, Entry
from store.client import connect_async

PASSWORD = "correct horse battery staple"
DAY_MS = 86_400_000
CONFIGURATION = """
inputs:
  - {id: web, platform: web, api_key: web-key, api_secret: web-secret}
  - {id: ios, platform: ios, api_key: ios-key, api_secret: ios-secret}
connections:
  - id: shop-web
    inputs: [web]
    access_token: ${TOKEN}
    event_source_id: CUSG5HBC77UD11VVRQEG
    enable_web_migration: true
    test_event_code: TEST48211
    custom_mappings:
      - tiktok_event: CompletePayment
        match: {event_type: commerce_event, action: purchase}
        parameters: {value: {field: total_amount, type: number, required: true}, currency: {field: currency_code}}
      - tiktok_event: Search
        match: {event_type: custom_event, name: Site Search}
        parameters: {query: {attribute: term, required: true}}
  - {id: shop-app, inputs: [ios], access_token: "${TOKEN}", event_source_id: "7000000000000000001"}
  - {id: outlet, inputs: [web], access_token: an-old-token, event_source_id: COUTLET77, enable_web_migration: true}
"""
GOOD, BARE, BAD_CLICK = (
    {"TikTok.URL": "https://shop.example/thanks"},
    {"TikTok.URL": "shop.example/thanks"},
    {"TikTok.URL": "https://shop.example/", "TikTok.Callback": "__CALLBACK_PARAM__"},
)


def shop_event(number: int, chance: random.Random) -> dict[str, Any]:
    """Return an event of a shopper: mostly a view, sometimes a purchase, now and then with an error in it."""
    kind = chance.choices(["view_detail", "add_to_cart", "purchase", "search", "screen"], [50, 22, 14, 8, 6])[0]
    if kind == "screen":
        return {"event_type": "screen_view", "data": {"source_message_id": f"screen-{number}", "screen_name": "Home"}}
    if kind == "search":
        attributes = {"term": "rain boots"} if chance.random() < 0.9 else {}
        data = {"event_name": "Site Search", "source_message_id": f"search-{number}", "custom_attributes": attributes}
        return {"event_type": "custom_event", "data": {**data, "custom_flags": GOOD}}
    action = {"action": kind, "products": [{"id": "sku-7", "name": "Rain boots", "price": 64.5, "quantity": 1}]}
    if kind == "purchase":
        action["total_amount"] = 64.5 if chance.random() < 0.97 else "64,50"
    data = {"source_message_id": f"order-{number}", "currency_code": "USD", "product_action": action}
    flags = chance.choices([GOOD, BARE, BAD_CLICK], [95, 3, 2])[0]
    return {"event_type": "commerce_event", "data": {**data, "custom_flags": flags}}


def app_event(number: int, chance: random.Random) -> dict[str, Any]:
    """Return an event of an app user."""
    action = {"action": chance.choice(["view_detail", "add_to_wishlist", "purchase"]), "total_amount": 12}
    return {
        "event_type": "commerce_event",
        "data": {"source_message_id": f"app-{number}", "currency_code": "GBP", "product_action": action},
    }


def live_two_weeks(plant: Plant, busy: float = 1.0) -> None:
    """Append the events of two weeks, as if they had been received on those days."""
    asyncio.run(_live(plant, busy))


async def _live(plant: Plant, busy: float) -> None:
    chance = random.Random(7)
    client = connect_async(plant.redis_url)
    append, codec, number = Append(client), ChunkCodec(), 0
    for days_ago in range(13, -1, -1):
        weekend = 1.4 if days_ago % 7 in (1, 2) else 1.0
        received_ms = time.time_ns() // 1_000_000 - days_ago * DAY_MS
        for _ in range(int(12 * busy * weekend * chance.uniform(0.7, 1.2))):
            events = [shop_event(number + n, chance) for n in range(40)]
            number += len(events)
            await append.append([_arrival("web", ("shop-web", "outlet"), events, received_ms, codec)])
        events = [app_event(number + n, chance) for n in range(int(50 * busy))]
        number += len(events)
        await append.append(
            [_arrival("ios", ("shop-app",), events, time.time_ns() // 1_000_000 - days_ago * DAY_MS, codec)]
        )
    await client.aclose()


def _arrival(
    name: str, connections: Iterable[str], events: list[dict[str, Any]], received_ms: int, codec: ChunkCodec
) -> Arrival:
    sent = batch(user=1)
    old = time.time_ns() // 1_000_000 - received_ms > 3.5 * DAY_MS
    sent["user_identities"]["mobile_number"] = "+491715550100" if old else "0171 5550100"
    shared = as_json({key: value for key, value in sent.items() if key != "events"})
    entries = [Entry(position, f"generated-{position}", as_json(event)) for position, event in enumerate(events)]
    chunk = codec.encode(Chunk(name, received_ms, [Batch(shared, entries)]))
    return Arrival(name, len(events), 0, {connection: Share(len(events), chunk=chunk) for connection in connections})
