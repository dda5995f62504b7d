"""Generate batches from a seed: most values are as nearly all senders write them, some as few do, some are absent."""

import json
from collections.abc import Iterator
from random import Random
from typing import Any, Final

NOW_MS: Final = 1_700_000_000_000

Json = dict[str, Any]

_HASH = "b94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9"
_ODD: Final[list[Any]] = [
    *(None, "", " ", "null", "undefined", "NULL", "Nan", "NA", "n/a", "xx", "guest", "(not set)", "0", "-1", "00000"),
    *(
        "a" * 64,
        _HASH,
        _HASH.upper(),
        "a\u200b",
        "\u212aarl",
        "José",
        "Zoë O'Neil",
        "東京",
        "São Paulo",
        " Berlin ",
        "x" * 300,
    ),
    *(True, False, 5, 5.5, 5.0, 2**60, -1, 0, 1e300, [], ["a", "a"], [None, "b"], {}, {"a": 1}, [["x"]], 'q"uo\\te'),
    *("a@b..example", "a@b", "a@b.example, c@d.example", "Ａ@b.example", "+0123456789", "+44 (0)20 7946 0958", "usd"),
    *("020 7946 0958", "(213) 373-4253", "15551234567", "10.0.0.1", "8.8.8.256", "::1", "2001:db8::1", "1e5", "19.99"),
    *("https://a b", "HTTPS://A.example", "http:///", "E.C.P.", "E.C.P.a b", "yes", "purchase", "Purchase", "a\nb"),
]
_FIRST = ("Ana", "Ben", "Chloé", "DAVID", "Elif", "finn", "Jean-Luc", "O'Neil", "Nan", "Null", "Guest", "True", "李")
_CITIES = ("Berlin", "New York", "São Paulo", "Leeds", "Naples", "St. Louis", "München", "none")
_STATES = ("BE", "NY", "SP", "England", "NA", "nan", "Île-de-France")
_COUNTRIES = ("DE", "us", "Brazil", "GB", "NA", "XX", "T1", "Deutschland", "united kingdom")
_PHONES = ("+12125279348", "+1 (212) 527-9348", "+4915123456789", "0044 20 7946 0958", "2125279348", "+390669821234")
_ACTIONS = ("purchase", "add_to_cart", "view_detail", "checkout", "PURCHASE", "add_to_wish_list", "refund")

_KINDS = ("custom_event", "Commerce_Event", "session_start")


def odd_batches(count: int, seed: int = 1) -> Iterator[bytes]:
    """Yield `count` batches as JSON. The same arguments give the same bytes."""
    random = Random(seed)
    for number in range(count):
        yield json.dumps(_batch(random, number), ensure_ascii=random.random() < 0.2).encode()


def _some(random: Random, usual: Json) -> Json:
    """Return these fields, some without a value, some with an odd one; in any order."""
    found: Json = {}
    for name, value in usual.items():
        chance = random.random()
        if chance < 0.05:
            continue
        found[name] = random.choice(_ODD) if chance < 0.12 else value
    if random.random() < 0.1:
        names = [*found]
        random.shuffle(names)
        return {name: found[name] for name in names}
    return found


def _batch(random: Random, number: int) -> Json:
    identities = _some(
        random,
        {"email": f"Person{number}@Example.com", "customer_id": f"C-{number}", "mobile_number": random.choice(_PHONES)},
    )
    spelt = random.random() < 0.15
    attributes = {
        name.upper() if spelt and random.random() < 0.5 else name: value for name, value in _attributes(random).items()
    }
    batch = {
        "environment": "production" if random.random() < 0.9 else random.choice(("Production", "development")),
        "mpid": random.getrandbits(62),
        "mp_deviceid": f"{random.getrandbits(64):x}",
        "ip": f"{random.randrange(256)}.{random.randrange(256)}.{random.randrange(256)}.7",
        "user_identities": identities,
        "user_attributes": attributes,
        "partner_identities": _some(random, {"tiktok_cookie_id": f"VDDUCB7GNSYOJMVT{number}"}),
        "device_info": _some(random, _device(random)),
        "application_info": _some(
            random, {"package": "com.example.shop", "application_name": "Shop", "application_version": "7.1"}
        ),
        "consent_state": {"ccpa": {"data_sale_opt_out": _some(random, {"consented": random.random() < 0.5})}},
        "timestamp_unixtime_ms": NOW_MS,
        "unknown_member": number,
    }
    if random.random() < 0.05:
        batch[random.choice([*batch])] = random.choice(_ODD)
    if random.random() < 0.1:
        batch["user_identities"] = [{"identity_type": name, "identity": value} for name, value in identities.items()]
    return {**batch, "events": [_event(random) for _ in range(random.choice((0, 1, 1, 2, 3)))]}


