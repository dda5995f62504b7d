"""Source events that tests send: valid for the sandbox, of invented people."""

import json
from typing import Any

NOW_MS = 1_795_000_000_000


def purchase(number: int, **data: Any) -> dict[str, Any]:
    """Return a web purchase with the id `e<number>`; keyword arguments replace members of its data."""
    return {
        "event_type": "commerce_event",
        "data": {
            "source_message_id": f"e{number}",
            "timestamp_unixtime_ms": NOW_MS + number,
            "currency_code": "USD",
            "product_action": {
                "action": "purchase",
                "total_amount": 20 + number,
                "products": [
                    {"id": f"sku-{number}", "name": "Shoe", "category": "apparel", "price": 10, "quantity": 2}
                ],
            },
            "custom_flags": {"TikTok.URL": "https://shop.example/thanks"},
            **data,
        },
    }


def batch(*events: Any, user: int = 0) -> dict[str, Any]:
    """Return a batch of events of one user."""
    return {
        "events": list(events),
        "environment": "production",
        "user_identities": {"email": f"user{user}@shop.example", "customer_id": f"c-{user}"},
        "device_info": {"http_header_user_agent": "Mozilla/5.0"},
        "ip": "203.0.113.7",
    }


def as_json(value: Any) -> bytes:
    """Return the JSON of a value."""
    return json.dumps(value).encode()
