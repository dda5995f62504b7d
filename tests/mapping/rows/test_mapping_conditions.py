"""Conditions of custom mappings: which events they take (`match`), and which products they read (`products`)."""

from typing import Any

import pytest

from config.model import Condition, CustomMapping, Match, Parameter, Selection, Transform
from config.reading.conditions import CONDITION
from config.reading.yaml_tree import read
from mapping.results import Mapped, Rejected, Result, Unsupported

P = Parameter
BOUGHT = Match("commerce_event", action="purchase")
CUSTOM = "custom_event"


def event(kind: str, name: str, **data: Any) -> dict[str, Any]:
    own = {"source_message_id": "m", "custom_flags": {"TikTok.URL": "https://a.example"}}
    return {"event_type": kind, "data": {**own, "event_name": name, "screen_name": name, **data}}


def order(*products: Any, **data: Any) -> dict[str, Any]:
    return event("commerce_event", "", product_action={"action": "purchase", "products": list(products)}, **data)


def results(bench: Any, mappings: tuple[CustomMapping, ...], one: dict[str, Any], **more: Any) -> list[Result]:
    [found] = bench.results(bench.plan(custom_mappings=mappings), {"events": [one]}, **more)
    return list(found)


def when(text: str) -> Condition:
    """Return a condition as a file has it."""
    node, faults = read(text.encode())
    assert node is not None
    assert faults == []
    return CONDITION("only_if", node)


ONLY_IF = [
    ("{attribute: channel, in: [web, shop]}", True),
    ("{attribute: channel, is_not: web}", False),
    ("{field: total_amount, greater: 20}", True),
    ("{field: total_amount, less: 20}", False),
    ("{field: screen_name, starts_with: check}", True),
    ("{product: category, contains: hat}", True),
    ("{product_attribute: size, matches: '^x?l$'}", True),
    ("{promotion: name, exists: false}", True),
    ("{user_attribute: plan, is: GOLD}", True),
    ("{identity: customer_id, exists: true}", True),
    ("{identity: email, exists: true}", False),
    ("{batch: os, exists: true}", False),
    ("{gdpr_consent: ads, is: true}", True),
]
CHOOSY = order({"id": "a", "category": "Hats", "custom_attributes": {"size": "XL"}}, {"id": "b"},
               custom_attributes={"channel": "Web"}, screen_name="Checkout")  # fmt: skip
CHOOSY["data"]["product_action"]["total_amount"] = "59.97"
BATCH = {
    "user_attributes": {"plan": ["silver", "gold"]},
    "user_identities": {"customer_id": "c", "email": "undefined"},
    "consent_state": {"gdpr": {"ads": {"consented": True}}},
}


@pytest.mark.parametrize(("condition", "holds"), ONLY_IF)
@pytest.mark.parametrize("key", ["only_if", "never_if"])
def test_conditions_choose_events(bench: Any, condition: str, holds: bool, key: str) -> None:
    """`only_if` must hold, `never_if` must not; else the native event is sent."""
    match = Match(
        "commerce_event", **{key: (when("{field: action, is: purchase}"), when(condition))[key == "never_if" :]}
    )
    plan = bench.plan(custom_mappings=(CustomMapping("Contact", match),))
    [[result]] = bench.results(plan, {**BATCH, "events": [CHOOSY]})
    assert result.tiktok_event == ("Contact" if holds is (key == "only_if") else "PlaceAnOrder")


def test_attributes_are_a_short_form_of_conditions(bench: Any) -> None:
    """`attributes: {a: [b]}` is `only_if: [{attribute: a, in: [b]}]`: of a list, one entry is enough in both."""
    short = Match(attributes={"tag": frozenset({"b"})})
    long = Match(only_if=(when("{attribute: tag, in: [b]}"),))
    for tag in ("B", ["a", "b"], ["a"], None, "c", 5):
        taken = [
            results(bench, (CustomMapping("Contact", match),), event(CUSTOM, "x", custom_attributes={"tag": tag}))
            for match in (short, long)
        ]
        assert type(taken[0][0]) is type(taken[1][0]) is (Mapped if tag in ("B", ["a", "b"]) else Unsupported)


