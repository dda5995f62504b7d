"""Generate batches as mParticle's SDKs send them, from a seed: shoppers who view products, add to carts and buy."""

import json
from base64 import b32encode
from collections.abc import Sequence
from random import Random
from typing import Any, Final
from uuid import UUID

from config.model import Platform

USERS: Final = 100
PRODUCTS_AN_EVENT: Final = 3
NOW_MS: Final = 1_764_000_000_000

Json = dict[str, Any]

_ACTIONS = ("view_detail", "view_detail", "view_detail", "add_to_cart", "add_to_cart", "checkout", "purchase")
_FIRST = ("Ana", "Ben", "Chloé", "David", "Elif", "Finn", "Grace", "Hugo", "Ines", "Jonas")
_LAST = ("Andersson", "Brown", "Costa", "Dubois", "Evans", "Fischer", "García", "Haddad", "Ito", "O'Neil")
_CITIES = (("Berlin", "BE", "DE"), ("New York", "NY", "US"), ("São Paulo", "SP", "BR"), ("Leeds", "England", "GB"))
_THINGS = ("Running Shoes", "Rain Jacket", "Wool Socks", "Water Bottle", "Head Torch", "Climbing Rope", "Trail Map")
_BRANDS = ("Alder", "Birch", "Cedar")
_BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari"
_PHONE = "shop/7.12.0 (iPhone; iOS 18.1; Scale/3.00)"


def batches(
    count: int, events_a_batch: int, *, platform: Platform = "web", users: int = USERS, seed: int = 1
) -> list[bytes]:
    """Return `count` batches as JSON, each of one of `users`; with as many users as batches, each of another one.

    The same arguments give the same bytes.
    """
    random = Random(seed)
    people = [_person(random, number) for number in range(users)]
    return [
        json.dumps(_batch(random, person, events_a_batch, platform), ensure_ascii=False).encode()
        for person in (people if users == count else random.choices(people, k=count))
    ]


def bulk(several: Sequence[bytes]) -> bytes:
    """Return the body of one POST to /v2/bulkevents."""
    return b"[" + b",".join(several) + b"]"


def _person(random: Random, number: int) -> Json:
    """Return one user; every fifth has a phone number with spaces or punctuation."""
    first, last = random.choice(_FIRST), random.choice(_LAST)
    city, state, country = random.choice(_CITIES)
    digits = f"{random.randrange(10**6, 10**7)}"
    return {
        "mpid": random.getrandbits(62),
        "device": _uuid(random),
        "ip": f"{random.choice((81, 93, 145, 203))}.{random.randrange(256)}.{random.randrange(256)}.7",
        "email": f"{first}.{last}{number}@example.com".replace("'", ""),
        "customer_id": f"C-{random.randrange(10**7):07d}",
        "phone": f"+1 (212) {digits[:3]}-{digits[3:]}" if number % 5 == 0 else f"+1212{digits}",
        "cookie": b32encode(random.randbytes(16)).decode().rstrip("="),
        "attributes": {
            "$FirstName": first,
            "$LastName": last,
            "$City": city,
            "$State": state,
            "$Country": country,
            "$Zip": f"{random.randrange(10_000, 99_999)}",
            "$Gender": random.choice("FM"),
            "loyalty_tier": random.choice(("none", "silver", "gold")),
            "campaignId": str(random.randrange(10**15, 10**16)),
            "adId": str(random.randrange(10**15, 10**16)),
        },
    }


def _batch(random: Random, person: Json, events: int, platform: Platform) -> Json:
    return {
        "source_request_id": _uuid(random),
        "environment": "production",
        "schema_version": 2,
        "mpid": person["mpid"],
        "mp_deviceid": person["device"],
        "ip": person["ip"],
        "user_identities": {
            "email": person["email"],
            "customer_id": person["customer_id"],
            "mobile_number": person["phone"],
        },
        "user_attributes": person["attributes"],
        "partner_identities": {"tiktok_cookie_id": person["cookie"]},
        "device_info": _browser() if platform in ("web", "feed") else _telephone(person),
        "application_info": {
            "application_name": "Shop",
            "application_version": "7.12.0",
            "package": "com.example.shop",
            "os": "WebOS" if platform == "web" else "IOS",
        },
        "consent_state": {
            "gdpr": {"marketing": {"consented": True, "document": "terms_v4", "timestamp_unixtime_ms": NOW_MS - 10**9}}
        },
        "context": {"data_plan": {"plan_id": "shop_events", "plan_version": 3}},
        "events": [_event(random, platform) for _ in range(events)],
    }


def _browser() -> Json:
    return {
        "platform": "web",
        "http_header_user_agent": _BROWSER,
        "screen_width": 1920,
        "screen_height": 1080,
        "locale_language": "en",
        "device_timezone_offset": 1,
    }


def _telephone(person: Json) -> Json:
    return {
        "platform": "iOS",
        "http_header_user_agent": _PHONE,
        "ios_advertising_id": person["device"],
        "att_authorization_status": "authorized",
        "device_model": "iPhone16,1",
        "os_version": "18.1",
        "locale_language": "en",
        "locale_country": "US",
    }


def _event(random: Random, platform: Platform) -> Json:
    action = random.choice(_ACTIONS)
    products = [_product(random, position) for position in range(1, PRODUCTS_AN_EVENT + 1)]
    total = round(sum(product["total_product_amount"] for product in products), 2)
    flags = {"TikTok.Callback": f"E.C.P.{b32encode(random.randbytes(60)).decode()}"} if random.random() < 0.6 else {}
    if platform != "ios":
        slug = products[0]["name"].lower().replace(" ", "-")
        flags |= {"TikTok.URL": f"https://shop.example/{action}/{slug}?utm_source=tiktok&step=2"}
        flags |= {"TikTok.Referrer": "https://www.tiktok.com/"}
    return {
        "event_type": "commerce_event",
        "data": {
            "source_message_id": _uuid(random),
            "event_id": random.getrandbits(62),
            "session_uuid": _uuid(random),
            "session_id": random.getrandbits(62),
            "session_start_unixtime_ms": NOW_MS - 600_000,
            "timestamp_unixtime_ms": NOW_MS - random.randrange(600_000),
            "custom_attributes": {"section": random.choice(("shop", "sale")), "page": "3", "variant": "B"},
            "custom_flags": flags,
            "currency_code": random.choice(("USD", "EUR", "GBP")),
            "is_non_interactive": False,
            "product_action": {
                "action": action,
                "transaction_id": f"T-{random.randrange(10**9)}" if action == "purchase" else None,
                "affiliation": "web store",
                "total_amount": total,
                "tax_amount": round(total * 0.2, 2),
                "shipping_amount": 4.95,
                "products": products,
            },
        },
    }


def _product(random: Random, position: int) -> Json:
    """Return one product; a tenth of the prices are text, as the Python SDK writes its decimals."""
    price, quantity = round(random.uniform(3, 250), 2), random.randint(1, 3)
    return {
        "id": f"SKU-{random.randrange(10**6):06d}",
        "name": random.choice(_THINGS),
        "brand": random.choice(_BRANDS),
        "category": "Outdoor/Clothing",
        "variant": random.choice(("blue", "red", "M")),
        "position": position,
        "price": str(price) if random.random() < 0.1 else price,
        "quantity": quantity,
        "coupon_code": None,
        "added_to_cart_time_ms": NOW_MS - 300_000,
        "total_product_amount": round(price * quantity, 2),
    }


def _uuid(random: Random) -> str:
    return str(UUID(int=random.getrandbits(128), version=4))
