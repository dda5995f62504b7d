"""Rows M1–M5: which events a custom mapping takes, and what goes out for them (C10)."""

import json
from typing import Any

import pytest

from config.model import CustomMapping, Match, Parameter
from mapping.incoming.batch import head
from mapping.results import Mapped, Rejected, Unsupported

PURCHASE = {"event_type": "commerce_event", "data": {"product_action": {"action": "purchase"}}}
SEARCH = {
    "event_type": "custom_event",
    "data": {
        "event_name": "Site Search",
        "custom_event_type": "SEARCH",
        "custom_attributes": {"section": "Shop", "n": 5},
    },
}
WELCOME = {"event_type": "screen_view", "data": {"screen_name": "Welcome"}}


def event(kind: dict[str, Any], **data: Any) -> dict[str, Any]:
    own = {"source_message_id": "m", "custom_flags": {"TikTok.URL": "https://a.example"}}
    return {**kind, "data": {**own, **kind.get("data", {}), **data}}


def mapping(target: str, match: Match, **parameters: Parameter) -> CustomMapping:
    return CustomMapping(target, match, parameters)


def attributes(**conditions: str | tuple[str, ...]) -> dict[str, frozenset[str]]:
    return {name: frozenset(v if isinstance(v, tuple) else (v,)) for name, v in conditions.items()}


