"""Which items custom mappings make: defaults, custom events, one event for each product."""

import json
from typing import Any

import pytest

from config.model import Condition, CustomMapping, Match, Parameter, Selection
from mapping.incoming.batch import head
from mapping.items import custom_keys
from mapping.properties.parts import MOST_PARTS
from mapping.results import Mapped, Rejected, Result, Unsupported

P = Parameter
BOUGHT = Match("commerce_event", action="purchase")
CUSTOM, SCREEN = "custom_event", "screen_view"


def event(kind: str, name: str, **data: Any) -> dict[str, Any]:
    own = {"source_message_id": "m", "custom_flags": {"TikTok.URL": "https://a.example"}}
    return {"event_type": kind, "data": {**own, "event_name": name, "screen_name": name, **data}}


def order(*products: Any, **data: Any) -> dict[str, Any]:
    return event("commerce_event", "", product_action={"action": "purchase", "products": list(products)}, **data)


def default(kind: Any, name: str) -> CustomMapping:
    return CustomMapping(name, Match(kind), {}, is_custom_event=True, is_default=True)


def results(bench: Any, mappings: tuple[CustomMapping, ...], one: dict[str, Any], **more: Any) -> list[Result]:
    [found] = bench.results(bench.plan(custom_mappings=mappings), {"events": [one]}, **more)
    return list(found)


DEFAULTS = (
    default(CUSTOM, "Anything"),
    CustomMapping("Search", Match(CUSTOM, name="find")),
    default(SCREEN, "Screen"),
    CustomMapping("Contact", Match(name="help")),
)
DEFAULTED = [
    ("a custom event that no mapping takes", event(CUSTOM, "Other"), ["Anything"]),
    ("one that a mapping takes", event(CUSTOM, "Find"), ["Search"]),
    ("a screen that no mapping takes", event(SCREEN, "Home"), ["Screen"]),
    ("a screen that a mapping takes", event(SCREEN, "Help"), ["Contact"]),
    ("a purchase", order({"id": 1}), ["PlaceAnOrder"]),
    ("another type", event("session_start", ""), []),
]  # fmt: skip


@pytest.mark.parametrize(("one", "sent"), [case[1:] for case in DEFAULTED], ids=[case[0] for case in DEFAULTED])
def test_a_default_takes_what_no_other_mapping_takes(bench: Any, one: dict[str, Any], sent: list[str]) -> None:
    """Wherever it stands in the list; ingest's gate lets such events in."""
    found = results(bench, DEFAULTS, one)
    assert [result.tiktok_event for result in found if isinstance(result, Mapped)] == sent
    refused = bench.refused(bench.plan(custom_mappings=DEFAULTS), head(json.dumps(one).encode()))
    assert (refused is None) is bool(sent)


def test_a_refused_event_is_not_sent_by_a_default_instead(bench: Any) -> None:
    """A mapping that takes an event and refuses it makes a dead letter; nothing else is sent in its place."""
    strict = CustomMapping("Search", Match(CUSTOM, name="find"), {"query": P("attribute", "q", required=True)})
    [rejected] = results(bench, (default(CUSTOM, "Anything"), strict), event(CUSTOM, "Find"))
    assert isinstance(rejected, Rejected)
    assert rejected.tiktok_event == "Search"


def test_a_custom_event_is_noted(bench: Any) -> None:
    """Preview says of each that campaigns cannot optimise for it."""
    [sent] = results(bench, (default(CUSTOM, "Quiz"),), event(CUSTOM, "x"))
    assert isinstance(sent, Mapped)
    [note] = [note for note in sent.notes if note.field == "event"]
    assert "Quiz is a custom event" in note.note
    assert "no campaign can optimise for it" in note.note


EACH = CustomMapping(
    "ViewContent",
    BOUGHT,
    {
        "content_id": P("product", "id"),
        "value": P("product", "price"),
        "description": P("product_attribute", "size"),
        "currency": P("field", "currency_code"),
    },
    for_each="product",
)
ONE = CustomMapping("CompletePayment", BOUGHT, {"content_id": P("product", "id")})
KEY = custom_keys((EACH,))[0]
HAT = {"id": "hat", "price": 5, "custom_attributes": {"size": "M"}}
PEN = {"id": "pen", "price": "2.50"}


def test_each_product_becomes_an_event(bench: Any) -> None:
    """With its own id, its own content, and its fields for the whole event; products that are null keep their place."""
    found = results(bench, (EACH, ONE), order(HAT, None, PEN, currency_code="EUR"))
    bodies = [bench.decoded(result) for result in found]
    assert [(body["event"], body["event_id"], body["properties"]) for body in bodies] == [
        ("ViewContent", "m-0", {"value": 5, "currency": "EUR", "description": "M",
                                "contents": [{"content_id": "hat"}], "content_type": "product",
                                "content_ids": ["hat"]}),
        ("ViewContent", "m-2", {"value": 2.5, "currency": "EUR",
                                "contents": [{"content_id": "pen"}], "content_type": "product",
                                "content_ids": ["pen"]}),
        ("CompletePayment", "m", {"contents": [{"content_id": "hat"}, {"content_id": "pen"}],
                                  "content_type": "product", "content_ids": ["hat", "pen"]}),
    ]  # fmt: skip
    assert [result.event_id for result in found if isinstance(result, Mapped)] == ["m-0", "m-2", "m"]
    assert [getattr(result, "item", "") for result in found][:2] == [f"{KEY}:0", f"{KEY}:2"]
    assert "its place, from 0" in getattr(found[0], "notes", ())[-1].note


