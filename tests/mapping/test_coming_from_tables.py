"""The tables of docs/coming-from.md for Segment and RudderStack, line by line: what each says is sent."""

import hashlib
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from config.additional_fields import FIELD_SETS
from config.model import CustomMapping, Match, Parameter
from tests.mapping.conftest import Bench, value_at

Json = dict[str, Any]

DOCUMENT = Path(__file__).parents[2] / "docs" / "coming-from.md"
SEARCH: Json = {
    "event_type": "custom_event",
    "data": {
        "event_name": "Products Searched",
        "custom_attributes": {"query": "shoes"},
        "custom_flags": {"TikTok.URL": "https://shop.example"},
    },
}
PAID: Json = {"native_events": {"purchase": "CompletePayment"}}


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


NOTHING: Json = {}


class Line(NamedTuple):
    """What is in the event and in the batch, the connection's settings, and what TikTok gets then."""

    sent: Json
    data: Json = NOTHING
    batch: Json = NOTHING
    settings: Json = NOTHING
    route: str = "web"
    event: Json | None = None


def action(name: str, event: str) -> Line:
    return Line({"event": event}, {"product_action": {"action": name}})


SEGMENT: dict[str, tuple[Line, ...]] = {
    "`messageId`": (Line({"event_id": "m-7"}, {"source_message_id": "m-7"}),),
    "`timestamp`": (Line({"event_time": 1_699_999_000}, {"timestamp_unixtime_ms": 1_699_999_000_123}),),
    "`userId`, else `anonymousId`": (
        Line({"user.external_id[0]": sha256("User-1")}, batch={"user_identities": {"customer_id": "User-1"}}),
    ),
    "`properties.email` or `traits.email`, `phone`": (
        Line(
            {"user.email[0]": sha256("jane@shop.example"), "user.phone[0]": sha256("+491705550101")},
            batch={"user_identities": {"email": "Jane@shop.example", "mobile_number": "+49 170 5550101"}},
        ),
        Line(
            {"user.email[0]": sha256("jane@shop.example")},
            batch={"user_identities": {"email": sha256("jane@shop.example")}},
        ),
    ),
    "`traits.firstName`, `lastName`, `address.city`, …": (
        Line(
            {
                "user.first_name": sha256("jane"),
                "user.last_name": sha256("doe"),
                "user.city": "paris",
                "user.state": "idf",
                "user.zip_code": sha256("75001"),
                "user.country": "fr",
            },
            batch={
                "user_attributes": {
                    "$FirstName": "Jane",
                    "$LastName": "Doe",
                    "$City": "Paris",
                    "$State": "IDF",
                    "$Zip": "75001",
                    "$Country": "FR",
                }
            },
        ),
    ),
    "`context.ip`, `context.userAgent`": (
        Line(
            {"user.ip": "203.0.113.24", "user.user_agent": "Mozilla/5.0"},
            batch={"ip": "203.0.113.24", "device_info": {"http_header_user_agent": "Mozilla/5.0"}},
        ),
    ),
    "`context.page.url`, `.referrer`": (
        Line(
            {"page.url": "https://a.example/x", "page.referrer": "https://b.example/"},
            {"custom_flags": {"TikTok.URL": "https://a.example/x", "TikTok.Referrer": "https://b.example/"}},
        ),
    ),
    "`properties.ttclid`, `properties.ttp`": (
        Line(
            {"user.ttclid": "E.C.P.CtMBabcdef", "user.ttp": "ttp-cookie-1"},
            {"custom_flags": {"TikTok.Callback": "E.C.P.CtMBabcdef"}},
            {"partner_identities": {"tiktok_cookie_id": "ttp-cookie-1"}},
        ),
    ),
    "`properties.value`, else `revenue`; `currency`": (
        Line(
            {"properties.value": 39.8, "properties.currency": "EUR"},
            {"product_action": {"total_amount": 39.8}, "currency_code": "EUR"},
        ),
    ),
    "`properties.products[]`": (
        Line(
            {
                "properties.contents[0].content_id": "sku-1",
                "properties.contents[0].content_name": "Socks",
                "properties.contents[0].content_category": "Apparel",
                "properties.contents[0].price": 19.9,
                "properties.contents[0].quantity": 2,
            },
            {
                "product_action": {
                    "products": [{"id": "sku-1", "name": "Socks", "category": "Apparel", "price": 19.9, "quantity": 2}]
                }
            },
        ),
    ),
    "`Product Viewed`, `Product Added`, `Product Added to Wishlist`, `Checkout Started`": (
        action("view_detail", "ViewContent"),
        action("add_to_cart", "AddToCart"),
        action("add_to_wishlist", "AddToWishlist"),
        action("checkout", "InitiateCheckout"),
    ),
    "`Order Completed`": (Line({"event": "CompletePayment"}, settings=PAID),),
    "anything else (`Payment Info Entered`, `Products Searched`, `Signed Up`)": (
        Line(
            {"event": "Search", "properties.query": "shoes"},
            settings={
                "custom_mappings": (
                    CustomMapping(
                        "Search",
                        Match(event_type="custom_event", name="products searched"),
                        {"query": Parameter("attribute", "query")},
                    ),
                )
            },
            event=SEARCH,
        ),
    ),
    "`limited_data_use`": (
        Line(
            {"limited_data_use": True},
            batch={"consent_state": {"ccpa": {"data_sale_opt_out": {"consented": True}}}},
            settings={"ccpa_limited_data_use": True},
        ),
    ),
    "`travel_fields`, `vehicle_fields`": (
        Line(
            {"properties.city": "Paris"},
            {"custom_attributes": {"city": "Paris"}},
            settings={"also_send": FIELD_SETS["travel"]},
        ),
        Line(
            {"properties.preferred_price_range": [10000, 25000]},
            {"custom_attributes": {"preferred_price_range": "10000-25000"}},
            settings={"also_send": FIELD_SETS["vehicle"]},
        ),
    ),
    "`locale`, `num_items`, `shop_id`, `delivery_category`, `predicted_ltv`, brands": (
        Line(
            {"properties.shop_id": "s-1", "properties.order_id": "o-1"},
            {"custom_attributes": {"shop_id": "s-1"}, "product_action": {"transaction_id": "o-1"}},
            settings={"also_send": ("properties.shop_id",), "send_order_id": True},
        ),
    ),
    "Event Source *crm*, `lead_id`, `lead_event_source`": (
        Line(
            {"lead.lead_id": "123456789", "lead.lead_event_source": "HubSpot"},
            {"custom_attributes": {"lead_id": "123456789", "lead_event_source": "HubSpot"}},
            route="crm",
        ),
    ),
}
RUDDERSTACK: dict[str, tuple[Line, ...]] = {
    "`event_id`": (Line({"event_id": "e-1"}, {"source_message_id": "e-1"}),),
    "`order completed`": (Line({"event": "PlaceAnOrder"}), Line({"event": "CompletePayment"}, settings=PAID)),
    "phone numbers": (
        Line(
            {"user.phone[0]": sha256("+491705550101")}, batch={"user_identities": {"mobile_number": "+49 170-555 0101"}}
        ),
        Line({"user.phone[0]": sha256("+491705550101")}, batch={"user_identities": {"mobile_number": "+491705550101"}}),
    ),
    "`external_id`": (
        Line({"user.external_id[0]": sha256("Case-1")}, batch={"user_identities": {"customer_id": " Case-1 "}}),
    ),
    "zip codes, cities": (
        Line(
            {"user.zip_code": sha256("ec1a1bb"), "user.city": "newyork"},
            batch={"user_attributes": {"$Zip": "EC1A 1BB", "$City": "New York"}},
        ),
    ),
    "Events API 1.0 connections": (Line({"event": "PlaceAnOrder"}, route="legacy"),),
}


def rows_of(heading: str) -> list[str]:
    """Return the first cells of the table below a heading."""
    part = DOCUMENT.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| (.+?) \| .+ \|$", part, re.MULTILINE)


@pytest.mark.parametrize(("heading", "lines"), [("Segment", SEGMENT), ("RudderStack", RUDDERSTACK)])
def test_the_table_has_exactly_these_lines(heading: str, lines: dict[str, tuple[Line, ...]]) -> None:
    assert [row for row in rows_of(heading) if row != heading] == [*lines]


CASES = [
    pytest.param(line, id=f"{name} {number}")
    for table in (SEGMENT, RUDDERSTACK)
    for name, lines in table.items()
    for number, line in enumerate(lines)
]


@pytest.mark.parametrize("line", CASES)
def test_line(line: Line, bench: Bench) -> None:
    plan = bench.plan(line.route, **line.settings)
    body = bench.body(plan, line.event or bench.purchase(**line.data), **line.batch)
    assert {path: value_at(body, path) for path in line.sent} == line.sent
