"""Measure what profiles add: the share of a generated month's purchases that carry each match key, without and with."""

import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from benchmarks.report.figures import figure
from benchmarks.report.result import Result
from benchmarks.support.bed import Bed
from config.model import Connection, Input
from config.profiles.record import profile_of
from ingest.redis.profiles import as_update, observe
from mapping.incoming.batch import split_batch
from mapping.match_keys import codes_of
from mapping.plan import Plan, compile_plan
from mapping.results import Mapped
from operations.profiles import recall_one
from store.client import connect
from store.records.profiles import ProfileCodec, ProfileStore

START_MS: Final = 1_795_000_000_000
DAY_MS: Final = 86_400_000
DAYS: Final = 30
VISITORS: Final = 2_000
FIELDS: Final = ("ttclid", "ttp", "email", "ip", "user_agent")
SHOWN: Final = ("ttclid", "ttp", "email")
AGENT: Final = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
NOTE: Final = (
    f"{DAYS} days: a third of the visitors click an ad first; nine of ten browsers have TikTok's cookie; four of ten "
    "tell their email on a page, half are signed in there; a quarter buys, most within three days of a visit; the "
    "server's purchase names the "
    "customer (and mpid in seven of ten), in three of ten an email, and neither click id nor cookie"
)


class Arrival(NamedTuple):
    """One batch of the month."""

    at_ms: int
    input: str
    batch: dict[str, Any]


def run(quick: bool) -> list[Result]:
    """Send a month of web sessions and of a server's purchases through observing, Redis and mapping."""
    arrivals = sorted(_month(VISITORS // (4 if quick else 1)), key=lambda arrival: arrival.at_ms)
    plans = {name: _plan(name) for name in ("web", "feed")}
    before, after = Counter[str](), Counter[str]()
    purchases = 0
    with Bed() as bed, connect(bed.redis_url) as client:
        store = ProfileStore(client, ProfileCodec(None), 64 << 20)
        for arrival in arrivals:
            split, plan = split_batch(json.dumps(arrival.batch).encode()), plans[arrival.input]
            store.remember([as_update(each) for each in observe([plan], [split], arrival.at_ms)], arrival.at_ms)
            if arrival.input == "feed":
                purchases += 1
                filling = recall_one(store, plan, split.shared, arrival.at_ms)
                for filled, counts in ((None, before), (filling, after)):
                    mapper = plan.batch(split.shared, arrival.at_ms, filling=filled)
                    [mapped] = mapper.map(bytes(split.events[0]), None)
                    counts.update(codes_of(mapped.match_keys) if isinstance(mapped, Mapped) else ())
    note = f"{purchases:,} purchases of {len(arrivals):,} batches in {NOTE}"
    return [
        figure("profiles", f"{code}, {when}", "%", [100 * counts[code] / purchases], better="more", note=note)
        for code in SHOWN
        for when, counts in (("without", before), ("with", after))
    ]


def _plan(name: str) -> Plan:
    connection = Connection(
        id="shop",
        inputs=("web", "feed"),
        access_token="token",
        event_source_id="PIXEL",
        enable_web_migration=True,
        event_source_type="web",
        profile=profile_of(FIELDS),
    )
    return compile_plan(connection, Input(name, "web" if name == "web" else "feed", "key", "secret"))


def _month(visitors: int) -> Iterator[Arrival]:
    rng = random.Random(18)
    for number in range(visitors):
        yield from _visitor(number, rng)


def _visitor(number: int, rng: random.Random) -> Iterator[Arrival]:
    """Yield a visitor's sessions, and perhaps the purchase that the server reports."""
    mpid, customer = 10**18 + number, f"customer-{number}"
    cookie = f"cookie{number:021}" if rng.random() < 0.9 else None
    tells_email, is_known = rng.random() < 0.4, rng.random() < 0.5
    clicks = rng.random() < 1 / 3
    first_ms = START_MS + rng.randrange(DAYS * DAY_MS)
    at_ms = first_ms
    for session in range(rng.choice((1, 1, 1, 2, 2, 3, 5))):
        url = "https://shop.example/p" + (f"?ttclid=E.C.P.{number:030}" if clicks and not session else "")
        identities = {"customer_id": customer} if is_known else {}
        identities |= {"email": f"user{number}@shop.example"} if tells_email else {}
        user = {**_browser(mpid, number, cookie), "user_identities": identities}
        yield Arrival(at_ms, "web", {**user, **_page(url, at_ms)})
        at_ms += rng.randrange(DAY_MS // 24, 4 * DAY_MS)
    if rng.random() < 1 / 4:
        bought_ms = first_ms + round(rng.expovariate(1 / (3 * DAY_MS)))
        named = mpid if rng.random() < 0.7 else None
        yield Arrival(bought_ms, "feed", _purchase(number, customer, named, bought_ms, rng))


def _browser(mpid: int, number: int, cookie: str | None) -> dict[str, Any]:
    return {
        "mpid": mpid,
        "ip": f"203.0.{number % 250}.{number // 250 % 250 + 1}",
        "device_info": {"http_header_user_agent": AGENT},
        "partner_identities": {"tiktok_cookie_id": cookie},
    }


def _page(url: str, at_ms: int) -> dict[str, Any]:
    data = {"screen_name": "product", "page_url": url, "timestamp_unixtime_ms": at_ms}
    return {"events": [{"event_type": "screen_view", "data": data}]}


def _purchase(number: int, customer: str, mpid: int | None, at_ms: int, rng: random.Random) -> dict[str, Any]:
    email = {"email": f"user{number}@shop.example"} if rng.random() < 0.3 else {}
    data = {
        "source_message_id": f"order-{number}",
        "timestamp_unixtime_ms": at_ms,
        "currency_code": "EUR",
        "product_action": {"action": "purchase", "total_amount": 20},
        "custom_flags": {"TikTok.URL": "https://shop.example/thanks"},
    }
    events = [{"event_type": "commerce_event", "data": data}]
    return {"mpid": mpid, "user_identities": {"customer_id": customer, **email}, "events": events}