def _attributes(random: Random) -> Json:
    return _some(
        random,
        {
            "$FirstName": random.choice(_FIRST),
            "$LastName": random.choice(_FIRST),
            "$City": random.choice(_CITIES),
            "$State": random.choice(_STATES),
            "$Country": random.choice(_COUNTRIES),
            "$Zip": random.choice(("10115", "SW1A 1AA", "10001-1234", "01234", "00000")),
            "$Gender": "F",
            "campaignId": str(random.randrange(10**15, 10**16)),
            "adId": random.randrange(10**9),
            "isRetargeting": random.choice(("yes", True, "0", "maybe")),
            "attributed": random.choice((True, "false")),
            "attributionType": "click",
            "loyalty_tier": "gold",
        },
    )


def _device(random: Random) -> Json:
    return {
        "platform": random.choice(("web", "iOS", "Android")),
        "http_header_user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)",
        "ios_advertising_id": "1F8B3C9A-5D0E-4B6C-8F9A-2D7C1E3F5A6B",
        "android_advertising_id": random.choice((None, "1f8b3c9a-5d0e-4b6c-8f9a-2d7c1e3f5a6b")),
        "att_authorization_status": random.choice(("authorized", "denied", "unknown")),
        "limit_ad_tracking": random.choice((False, True, None)),
        "os_version": "18.1",
        "locale_language": "en",
        "locale_country": "US",
    }


def _event(random: Random) -> Json:
    flags = _some(
        random,
        {
            "TikTok.URL": "https://shop.example/cart?a=ü",
            "TikTok.Referrer": "https://a.example",
            "TikTok.Callback": "E.C.P.x1",
        },
    )
    if random.random() < 0.1:
        flags = {name.lower(): value for name, value in flags.items()}
    action = _some(random, {"action": random.choice(_ACTIONS), "total_amount": 19.99, "transaction_id": "T-1"})
    products = [_some(random, _product(random)) for _ in range(random.choice((0, 1, 3)))]
    data = _some(
        random,
        {
            "source_message_id": f"{random.getrandbits(128):032x}",
            "event_id": random.getrandbits(63),
            "timestamp_unixtime_ms": NOW_MS - random.randrange(10**9),
            "currency_code": "EUR",
            "event_name": "Site Search",
            "page_url": "https://shop.example/?ttclid=E.C.P.abc",
            "custom_attributes": {
                "term": random.choice(("shoes", "", 5, None)),
                "lead_id": random.choice((None, "L-1", 7)),
            },
        },
    )
    data |= {"custom_flags": flags, "product_action": action | {"products": products}}
    if random.random() < 0.03:
        data[random.choice([*data])] = random.choice(_ODD)
    kind = "commerce_event" if random.random() < 0.8 else random.choice(_KINDS)
    return {"event_type": kind, "data": data}


def _product(random: Random) -> Json:
    return {
        "id": random.choice(("SKU-1", 55, "a" * 40)),
        "name": random.choice(("Rain Jacket", 'Trail "Map"', "Schuhe für Läufer")),
        "category": "Shoes/Running",
        "brand": "Alder",
        "price": random.choice((19.99, "19.99", 20, "1,99")) if random.random() < 0.3 else 5.5,
        "quantity": random.choice((1, "2", 3.0, 2.5)),
    }
