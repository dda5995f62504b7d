"""Send sample batches: one small mParticle batch every two seconds; every fifth has an invalid page address."""

import itertools
import os
import random
import sys
import time
from typing import Any, Final

import httpx

EVERY_S: Final = 2.0
BAD_EVERY: Final = 5
PRODUCTS: Final = (("boot-41", "Trail Boot", 89.9), ("tent-2", "Two-Person Tent", 249.0), ("mug-7", "Enamel Mug", 12.5))


def batch(number: int) -> dict[str, Any]:
    """Return a view and a purchase of one invented visitor, at the present time."""
    product_id, name, price = random.choice(PRODUCTS)  # noqa: S311 - which is bought is no secret
    product = {"id": product_id, "name": name, "price": price, "quantity": 1}
    url = "not an address" if number % BAD_EVERY == 0 else f"https://shop.example/p/{product_id}"
    return {
        "environment": "production",
        "ip": "203.0.113.24",
        "user_identities": {"email": f"visitor-{number}@shop.example", "customer_id": f"c-{number}"},
        "device_info": {"platform": "web", "http_header_user_agent": "Mozilla/5.0 (X11; Linux x86_64)"},
        "events": [
            commerce("view_detail", product, "https://shop.example/"),
            commerce("purchase", product, url),
        ],
    }


def commerce(action: str, product: dict[str, Any], url: str) -> dict[str, Any]:
    """Return one commerce event as an SDK would send it."""
    return {
        "event_type": "commerce_event",
        "data": {
            "timestamp_unixtime_ms": time.time_ns() // 1_000_000,
            "currency_code": "EUR",
            "product_action": {"action": action, "total_amount": product["price"], "products": [product]},
            "custom_flags": {"TikTok.URL": url},
        },
    }


def main() -> None:
    """Send to the ingest at the URL given until stopped; print the answer when it changes."""
    credentials = (os.environ["WEB_KEY"], os.environ["WEB_SECRET"])
    printed = None
    with httpx.Client(base_url=sys.argv[1], auth=credentials, trust_env=False, timeout=10.0) as client:
        for number in itertools.count(1):
            try:
                answer = f"answered {client.post('/v2/events', json=batch(number)).status_code}"
            except httpx.HTTPError as error:
                answer = f"no answer ({type(error).__name__}); retrying"
            if answer != printed:
                sys.stdout.write(f"{answer}\n")
                sys.stdout.flush()
                printed = answer
            time.sleep(EVERY_S)


if __name__ == "__main__":
    main()