MATCHING = [
    ("M1", "by action", Match(action="purchase"), PURCHASE, True),
    ("M1", "by another action", Match(action="refund"), PURCHASE, False),
    ("M1", "a refund", Match(action="refund"),
     {"event_type": "commerce_event", "data": {"product_action": {"action": "refund"}}}, True),
    ("M1", "by commerce name", Match(name="ecommerce - purchase"), PURCHASE, True),
    ("M1", "by another commerce name", Match(name="ecommerce - refund"), PURCHASE, False),
    ("M1", "a promotion by name", Match(name="ecommerce - promotionview"),
     {"event_type": "commerce_event", "data": {"promotion_action": {"action": "VIEW"}}}, True),
    ("M1", "an impression by name", Match(name="ecommerce - impression"),
     {"event_type": "commerce_event", "data": {"product_impressions": [{"products": []}]}}, True),
    ("M1", "custom event by name", Match("custom_event", name="site search"), SEARCH, True),
    ("M5", "whatever the case of type and name", Match("custom_event", name="site search"),
     {"event_type": "CUSTOM_EVENT", "data": {"event_name": " SITE search "}}, True),
    ("M1", "name alone", Match(name="site search"), SEARCH, True),
    ("M1", "name of another type", Match("screen_view", name="site search"), SEARCH, False),
    ("M1", "screen by name", Match("screen_view", name="welcome"), WELCOME, True),
    ("M1", "a purchase made on that screen", Match(name="welcome"),
     {**PURCHASE, "data": {**PURCHASE["data"], "screen_name": "Welcome"}}, False),
    ("M1", "custom event type", Match(custom_event_type="search"), SEARCH, True),
    ("M1", "another custom event type", Match(custom_event_type="media"), SEARCH, False),
    ("M1", "custom event that does not say its type", Match(custom_event_type="other"),
     {"event_type": "custom_event", "data": {"event_name": "x"}}, True),
    ("M1", "all custom events", Match("custom_event"), SEARCH, True),
    ("M1", "neither commerce, custom nor screen", Match(),
     {"event_type": "session_start", "data": {"event_name": "x"}}, False),
    ("M1", "attribute", Match("custom_event", attributes=attributes(section="shop")), SEARCH, True),
    ("M5", "one of several values", Match(attributes=attributes(section=("sale", "shop"))), SEARCH, True),
    ("M1", "a number as attribute", Match("custom_event", attributes=attributes(n="5")), SEARCH, True),
    ("M1", "another value", Match("custom_event", attributes=attributes(section="sale")), SEARCH, False),
    ("M1", "both attributes", Match("custom_event", attributes=attributes(section="shop", n="6")), SEARCH, False),
    ("M1", "a missing attribute", Match("custom_event", attributes=attributes(other="x")), SEARCH, False),
    ("M1", "an attribute of an event without any", Match("screen_view", attributes=attributes(a="x")), WELCOME, False),
    ("M1", "attributes that are no object", Match("screen_view", attributes=attributes(a="x")),
     {"event_type": "screen_view", "data": {"screen_name": "Welcome", "custom_attributes": 5}}, False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("match", "kind", "takes"), [c[2:] for c in MATCHING], ids=[f"{c[0]} {c[1]}" for c in MATCHING]
)
def test_mapping_takes_the_events_it_describes(bench, match, kind, takes):
    """All that `match` says must hold; ingest's gate never turns away what a mapping takes."""
    plan = bench.plan(custom_mappings=(mapping("Contact", match),))
    result = bench.one(plan, event(kind))
    assert (isinstance(result, Mapped) and result.tiktok_event == "Contact") is takes
    if takes:
        assert bench.refused(plan, head(json.dumps(event(kind)).encode())) is None


def test_gate_turns_away_what_no_mapping_could_take(bench):
    """M1: only conditions on attributes are left for the worker."""
    plan = bench.plan(
        custom_mappings=(mapping("Contact", Match("custom_event", name="a", attributes=attributes(b="c"))),)
    )
    named, other = ({"event_type": "custom_event", "data": {"event_name": name}} for name in ("A", "B"))
    assert bench.refused(plan, head(json.dumps(named).encode())) is None
    assert bench.one(plan, named) == Unsupported("custom_event")
    assert isinstance(bench.refused(plan, head(json.dumps(other).encode())), Unsupported)


BY_ACTION, BY_NAME = Match(action="purchase"), Match(name="ecommerce - purchase")
OTHER = Match(action="purchase", attributes=attributes(a="b"))
TOGETHER = [
    ("M4 one mapping", [("CompletePayment", BY_ACTION)], ["CompletePayment"]),
    ("M4 two mappings", [("CompletePayment", BY_ACTION), ("Subscribe", BY_NAME)], ["CompletePayment", "Subscribe"]),
    ("M4 the same event twice", [("Contact", BY_ACTION), ("Contact", BY_NAME)], ["Contact", "Contact"]),
    ("M4 one of two matches", [("Contact", Match("custom_event")), ("Subscribe", BY_NAME)], ["Subscribe"]),
    ("M4 none matches", [("Contact", OTHER)], ["PlaceAnOrder"]),
    ("C10 none at all", [], ["PlaceAnOrder"]),
    ("C10 for another type", [("Contact", Match("custom_event"))], ["PlaceAnOrder"]),
]


@pytest.mark.parametrize(("mappings", "sent"), [case[1:] for case in TOGETHER], ids=[case[0] for case in TOGETHER])
def test_every_matching_mapping_sends_one_and_only_without_any_the_native_row(bench, mappings, sent):
    """M4: or users of value-based optimisation would count orders twice; all have the event's own id."""
    plan = bench.plan(custom_mappings=tuple(mapping(target, match) for target, match in mappings))
    [results] = bench.results(plan, {"events": [event(PURCHASE)]})
    assert [(result.tiktok_event, result.event_id) for result in results] == [(name, "m") for name in sent]


PRODUCTS = [{"id": 1, "name": "a", "price": "2.50", "quantity": 2, "brand": "x", "coupon_code": "c"}, {"id": "2"}]
ORDER = {
    "currency_code": "usd",
    "custom_attributes": {"term": "shoes", "price": "7.5", "flag": True, "list": ["a", "b"]},
    "product_action": {
        "action": "purchase",
        "total_amount": "59.97",
        "tax_amount": 1,
        "shipping_amount": "2",
        "transaction_id": 12,
        "coupon_code": "SALE",
        "affiliation": "store",
        "products": PRODUCTS,
    },
}
USER = {"plan": ["gold", "silver"], "$zip": "95110", "ltv": "not known"}
P = Parameter
PARAMETERS = [
    ("M2 event attribute", {"query": P("attribute", "term")}, {"query": "shoes"}),
    ("M2 attribute as number", {"value": P("attribute", "price")}, {"value": 7.5}),
    ("M2 truth value as text", {"description": P("attribute", "flag")}, {"description": "true"}),
    ("M2 first of a list", {"description": P("attribute", "list")}, {"description": "a"}),
    ("M2b names of attributes know their case", {"query": P("attribute", "TERM")}, None),
    ("M2 user attribute", {"description": P("user_attribute", "plan")}, {"description": "gold"}),
    ("M2 reserved user attribute", {"description": P("user_attribute", "$Zip")}, {"description": "95110"}),
    ("M2 bad user attribute omitted", {"value": P("user_attribute", "ltv")}, None),
    ("M2 bad user attribute defaulted", {"value": P("user_attribute", "ltv", default="3")}, {"value": 3}),
    ("M2 total", {"value": P("field", "total_amount", type="number")}, {"value": 59.97}),
    ("M2 tax", {"value": P("field", "tax_amount")}, {"value": 1}),
    ("M2 shipping", {"value": P("field", "shipping_amount")}, {"value": 2}),
    ("M2 currency", {"currency": P("field", "currency_code")}, {"currency": "USD"}),
    ("M2 transaction", {"description": P("field", "transaction_id")}, {"description": "12"}),
    ("M2 coupon", {"description": P("field", "coupon_code")}, {"description": "SALE"}),
    ("M2 affiliation", {"description": P("field", "affiliation")}, {"description": "store"}),
    ("M2 name", {"description": P("field", "event_name")}, {"description": "eCommerce - Purchase"}),
    ("M2 static", {"description": P("static", "web order")}, {"description": "web order"}),
    ("M2 static number", {"value": P("static", "9.99")}, {"value": 9.99}),
    ("M2 static currency", {"currency": P("static", "eur")}, {"currency": "EUR"}),
    ("M5 default", {"currency": P("attribute", "none", default="USD")}, {"currency": "USD"}),
    ("M5 default not needed", {"currency": P("field", "currency_code", default="EUR")}, {"currency": "USD"}),
    ("M5 optional and missing", {"value": P("attribute", "none")}, None),
    ("M2b product fields", {"content_id": P("product", "id"), "price": P("product", "price")},
     {"contents": [{"content_id": "1", "price": 2.5}, {"content_id": "2"}], "content_type": "product"}),
    ("M2 other product fields", {"content_id": P("product", "coupon_code"), "content_name": P("product", "brand"),
                              "content_category": P("product", "variant")},
     {"contents": [{"content_id": "c", "content_name": "x"}], "content_type": "product"}),
    ("M2 product field with a default", {"quantity": P("product", "position", default="1")},
     {"contents": [{"quantity": 1}, {"quantity": 1}], "content_type": "product"}),
    ("M2b products and others", {"content_id": P("product", "id"), "content_category": P("static", "all")},
     {"contents": [{"content_category": "all", "content_id": "1"}, {"content_category": "all", "content_id": "2"}],
      "content_type": "product"}),
    ("M2b contents of the event", {"content_id": P("attribute", "term"), "quantity": P("static", "1")},
     {"contents": [{"content_id": "shoes", "quantity": 1}], "content_type": "product"}),
    ("M2b nothing listed", {}, None),
]  # fmt: skip


@pytest.mark.parametrize(("parameters", "expected"), [case[1:] for case in PARAMETERS], ids=[c[0] for c in PARAMETERS])
def test_parameter_comes_from_where_the_mapping_says(bench, at, parameters, expected):
    """M2, M2b: the parameters listed are sent and no others; the native fields of the event are not."""
    mappings = (mapping("CompletePayment", Match(action="purchase"), **parameters),)
    plan = bench.plan(custom_mappings=mappings, send_content_ids=False, send_search_string=False)
    body = bench.body(plan, event({"event_type": "commerce_event"}, **ORDER), user_attributes=USER)
    assert at(body, "properties") == expected


def test_contents_of_mappings_have_the_legacy_form_too(bench, at):
    """P8 on legacy: the content type stands in each of the contents."""
    plan = bench.plan(
        "legacy", custom_mappings=(mapping("AddToCart", Match(action="purchase"), content_id=P("product", "id")),)
    )
    body = bench.body(plan, event({"event_type": "commerce_event"}, **ORDER))
    assert at(body, "properties") == {
        "contents": [{"content_id": "1", "content_type": "product"}, {"content_id": "2", "content_type": "product"}]
    }


def test_products_that_are_missing_leave_what_the_event_says(bench, at):
    """M2b: without products there is one content, of what does not come from products; with nothing at all, none."""
    category = {"content_id": P("product", "id"), "content_category": P("static", "all")}
    plan = bench.plan(custom_mappings=(mapping("AddToCart", Match(action="purchase"), **category),))
    assert at(bench.body(plan, event(PURCHASE)), "properties.contents") == [{"content_category": "all"}]
    plan = bench.plan(custom_mappings=(mapping("AddToCart", Match(action="purchase"), content_id=P("product", "id")),))
    assert at(bench.body(plan, event(PURCHASE)), "properties") is None


MISSING = [
    ("M5 attribute", {"query": P("attribute", "none", required=True)}, "query"),
    ("M5 blank attribute", {"query": P("attribute", "blank", required=True)}, "query"),
    ("M5 field", {"value": P("field", "total_amount", required=True)}, "value"),
    ("M5 user attribute", {"value": P("user_attribute", "none", required=True)}, "value"),
    ("M5 bad user attribute", {"value": P("user_attribute", "ltv", required=True)}, "value"),
    ("M5 product field", {"content_id": P("product", "id", required=True)}, "content_id"),
]  # fmt: skip


@pytest.mark.parametrize(("parameters", "name"), [case[1:] for case in MISSING], ids=[case[0] for case in MISSING])
def test_required_parameter_that_is_missing_is_a_dead_letter(bench, parameters, name):
    """M5: `missing_parameter`, with the parameter's name; the mapping's other events still go."""
    plan = bench.plan(
        custom_mappings=(
            mapping("CompletePayment", Match(action="purchase"), **parameters),
            mapping("Contact", Match("commerce_event")),
        )
    )
    batch = {"user_attributes": USER, "events": [event(PURCHASE, custom_attributes={"blank": " "})]}
    [[rejected, sent]] = bench.results(plan, batch)
    assert isinstance(rejected, Rejected)
    assert (rejected.reason, rejected.field, rejected.tiktok_event) == ("missing_parameter", name, "CompletePayment")
    assert sent.tiktok_event == "Contact"


def test_required_product_field_must_be_in_every_product(bench):
    """M5: one product without it is enough."""
    parameters = {"price": P("product", "price", required=True)}
    plan = bench.plan(custom_mappings=(mapping("CompletePayment", Match(action="purchase"), **parameters),))
    rejected = bench.rejected(plan, event({"event_type": "commerce_event"}, **ORDER))
    assert (rejected.reason, rejected.field) == ("missing_parameter", "price")


@pytest.mark.parametrize(
    ("parameters", "data", "field"),
    [
        ({"value": P("attribute", "a")}, {"custom_attributes": {"a": "ten"}}, "custom_attributes.a"),
        ({"currency": P("attribute", "a")}, {"custom_attributes": {"a": "dollars"}}, "custom_attributes.a"),
        ({"query": P("attribute", "a")}, {"custom_attributes": {"a": {}}}, "custom_attributes.a"),
        ({"price": P("product", "price")},
         {"product_action": {"action": "purchase", "products": [{"price": "x"}]}}, "products[0].price"),
    ],
    ids=["value", "currency", "query", "price"],
)  # fmt: skip
def test_value_of_the_wrong_kind_is_a_dead_letter(bench, parameters, data, field):
    """As in the rows P: what is present and of no use is said, by the name it came under."""
    plan = bench.plan(custom_mappings=(mapping("CompletePayment", Match(action="purchase"), **parameters),))
    rejected = bench.rejected(plan, event(PURCHASE, **data))
    assert (rejected.reason, rejected.field) == ("invalid_value", field)


def test_page_and_click_id_are_asked_of_mapped_events_too(bench):
    """E6, E8: a custom mapping changes what is sent, not what TikTok demands of every event."""
    plan = bench.plan(
        custom_mappings=(mapping("Contact", Match("custom_event")), mapping("Search", Match("custom_event")))
    )
    [results] = bench.results(plan, {"events": [event(SEARCH, custom_flags={})]})
    assert [(result.reason, result.tiktok_event) for result in results] == [
        ("missing_url", "Contact"),
        ("missing_url", "Search"),
    ]
