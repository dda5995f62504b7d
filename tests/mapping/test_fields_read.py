"""An event is decoded without the fields of its product action and products that the connection does not read."""

from typing import Any

import pytest

from config.model import Condition, Connection, CustomMapping, Forward, Match, Parameter, Selection
from config.vocabulary import EVENT_FIELDS, PRODUCT_FIELDS
from mapping.incoming.event import Product, ProductAction
from mapping.reads import fields_read
from mapping.results import Mapped, Withheld
from tests.mapping.conftest import Bench

PRODUCT = {name: f"the {name}" for name in Product.__struct_fields__} | {
    "price": 2.5,
    "quantity": 3,
    "position": 1,
    "total_product_amount": 7.5,
    "custom_attributes": {"size": "xl"},
}
NUMBERS = {"total_amount": 9.5, "tax_amount": 1.5, "shipping_amount": 4.5, "checkout_step": 2}
ACTION = {name: f"the {name}" for name in ProductAction.__struct_fields__} | {
    **NUMBERS,
    "action": "purchase",
    "products": [PRODUCT],
}
EVENT: dict[str, Any] = {
    "event_type": "commerce_event",
    "data": {
        "source_message_id": "message-1",
        "custom_flags": {"TikTok.URL": "https://shop.example/"},
        "currency_code": "EUR",
        "screen_name": "the screen",
        "page_url": "https://shop.example/page",
        "product_action": ACTION,
    },
}
ROWS_READ = {"id", "name", "category", "price", "quantity"}
EVERY_FIELD = [("field", name) for name in sorted(EVENT_FIELDS)]
EVERY_PRODUCT_FIELD = [("product", name) for name in sorted(PRODUCT_FIELDS)] + [("product_attribute", "size")]


def _connection(**settings: Any) -> Connection:
    return Connection(id="shop", inputs=("in",), access_token="token", event_source_id="PIXEL", **settings)


@pytest.mark.parametrize(
    ("settings", "action", "product"),
    [
        ({}, {"total_amount"}, set()),
        ({"send_order_id": True}, {"total_amount", "transaction_id"}, set()),
        ({"also_send": frozenset({"properties.contents[].brand"})}, {"total_amount"}, {"brand"}),
        (
            {"forward": Forward(never_if=(Condition("product", "variant", "is", ("red",)),))},
            {"total_amount"},
            {"variant"},
        ),
        (
            {"forward": Forward(only_if=(Condition("field", "tax_amount", "exists", ("true",)),))},
            {"total_amount", "tax_amount"},
            set(),
        ),
        (
            {
                "custom_mappings": (
                    CustomMapping(
                        "Lead",
                        Match(event_type="commerce_event", only_if=(Condition("field", "affiliation", "is", ("a",)),)),
                        {"description": Parameter("product_attribute", "size")},
                        products=Selection(never_if=(Condition("product", "coupon_code", "is", ("b",)),)),
                    ),
                )
            },
            {"total_amount", "affiliation"},
            {"custom_attributes", "coupon_code"},
        ),
    ],
    ids=["no rules", "order id", "brand", "condition on products", "condition on a field", "custom mapping"],
)
def test_only_these_fields_are_decoded(settings: dict[str, Any], action: set[str], product: set[str]) -> None:
    """The rows' own fields, and those that settings, mappings and conditions name."""
    read = fields_read(_connection(**settings))
    assert read.of_action == {"action", "products"} | action
    assert read.of_product == ROWS_READ | product


@pytest.mark.parametrize(("subject", "name"), EVERY_FIELD + EVERY_PRODUCT_FIELD)
@pytest.mark.parametrize("route", ["web", "legacy", "app"])
def test_a_condition_reads_each_field(bench: Bench, route: str, subject: Any, name: str) -> None:
    """A rule and a mapping's condition find every field that they may name."""
    exists = Condition(subject, name, "exists", ("true",))
    rule = bench.plan(route, forward=Forward(never_if=(exists,)))
    assert isinstance(bench.one(rule, EVENT), Withheld)
    mapping = CustomMapping("Lead", Match(event_type="commerce_event", only_if=(exists,)))
    mapped = bench.one(bench.plan(route, custom_mappings=(mapping,)), EVENT)
    assert isinstance(mapped, Mapped)
    assert mapped.tiktok_event == "Lead"


@pytest.mark.parametrize(("subject", "name"), EVERY_PRODUCT_FIELD)
def test_a_choice_of_products_reads_each_field(bench: Bench, subject: Any, name: str) -> None:
    """A mapping chooses its products by every field of theirs."""
    chosen = Selection(only_if=(Condition(subject, name, "exists", ("true",)),))
    mapping = CustomMapping("Lead", Match(event_type="commerce_event"), products=chosen)
    assert bench.mapped(bench.plan(custom_mappings=(mapping,)), EVENT).tiktok_event == "Lead"


@pytest.mark.parametrize("target", ["content_id", "description"])
@pytest.mark.parametrize(("source", "name"), EVERY_FIELD + EVERY_PRODUCT_FIELD)
def test_a_parameter_reads_each_field(bench: Bench, source: Any, name: str, target: str) -> None:
    """A parameter, of the event or of each of its contents, is filled from every field that it may name."""
    mapping = CustomMapping(
        "Lead", Match(event_type="commerce_event"), {target: Parameter(source, name, required=True)}
    )
    body = bench.body(bench.plan(custom_mappings=(mapping,)), EVENT)
    found = body["properties"].get("contents", [body["properties"]])[0]
    values = {**EVENT["data"], **ACTION, "event_name": "eCommerce - Purchase"} if source == "field" else PRODUCT
    assert found[target] == str("xl" if source == "product_attribute" else values[name])
