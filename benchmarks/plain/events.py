"""Map a web batch's commerce events to TikTok's Events API 2.0: pydantic in, dicts out."""

import hashlib
import re
import unicodedata
from typing import Any

import phonenumbers
from pydantic import BaseModel, Field

NAMES = {
    "view_detail": "ViewContent",
    "add_to_cart": "AddToCart",
    "add_to_wishlist": "AddToWishlist",
    "checkout": "InitiateCheckout",
    "purchase": "PlaceAnOrder",
}


class Product(BaseModel):
    id: str
    name: str
    category: str
    price: float
    quantity: int


class ProductAction(BaseModel):
    action: str
    total_amount: float
    products: list[Product]


class Data(BaseModel):
    source_message_id: str
    timestamp_unixtime_ms: int
    currency_code: str
    custom_flags: dict[str, str]
    product_action: ProductAction


class Event(BaseModel):
    event_type: str
    data: Data


class Batch(BaseModel):
    ip: str
    events: list[Event]
    user_identities: dict[str, str]
    user_attributes: dict[str, str]
    partner_identities: dict[str, str]
    application_info: dict[str, str]
    device_info: dict[str, Any] = Field(default_factory=dict)


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def plain_name(text: str) -> str:
    return re.sub(r"[\W_]", "", text.lower())


def plain_place(text: str) -> str:
    bare = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    return re.sub(r"[\W_]", "", bare)


def plain_phone(text: str) -> str:
    return phonenumbers.format_number(phonenumbers.parse(text), phonenumbers.PhoneNumberFormat.E164)


def tiktok_events(batch: Batch) -> list[dict[str, Any]]:
    return [tiktok_event(batch, event.data) for event in batch.events if event.data.product_action.action in NAMES]


def tiktok_event(batch: Batch, data: Data) -> dict[str, Any]:
    action, identities, attributes = data.product_action, batch.user_identities, batch.user_attributes
    event: dict[str, Any] = {
        "event": NAMES[action.action],
        "event_id": data.source_message_id,
        "event_time": data.timestamp_unixtime_ms // 1000,
        "page": {"url": data.custom_flags["TikTok.URL"], "referrer": data.custom_flags["TikTok.Referrer"]},
        "user": {
            "ip": batch.ip,
            "user_agent": batch.device_info["http_header_user_agent"],
            "email": [digest(identities["email"].strip().lower())],
            "external_id": [digest(identities["customer_id"].strip())],
            "phone": [digest(plain_phone(identities["mobile_number"]))],
            "ttp": batch.partner_identities["tiktok_cookie_id"],
            "first_name": digest(plain_name(attributes["$FirstName"])),
            "last_name": digest(plain_name(attributes["$LastName"])),
            "city": plain_place(attributes["$City"]),
            "state": plain_place(attributes["$State"]),
            "country": attributes["$Country"].lower(),
            "zip_code": digest(attributes["$Zip"]),
        },
        "app": {
            "app_id": batch.application_info["package"],
            "app_name": batch.application_info["application_name"],
            "app_version": batch.application_info["application_version"],
        },
        "ad": {"campaign_id": attributes["campaignId"], "ad_id": attributes["adId"]},
        "properties": {
            "currency": data.currency_code,
            "value": action.total_amount,
            "content_type": "product",
            "contents": [
                {
                    "price": product.price,
                    "quantity": product.quantity,
                    "content_id": product.id,
                    "content_category": product.category,
                    "content_name": product.name,
                }
                for product in action.products
            ],
            "content_ids": list(dict.fromkeys(product.id for product in action.products)),
        },
    }
    if "TikTok.Callback" in data.custom_flags:
        event["user"]["ttclid"] = data.custom_flags["TikTok.Callback"]
    return event
