"""M2: where a custom mapping's values come from beyond the event's own fields, and what transforms make of them."""

from typing import Any

import pytest

from config.model import CustomMapping, Match, Parameter, Transform, TransformName

P = Parameter
PRODUCTS = [
    {"id": "a", "name": " Big Mat ", "price": 10, "total_product_amount": 30,
     "custom_attributes": {"size": "XL", "colours": ["", "Red", "Blue"], "cents": 1999}},
    None,
    {"id": "b", "name": "Pen", "price": "2.50", "custom_attributes": {"size": None}},
    {"id": "c", "custom_attributes": "none"},
]  # fmt: skip
DATA: dict[str, Any] = {
    "source_message_id": "m",
    "custom_flags": {"TikTok.URL": "https://a.example"},
    "screen_name": "Basket",
    "page_url": "https://a.example/basket",
    "custom_attributes": {
        "cents": 1999, "text": "  Shoes, Hats ", "list": ["A", "", {"x": 1}, 7], "path": "a/b//c", "yes": True,
        "money": " 12.345 USD", "huge": 10**40, "word": "ten", "blank": " ", "numbers": ["1.005", 2],
    },
    "product_action": {
        "action": "purchase", "checkout_step": 2, "checkout_options": "fast", "product_action_list": "list",
        "product_list_source": "source", "products": PRODUCTS,
    },
}  # fmt: skip
PROMOTIONS = [None, {"id": 7, "name": "Spring", "position": "2"}, {"id": "p8", "creative": "banner"}]


def steps(*names: str | tuple[TransformName, str]) -> tuple[Transform, ...]:
    return tuple(Transform(name) if isinstance(name, str) else Transform(*name) for name in names)  # type: ignore[arg-type]


def of(source: str, name: str, *transform: str | tuple[TransformName, str], **more: Any) -> Parameter:
    return P(source, name, transform=steps(*transform), **more)  # type: ignore[arg-type]


def properties(bench: Any, data: dict[str, Any] = DATA, **parameters: Parameter) -> Any:
    """Return the properties of an event with these parameters; the rejection where it is refused."""
    mapping = CustomMapping("Lead", Match("commerce_event"), parameters)
    plan = bench.plan(custom_mappings=(mapping,), content_type="product")
    result = bench.one(plan, {"event_type": "commerce_event", "data": data}, user_attributes={"tags": ["x", "y"]})
    return bench.decoded(result).get("properties") if hasattr(result, "body") else result


SOURCES = [
    ("checkout step", P("field", "checkout_step"), "2"),
    ("checkout options", P("field", "checkout_options"), "fast"),
    ("product action list", P("field", "product_action_list"), "list"),
    ("product list source", P("field", "product_list_source"), "source"),
    ("screen name", P("field", "screen_name"), "Basket"),
    ("page", P("field", "page_url"), "https://a.example/basket"),
    ("names of all products", of("product", "name", ("join", ",")), " Big Mat ,Pen"),
    ("attribute of all products", of("product_attribute", "size", ("join", "+")), "XL"),
    ("first list of an attribute of all products", of("product_attribute", "colours", "first"), "Red"),
    ("promotions of an event without any", P("promotion", "name"), None),
]  # fmt: skip


@pytest.mark.parametrize(("parameter", "expected"), [case[1:] for case in SOURCES], ids=[case[0] for case in SOURCES])
def test_a_value_comes_from_its_source(bench: Any, parameter: Parameter, expected: str | None) -> None:
    """M2: fields of the event, and lists of the products' values."""
    found = properties(bench, description=parameter)
    assert (found or {}).get("description") == expected


def test_contents_come_from_attributes_of_their_products(bench: Any) -> None:
    """M2b: one content for each product; attributes that are no object are none."""
    parameters = {
        "content_id": P("product", "id"),
        "content_category": P("product_attribute", "size"),
        "content_name": P("product_attribute", "colours"),
        "price": of("product_attribute", "cents", ("multiply", "0.01")),
        "quantity": P("product", "total_product_amount"),
    }
    assert properties(bench, **parameters)["contents"] == [
        {"price": 19.99, "quantity": 30, "content_id": "a", "content_name": "Red", "content_category": "XL"},
        {"content_id": "b"},
        {"content_id": "c"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "transform", "expected"),
    [("id", (), "7"), ("id", ("join", "-"), "7-p8"), ("creative", (), "banner"), ("position", (), "2")],
)
@pytest.mark.parametrize("promotions", [PROMOTIONS, {"1": PROMOTIONS[1], "2": PROMOTIONS[2]}], ids=["list", "PHP"])
def test_a_value_comes_from_the_promotions(
    bench: Any, name: str, transform: Any, expected: str, promotions: Any
) -> None:
    """M2: the first that is not blank, or all joined; in the forms that languages write a list."""
    data = {**DATA, "promotion_action": {"action": "view", "promotions": promotions}}
    parameter = of("promotion", name, *([transform] if transform else []))
    assert properties(bench, data, description=parameter) == {"description": expected}


def test_contents_come_from_each_promotion(bench: Any) -> None:
    """M2b: one content for each promotion that has a value; without promotions, what the event says."""
    parameters = {"content_id": P("promotion", "id"), "content_name": P("promotion", "name"), "price": P("static", "1")}
    data = {**DATA, "promotion_action": {"action": "view", "promotions": PROMOTIONS}}
    assert properties(bench, data, **parameters)["contents"] == [
        {"price": 1, "content_id": "7", "content_name": "Spring"},
        {"price": 1, "content_id": "p8"},
    ]
    assert properties(bench, **parameters)["contents"] == [{"price": 1}]