def test_a_generated_id_is_derived_from_too(bench: Any) -> None:
    """The ids are the same at every retry, and different for each product."""
    bought = order(HAT, PEN, source_message_id=None)
    first, again = (results(bench, (EACH,), bought) for _ in range(2))
    ids = [getattr(result, "event_id", None) for result in first]
    assert ids == [getattr(result, "event_id", None) for result in again]
    assert len(set(ids)) == 2


def test_a_bad_product_costs_only_its_own_event(bench: Any) -> None:
    """The dead letter names the product by its place in the event."""
    found = results(bench, (EACH,), order(HAT, {"id": {}, "price": 1}, {"price": "x"}))
    assert [type(result) for result in found] == [Mapped, Rejected, Rejected]
    assert [getattr(result, "field", None) for result in found[1:]] == ["products[1].id", "products[].price"]
    assert [getattr(result, "event_id", None) for result in found] == ["m-0", "m-1", "m-2"]


@pytest.mark.parametrize("products", [[], [None], None])
def test_without_products_the_mapping_takes_nothing(bench: Any, products: Any) -> None:
    """Then the native event is sent, as where no mapping matches."""
    bought = event("commerce_event", "", product_action={"action": "purchase", "products": products})
    assert [getattr(result, "tiktok_event", None) for result in results(bench, (EACH,), bought)] == ["PlaceAnOrder"]


def test_an_event_of_too_many_products_is_refused(bench: Any) -> None:
    """So no event becomes more than a bounded number."""
    found = results(bench, (EACH,), order(*[PEN] * MOST_PARTS))
    assert len(found) == MOST_PARTS
    [rejected] = results(bench, (EACH,), order(*[PEN] * (MOST_PARTS + 1)))
    assert isinstance(rejected, Rejected)
    assert (rejected.reason, rejected.field) == ("invalid_value", "products")


def test_open_products_are_sent_and_no_others(bench: Any) -> None:
    """A corrected mapping applies to its products; one that is gone, or a product that is gone, is no longer mapped."""
    made = [getattr(result, "item", "") for result in results(bench, (EACH,), order(HAT, PEN, HAT))]
    corrected = CustomMapping("ViewContent", BOUGHT, {"content_id": P("product", "id")}, for_each="product")
    whole = CustomMapping("ViewContent", BOUGHT, {"content_id": P("product", "id")})

    def today(mapping: CustomMapping, *products: Any) -> list[Any]:
        found = results(bench, (mapping,), order(*products), only=made[1:], made=made)
        return [getattr(result, "event_id", None) for result in found]

    assert today(EACH, HAT, PEN, HAT) == today(corrected, HAT, PEN, HAT) == ["m-1", "m-2"]
    assert today(EACH, HAT, PEN) == ["m-1", None]
    assert today(whole, HAT, PEN, HAT) == [None, None]
    assert results(bench, (whole,), order(HAT), only=made[:1], made=made) == [Unsupported("no longer mapped")]
    was_whole = custom_keys((whole,))
    assert results(bench, (EACH,), order(HAT), only=was_whole, made=was_whole) == [Unsupported("no longer mapped")]


def test_each_promotion_becomes_an_event(bench: Any) -> None:
    """As each product does: with its own id and fields, only those that are chosen."""
    mapping = CustomMapping(
        "ViewContent",
        Match("commerce_event", name="ecommerce - promotionview"),
        {"content_id": P("promotion", "id"), "description": P("promotion", "name")},
        promotions=Selection(never_if=(Condition("promotion", "id", "is", ("b",)),)),
        for_each="promotion",
    )
    seen = event("commerce_event", "", promotion_action={
        "action": "view", "promotions": [{"id": "a", "name": "Spring"}, {"id": "B"}, {"id": "c"}],
    })  # fmt: skip
    found = [bench.decoded(result) for result in results(bench, (mapping,), seen)]
    assert [(body["event_id"], body["properties"].get("description")) for body in found] == [
        ("m-0", "Spring"),
        ("m-2", None),
    ]
    assert [body["properties"]["contents"] for body in found] == [[{"content_id": "a"}], [{"content_id": "c"}]]
    seen["data"]["promotion_action"]["promotions"] = [{"id": "b"}]
    assert results(bench, (mapping,), seen) == [Unsupported("commerce_event without product action")]


def test_the_last_promotion_can_be_taken_alone(bench: Any) -> None:
    mapping = CustomMapping(
        "Lead", Match("commerce_event"), {"description": P("promotion", "id")}, promotions=Selection(take="last")
    )
    seen = event("commerce_event", "", promotion_action={"promotions": [{"id": "a"}, {"id": "b"}]})
    [result] = results(bench, (mapping,), seen)
    assert bench.decoded(result)["properties"] == {"description": "b"}
