"""`omit`: its paths are those of the rows, an omitted field is sent on no route, and nothing else changes."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from config.additional_fields import ADDITIONAL_FIELDS
from config.model import CustomMapping, Match, Parameter
from config.reading.omitted_fields import FIELDS, REQUIRED, fields_of
from config.routes import RouteName
from mapping.profiles.values import Filling
from mapping.results import Mapped, Rejected
from mapping.tables import BRAND, COMMERCE, CONTENT_IDS, CONTENT_TYPE, NUM_ITEMS, OF_ATTRIBUTES, ORDER_ID, PARAMETERS
from mapping.tables import FIELDS as ROWS

Json = dict[str, Any]
ALL_ON: Json = {
    "send_content_ids": True,
    "send_search_string": True,
    "send_order_id": True,
    "ccpa_limited_data_use": True,
    "att_withholds_idfa": True,
    "also_send": frozenset(ADDITIONAL_FIELDS),
}
BATCH: Json = {
    "ip": "203.0.113.9",
    "device_info": {
        "http_header_user_agent": "Mozilla/5.0",
        "ios_advertising_id": "6D92078A-8246-4BA4-AE5B-76104861E7DC",
        "android_advertising_id": "7D92078A-8246-4BA4-AE5B-76104861E7DC",
        "att_authorization_status": "authorized",
    },
    "user_identities": {"email": "a@b.example", "customer_id": "c-1", "mobile_number": "+14155550100"},
    "user_attributes": {
        **{f"${name}": "Paris" for name in ("FirstName", "LastName", "City", "State", "Country", "Zip")},
        **dict.fromkeys(("campaignId", "adId", "creativeId", "isRetargeting", "attributed"), 1),
        **dict.fromkeys(("attributionType", "attributionProvider"), "x"),
    },
    "partner_identities": {"tiktok_cookie_id": "2F7h37YkS1j57AYSKTI7IHhJPYH"},
    "application_info": {"package": "com.shop", "application_name": "Shop", "application_version": "1"},
    "consent_state": {"ccpa": {"data_sale_opt_out": {"consented": True}}},
}
DATA: Json = {
    "currency_code": "EUR",
    "custom_flags": {
        "TikTok.URL": "https://shop.example/",
        "TikTok.Referrer": "https://search.example/",
        "TikTok.Callback": "E.C.P.abcdef",
    },
    "product_action": {
        "action": "purchase",
        "total_amount": 5,
        "transaction_id": "t-1",
        "products": [{"id": 1, "name": "n", "category": "c", "brand": "b", "price": 5, "quantity": 1}],
    },
    "custom_attributes": {
        "shop_id": "s",
        "status": "new",
        "predicted_ltv": 9,
        "city": "Paris",
        "vin": "v",
        "year": 1999,
    },
}
MADE_OF = {
    "properties.contents.content_id": "properties.content_ids",
    "properties.contents.quantity": "properties.num_items",
}
"""What is made of a field, and so goes with it."""
UNFILLED = {path.replace("[]", "") for path, field in ADDITIONAL_FIELDS.items()} - {
    *(
        "properties.shop_id",
        "properties.status",
        "properties.num_items",
        "properties.contents.brand",
        "properties.city",
    ),
    *("properties.predicted_ltv", "properties.vin", "properties.year", "ad.ad_id", "user.att_status"),
}
"""Additional fields that the events here do not fill."""
MAPPINGS = (
    CustomMapping(
        "Search",
        Match(action="add_to_cart"),
        {"query": Parameter("static", "shoes"), "description": Parameter("static", "a search")},
    ),
)


def leaves(document: Any, path: str = "") -> Iterator[str]:
    """Yield the paths of all values of a TikTok event, without `[]`."""
    match document:
        case dict():
            for key, value in document.items():
                yield from leaves(value, f"{path}.{key}" if path else key)
        case [dict(), *_]:
            for value in document:
                yield from leaves(value, path)
        case _:
            yield path


def sent(bench: Any, route: str, **settings: Any) -> list[Json]:
    """Return what a purchase and a mapped event become."""
    plan = bench.plan(route, custom_mappings=MAPPINGS, **{**ALL_ON, **settings})
    events = [bench.purchase(**DATA), bench.purchase(**{**DATA, "product_action": {"action": "add_to_cart"}})]
    results = bench.results(plan, {**BATCH, "events": events})
    return [json.loads(result.body) for of_event in results for result in of_event if isinstance(result, Mapped)]


def test_the_table_of_paths_is_that_of_the_rows() -> None:
    """Every field that the mapping sends can be named, on the routes that have it, and no other."""
    found: dict[str, set[RouteName]] = {}
    for row in (*ROWS, *COMMERCE, CONTENT_TYPE, CONTENT_IDS, ORDER_ID, BRAND, NUM_ITEMS, *OF_ATTRIBUTES):
        routes = {route for route in row.routes if route != "legacy" or row.legacy is not None}
        found.setdefault((row.track or "").replace("[]", ""), set()).update(routes)
    for parameter in PARAMETERS:
        found.setdefault(parameter.path.replace("[]", ""), set()).update(parameter.routes)
    assert {path: set(routes) for path, routes in FIELDS.items()} == found


@pytest.mark.parametrize("route", ["web", "app", "offline"])
@pytest.mark.parametrize("path", [path for path in FIELDS if path not in REQUIRED])
def test_an_omitted_field_is_not_sent_and_every_other_is(bench: Any, path: str, route: Any) -> None:
    whole = [{*leaves(body)} for body in sent(bench, route)]
    without = [{*leaves(body)} for body in sent(bench, route, omit=(path,))]
    gone = {path, MADE_OF.get(path, path)}
    assert without == [paths - gone for paths in whole]
    if route in FIELDS[path] and path not in UNFILLED:
        assert any(path in paths for paths in whole)


@pytest.mark.parametrize(
    ("path", "gone"),
    [
        ("user.ip", "context.ip"),
        ("user.email", "context.user.email"),
        ("page.referrer", "context.page.referrer"),
        ("user.ttclid", "context.ad.callback"),
        ("properties.content_type", "properties.contents.content_type"),
        ("properties.contents.price", "properties.contents.price"),
    ],
)
def test_on_legacy_the_field_of_the_same_meaning_goes(bench: Any, path: str, gone: str) -> None:
    whole, without = ({*leaves(sent(bench, "legacy", omit=omit)[0])} for omit in ((), (path,)))
    assert whole - without == {gone}


@pytest.mark.parametrize(("path", "number"), [("user", 14), ("ad", 7), ("properties.contents", 5), ("properties", 13)])
def test_the_path_of_an_object_omits_all_of_its_fields(bench: Any, path: str, number: int) -> None:
    assert len(fields_of(path)) >= number
    assert not any(leaf.startswith(f"{path}.") for body in sent(bench, "web", omit=(path,)) for leaf in leaves(body))


def test_an_omitted_value_makes_no_dead_letter(bench: Any) -> None:
    event = bench.purchase(custom_flags={"TikTok.Callback": "not a click id"})
    assert isinstance(bench.one(bench.plan(), event), Rejected)
    assert isinstance(bench.one(bench.plan(omit=("user.ttclid",)), event), Mapped)


def test_without_its_field_no_address_is_remembered_or_filled(bench: Any) -> None:
    plan = bench.plan(enrich_ip_address=True, peer_ip_fallback=True, omit=("user",))
    batch = {"ip": "203.0.113.9", "mpid": 7}
    assert plan.profile_observer.observe(json.dumps(batch).encode(), [], 0) is None
    [[result]] = bench.results(plan, {"events": [bench.purchase()]}, filling=Filling((("ip", "203.0.113.9"),)))
    assert b"203.0.113.9" not in result.body
    assert not plan.uses_peer_ip