def test_a_bad_promotion_is_named_by_its_place(bench: Any) -> None:
    data = {**DATA, "promotion_action": {"promotions": [{"id": 1}, {"id": {}}]}}
    rejected = properties(bench, data, content_id=P("promotion", "id"))
    assert (rejected.reason, rejected.field) == ("invalid_value", "promotions[1].id")


@pytest.mark.parametrize("promotions", ["x", 5, [1], {"a": {}}, "", None, []])
def test_promotions_that_cannot_be_read_are_none(bench: Any, promotions: Any) -> None:
    """They cost the event nothing, as all that only a mapping reads."""
    data = {**DATA, "promotion_action": {"action": "view", "promotions": promotions}}
    assert properties(bench, data, description=P("promotion", "id", default="none")) == {"description": "none"}


A = "attribute"
TRANSFORMS = [
    ("lower", "description", of(A, "text", "lower"), "  shoes, hats "),
    ("trim", "description", of(A, "text", "trim"), "Shoes, Hats"),
    ("both, in their order", "description", of(A, "text", "trim", "lower"), "shoes, hats"),
    ("split and first", "description", of(A, "text", ("split", ","), "first"), "  Shoes"),
    ("split, trim, join", "description", of(A, "text", ("split", ","), "trim", ("join", "|")), "Shoes|Hats"),
    ("split with empty parts", "description", of(A, "path", ("split", "/"), ("join", ".")), "a.b.c"),
    ("first that is not blank after split", "description", of(A, "path", ("split", "a/"), "first"), "b//c"),
    ("lower a list", "description", of(A, "list", "lower"), "a"),
    ("join a list", "description", of(A, "list", ("join", ",")), "A,7"),
    ("join one value", "description", of(A, "cents", ("join", ",")), "1999"),
    ("lower a truth value", "description", of(A, "yes", "lower"), "true"),
    ("cents to units, exact", "value", of(A, "cents", ("multiply", "0.01")), 19.99),
    ("units to cents, exact", "value", of(A, "numbers", "first", ("multiply", "100")), 100.5),
    ("whole numbers stay whole", "value", of(A, "cents", ("multiply", "2")), 3998),
    ("negative", "value", of(A, "cents", ("multiply", "-1")), -1999),
    ("round half up", "value", of(A, "numbers", "first", ("round", "2")), 1.01),
    ("round to whole", "value", of(A, "numbers", "first", ("round", "0")), 1),
    ("round what has fewer digits", "value", of(A, "cents", ("round", "9")), 1999),
    ("round a huge number", "value", of(A, "huge", ("round", "2")), 1e40),
    ("a number out of text", "value", of(A, "money", "trim", ("split", " "), "first", ("round", "2")), 12.35),
    ("multiply and round", "value", of(A, "numbers", "first", ("multiply", "0.1"), ("round", "3")), 0.101),
    ("a list of the user", "description", of("user_attribute", "tags", ("join", "/")), "x/y"),
    ("text of a number", "content_id", of(A, "cents", ("multiply", "0.5")), "999.5"),
    ("blank is absent", "description", of(A, "blank", "trim", default="d"), "d"),
    ("absent stays absent", "description", of(A, "none", "lower"), None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "parameter", "expected"), [case[1:] for case in TRANSFORMS], ids=[case[0] for case in TRANSFORMS]
)
def test_transforms_change_the_value_in_their_order(
    bench: Any, name: str, parameter: Parameter, expected: object
) -> None:
    """The parameter's own rule judges the result; defaults are not transformed."""
    found = properties(bench, **{name: parameter}) or {}
    found = found["contents"][0] if "contents" in found else found
    assert found.get(name) == expected
    assert type(found.get(name)) is type(expected)


def test_a_list_stays_a_list_where_tiktok_takes_one(bench: Any) -> None:
    """All entries of a split text, and the values of all products."""
    assert properties(bench, destination_ids=of(A, "text", "trim", ("split", ", "), "lower"))["destination_ids"] == [
        "shoes",
        "hats",
    ]
    assert properties(bench, suggested_hotels=P("product", "id"))["suggested_hotels"] == ["a", "b", "c"]


@pytest.mark.parametrize("transform", [("multiply", "0.01"), ("round", "2")])
@pytest.mark.parametrize("attribute", ["word", "yes", "text"])
def test_arithmetic_on_what_is_no_number_refuses_the_event(bench: Any, transform: Any, attribute: str) -> None:
    """`invalid_value`, by the incoming name, as without transforms; also for a parameter that is text."""
    for name in ("value", "content_id"):
        rejected = properties(bench, **{name: of(A, attribute, transform)})
        assert (rejected.reason, rejected.field) == ("invalid_value", f"custom_attributes.{attribute}")


def test_a_user_attribute_that_cannot_be_transformed_is_omitted(bench: Any) -> None:
    """As every bad value of a user attribute: many events share it."""
    assert properties(bench, value=of("user_attribute", "tags", ("round", "2"))) is None


def test_a_required_value_that_transforms_leave_blank_is_missing(bench: Any) -> None:
    rejected = properties(bench, description=of(A, "blank", "trim", required=True))
    assert (rejected.reason, rejected.field) == ("missing_parameter", "description")