CHOICES = [
    ("by a field", Selection(only_if=(when("{product: category, is: hats}"),)), ["a", "c"]),
    ("by two conditions", Selection(only_if=(when("{product: category, is: hats}"), when("{product: price, less: 5}"))),
     ["c"]),
    ("by an attribute", Selection(only_if=(when("{product_attribute: size, in: [l, xl]}"),)), ["b"]),
    ("by what they are not", Selection(never_if=(when("{product: category, is: hats}"),)), ["b", "d"]),
    ("the first", Selection(take="first"), ["a"]),
    ("the last", Selection(take="last"), ["d"]),
    ("the last of those chosen", Selection((when("{product: category, is: hats}"),), take="last"), ["c"]),
    ("none", Selection(only_if=(when("{product: id, is: e}"),)), []),
]  # fmt: skip
SHELF = [
    {"id": "a", "category": "Hats", "price": 10},
    {"id": "b", "category": "Pens", "price": 1, "custom_attributes": {"size": "XL"}},
    None,
    {"id": "c", "category": "HATS", "price": "4.5"},
    {"id": "d"},
]


@pytest.mark.parametrize(("products", "ids"), [case[1:] for case in CHOICES], ids=[case[0] for case in CHOICES])
@pytest.mark.parametrize("for_each", [None, "product"])
def test_conditions_choose_products(bench: Any, products: Selection, ids: list[str], for_each: Any) -> None:
    """Only those go into `contents`; an event without any of them is not taken."""
    parameters = {
        "content_id": P("product", "id"),
        "description": P("product", "id", transform=(Transform("join", " "),)),
    }
    mapping = CustomMapping("ViewContent", BOUGHT, parameters, products=products, for_each=for_each)
    found = [bench.decoded(result) for result in results(bench, (mapping,), order(*SHELF))]
    if not ids:
        assert [body["event"] for body in found] == ["PlaceAnOrder"]
        return
    expected = [ids] if for_each is None else [[each_id] for each_id in ids]
    properties = [body["properties"] for body in found]
    assert [[content["content_id"] for content in one["contents"]] for one in properties] == expected
    assert [one["description"] for one in properties] == [" ".join(one) for one in expected]
    places = {"a": 0, "b": 1, "c": 3, "d": 4}
    assert [body["event_id"] for body in found] == (["m"] if for_each is None else [f"m-{places[one]}" for one in ids])


def test_a_bad_product_that_is_not_chosen_costs_nothing(bench: Any) -> None:
    """And one that is keeps its place in the message."""
    hats = Selection(only_if=(when("{product: category, is: hats}"),))
    mapping = CustomMapping("ViewContent", BOUGHT, {"price": P("product", "price")}, products=hats)
    [sent] = results(bench, (mapping,), order({"price": "x"}, {"category": "hats", "price": 1}))
    assert isinstance(sent, Mapped)
    [rejected] = results(bench, (mapping,), order({"price": 1}, {"category": "hats", "price": "x"}))
    assert isinstance(rejected, Rejected)
    assert rejected.field == "products[1].price"


@pytest.mark.parametrize(
    ("identities", "value"),
    [({"email": "a@b.example"}, "true"), ({"email": ""}, "false"), ({"email": "null"}, "false"), ({}, "false")],
)
def test_whether_the_user_has_an_identity_can_be_sent(bench: Any, identities: dict[str, str], value: str) -> None:
    """Never the identity itself."""
    mapping = CustomMapping("Contact", BOUGHT, {"description": P("identity_present", "email")})
    plan = bench.plan(custom_mappings=(mapping,))
    body = bench.body(plan, order({"id": 1}), user_identities=identities)
    assert body["properties"] == {"description": value}
