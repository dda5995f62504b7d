"""What a condition holds for: each subject, each operator, absent values, lists, versions and consent."""

import json
from typing import Any
from unicodedata import normalize

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.conditions.words import OPERATORS_OF, describe, holds
from config.model import Condition
from config.reading.conditions import CONDITION
from config.reading.yaml_tree import read
from mapping.conditions.compile import compile_for_events, compile_for_products, note_on
from mapping.conditions.operators import compile_operator
from mapping.incoming.batch_fields import read_batch_fields
from mapping.incoming.event import Incoming, read_event

Json = dict[str, Any]
BATCH: Json = {
    "environment": "Development",
    "mpid": -74613492,
    "user_identities": {"customerid": "c-1", "email": "Jane@Shop.com", "other": "null"},
    "user_attributes": {"internal": "TRUE", "tier": ["gold", "vip"], "age": 41, "$City": "Paris", "empty": " "},
    "application_info": {"application_name": "Shop", "application_version": "3.10.1", "os": "IOS"},
    "device_info": {"limit_ad_tracking": False, "att_authorization_status": "denied"},
    "consent_state": {
        "gdpr": {"Marketing": {"consented": True}, "ads": {"consented": False}, "bad": {"consented": "maybe"}},
        "ccpa": {"data_sale_opt_out": {"consented": True}},
    },
}
EVENT: Json = {
    "event_type": "commerce_event",
    "data": {
        "currency_code": "EUR",
        "custom_attributes": {
            "channel": " Web ",
            "path": "/shop/Shoes",
            "depth": "12",
            "flag": True,
            "object": {"a": 1},
        },
        "product_action": {
            "action": "Purchase",
            "total_amount": 59.97,
            "products": [
                {"id": 7, "category": "Shoes", "price": 19.99, "custom_attributes": {"size": "XL"}},
                {"id": 8, "category": "Hats", "price": "40"},
                None,
            ],
        },
    },
}
PROMOTION: Json = {
    "event_type": "commerce_event",
    "data": {"promotion_action": {"action": "view", "promotions": [{"id": "summer", "position": 2}, None]}},
}


def condition(text: str) -> Condition:
    """Return the condition as the file would have it."""
    node, faults = read(text.encode())
    assert node is not None
    assert not faults
    return CONDITION("condition", node)


def event(value: Json = EVENT, batch: Json = BATCH) -> Incoming:
    return read_event(json.dumps(value).encode(), read_batch_fields(json.dumps(batch).encode()), "id", 0, 0)


HOLD = [
    "{attribute: channel, is: web}",
    "{attribute: channel, in: [app, WEB]}",
    "{attribute: channel, is_not: app}",
    "{attribute: channel, not_in: [app, shop]}",
    "{attribute: path, starts_with: /SHOP}",
    "{attribute: path, contains: op/sh}",
    "{attribute: path, matches: ^/shop/(shoes|hats)$}",
    "{attribute: depth, greater: 9}",
    "{attribute: depth, less: 12.5}",
    '{attribute: flag, is: "true"}',
    "{attribute: channel, exists: true}",
    "{attribute: nothing, exists: false}",
    "{attribute: object, exists: true}",
    "{attribute: object, is_not: a}",
    "{field: event_type, is: commerce_event}",
    "{field: action, is: purchase}",
    "{field: event_name, is: eCommerce - Purchase}",
    "{field: currency_code, in: [eur, usd]}",
    "{field: total_amount, greater: 59.96}",
    "{product: category, is: hats}",
    "{product: price, greater: 39}",
    "{product: price, less: 20}",
    "{product: id, is: 7}",
    "{product: price, is: 40.00}",
    "{product: category, is_not: bags}",
    "{product_attribute: size, is: xl}",
    "{product_attribute: colour, exists: false}",
    "{promotion: id, exists: false}",
    "{user_attribute: internal, is: true}",
    "{user_attribute: tier, is: vip}",
    "{user_attribute: tier, not_in: [silver]}",
    "{user_attribute: $CITY, is: paris}",
    "{user_attribute: age, greater: 40}",
    "{user_attribute: empty, exists: false}",
    "{identity: customer_id, exists: true}",
    "{identity: email, contains: '@shop.com'}",
    "{identity: other, exists: false}",
    "{identity: mpid, exists: true}",
    "{batch: environment, is: development}",
    "{batch: app_version, greater: 3.9}",
    "{batch: app_version, less: 3.10.2}",
    "{batch: app_version, is: 3.10.1.0}",
    "{batch: os, is: ios}",
    "{batch: ccpa_opt_out, is: true}",
    "{batch: limits_tracking, is: true}",
    "{gdpr_consent: marketing, is: true}",
    "{gdpr_consent: ads, is: false}",
    "{gdpr_consent: bad, is: false}",
    "{gdpr_consent: other, exists: false}",
]
FAIL = [
    "{attribute: channel, is: we}",
    "{attribute: channel, is_not: web}",
    "{attribute: nothing, is_not: web}",
    "{attribute: nothing, not_in: [web]}",
    "{attribute: nothing, less: 5}",
    "{attribute: channel, greater: 5}",
    "{attribute: channel, exists: false}",
    "{attribute: path, starts_with: shop}",
    "{product: category, is_not: shoes}",
    "{product: category, not_in: [hats, bags]}",
    "{user_attribute: tier, is_not: gold}",
    "{user_attribute: empty, is_not: x}",
    "{batch: app_version, less: 3.9}",
    "{batch: app_version, is: 3.1}",
    "{batch: app_version, not_in: [3.10.1]}",
    "{gdpr_consent: other, is: false}",
    "{gdpr_consent: bad, is: true}",
    "{identity: facebook, is_not: x}",
]


@pytest.mark.parametrize("text", HOLD)
def test_a_condition_holds(text: str) -> None:
    assert compile_for_events(condition(text))(event())


@pytest.mark.parametrize("text", FAIL)
def test_a_condition_does_not_hold(text: str) -> None:
    assert not compile_for_events(condition(text))(event())


@pytest.mark.parametrize(
    ("written", "value", "expected"),
    [
        ("{attribute: n, is: 40.0}", 40, True),
        ("{attribute: n, is: 40}", 40.0, True),
        ("{attribute: n, in: [39, 40.50]}", 40.5, True),
        ("{attribute: n, is_not: 40.0}", 40, False),
        ("{attribute: n, not_in: [-0]}", 0, False),
        ("{attribute: n, is: 0.0000001}", 1e-7, True),
        ("{attribute: n, is: 12345678901234567890}", 12345678901234567890, True),
        ("{attribute: n, is: 12345678901234567890}", 12345678901234567891, False),
        ("{attribute: n, is: 40.0}", [7, 40], True),
        ("{attribute: version, is: 3.10}", "3.1", False),
        ("{attribute: n, is: 40.0}", "40", False),
        ("{attribute: zip, is: 07302}", 7302, False),
        ("{attribute: zip, is: 07302}", "07302", True),
        ("{attribute: flag, is: 1}", True, False),
        ("{attribute: n, contains: 0}", 40.0, True),
        ("{attribute: n, matches: ^40$}", 40.0, True),
        ("{field: total_amount, is: 40.00}", "40", True),
    ],
)
def test_numbers_are_equal_as_numbers_and_text_as_text(written: str, value: object, expected: bool) -> None:
    """A version or a zip code that is text stays text: 3.10 is not 3.1, and 07302 keeps its zero."""
    assert compile_operator(condition(written)).holds(value) is expected


@pytest.mark.parametrize(
    "written",
    [
        "{attribute: a, is: Café}",
        "{attribute: a, in: [tea, CAFÉ]}",
        "{attribute: a, starts_with: caf\u00e9}",
        "{attribute: a, contains: fé}",
        "{attribute: a, matches: ^caf.$}",
        "{attribute: a, matches: 'f[é]$'}",
    ],
)
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_an_accent_may_be_a_character_of_its_own(written: str, form: Any) -> None:
    """Apple's systems send `é` as `e` and an accent."""
    for text in (normalize("NFD", written), normalize("NFC", written)):
        assert compile_operator(condition(text)).holds(normalize(form, " café "))


def test_text_without_its_accent_is_another() -> None:
    assert not compile_operator(condition("{attribute: a, starts_with: cafe}")).holds(normalize("NFD", "café"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{promotion: id, is: Summer}", True),
        ("{promotion: position, greater: 1}", True),
        ("{promotion: creative, exists: true}", False),
    ],
)
def test_a_condition_on_promotions(text: str, expected: bool) -> None:
    assert compile_for_events(condition(text))(event(PROMOTION)) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{product: category, is: shoes}", [True, False]),
        ("{product: category, is_not: shoes}", [False, True]),
        ("{product: price, greater: 20}", [False, True]),
        ("{product_attribute: size, exists: true}", [True, False]),
    ],
)
def test_a_condition_holds_for_some_products(text: str, expected: list[bool]) -> None:
    of_product = compile_for_products(condition(text))
    assert [of_product(product) for product in event().product_action.products or () if product] == expected


def test_only_a_condition_on_products_is_one_of_products() -> None:
    with pytest.raises(LookupError, match="attribute"):
        compile_for_products(condition("{attribute: channel, is: web}"))


@pytest.mark.parametrize(
    ("text", "batch", "value"),
    [
        ("{gdpr_consent: ads, is: false}", {"consent_state": {"gdpr": {"ads": {"consented": "maybe"}}}}, True),
        ("{gdpr_consent: ads, is: false}", {"consent_state": {"gdpr": {"ads": {}}}}, True),
        ("{gdpr_consent: ads, is: false}", {"consent_state": "all"}, True),
        ("{batch: ccpa_opt_out, is: true}", {"consent_state": {"ccpa": {"data_sale_opt_out": {"consented": 7}}}}, True),
        ("{batch: limits_tracking, is: true}", {"device_info": {"limit_ad_tracking": "often"}}, True),
    ],
)
def test_a_consent_that_cannot_be_read_counts_as_opted_out_with_a_note(text: str, batch: Json, value: bool) -> None:
    compiled = condition(text)
    assert compile_for_events(compiled)(event(batch=batch)) is value
    note = note_on(compiled, read_batch_fields(json.dumps(batch).encode()))
    assert note is not None
    assert note.note.startswith("counts as opted out: ")


@pytest.mark.parametrize("text", ["{gdpr_consent: ads, is: true}", "{batch: ccpa_opt_out, is: true}"])
def test_a_consent_that_is_absent_or_readable_has_no_note(text: str) -> None:
    for batch in ({}, BATCH, {"consent_state": {}}):
        assert note_on(condition(text), read_batch_fields(json.dumps(batch).encode())) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{user_attribute: internal, is: "true"}', "user_attribute internal is true"),
        ("{attribute: channel, not_in: [web, shop]}", "attribute channel not in web, shop"),
        ("{identity: email, is: jane@shop.com}", "identity email is …"),
        ("{identity: email, exists: false}", "identity email does not exist"),
        ("{user_attribute: mail, in: [jane@shop.com, staff]}", "user_attribute mail in …, staff"),
        ('{user_attribute: mail, contains: "@shop.com"}', "user_attribute mail contains @shop.com"),
        ('{user_attribute: phone, is: "+49 170 5550101"}', "user_attribute phone is …"),
        ("{user_attribute: visits, greater: 100}", "user_attribute visits greater 100"),
        ('{attribute: contact, is_not: "Jane <jane@shop.com>"}', "attribute contact is not …"),
        ("{attribute: campaign, is: 12345678}", "attribute campaign is 12345678"),
        ("{batch: app_version, greater: 3.2}", "batch app_version greater 3.2"),
    ],
)
def test_a_condition_in_words(text: str, words: str) -> None:
    assert describe(condition(text)) == words


def test_a_long_condition_is_cut_in_words() -> None:
    assert len(describe(condition(f"{{attribute: a, is: {'x' * 500}}}"))) == 100


def test_what_a_condition_remembers_is_bounded() -> None:
    """And what it remembers changes nothing."""
    operation = compile_operator(condition("{attribute: a, is: v7}"))
    assert [operation.holds(f"v{number % 600}") for number in range(2000)] == [n % 600 == 7 for n in range(2000)]
    assert operation.holds("x" * 1000) is False
    assert len(operation.known) <= 512
    assert max(map(len, operation.known)) <= 100


LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=6),
    st.sampled_from(["web", "1", "1.5", "true", "3.2.1"]),
)
VALUES = st.one_of(LEAVES, st.lists(LEAVES, max_size=3), st.dictionaries(st.text(max_size=2), LEAVES, max_size=2))
SUBJECTS = st.sampled_from([("attribute", "a"), ("batch", "app_version"), ("product", "price"), ("product", "name")])


@st.composite
def conditions(draw: st.DrawFn) -> Condition:
    subject, name = draw(SUBJECTS)
    operator = draw(st.sampled_from(OPERATORS_OF[holds(subject, name)]))
    match operator:
        case "exists":
            values: tuple[str, ...] = (draw(st.sampled_from(["true", "false"])),)
        case "greater" | "less":
            values = (draw(st.sampled_from(["1", "3.2"])),)
        case "in" | "not_in":
            values = tuple(draw(st.lists(st.sampled_from(["web", "1", "x"]), min_size=1, max_size=3)))
        case _:
            values = (draw(st.sampled_from(["web", "1", "true", "3.2"])),)
    return Condition(subject, name, operator, values)


@given(conditions(), VALUES)
def test_no_value_makes_a_condition_fail_and_nothing_holds_where_there_is_none(one: Condition, value: object) -> None:
    holds_for = compile_operator(one).holds
    assert holds_for(value) in (True, False)
    absent = not compile_operator(Condition("attribute", "a", "exists", ("true",))).holds(value)
    if absent:
        assert holds_for(value) is (one.operator == "exists" and one.values == ("false",))


@given(VALUES, st.lists(st.sampled_from(["web", "1", "true"]), min_size=1, max_size=3))
def test_in_and_not_in_are_opposites_of_what_is_there(value: object, allowed: list[str]) -> None:
    def holds_as(operator: Any) -> bool:
        values = ("true",) if operator == "exists" else tuple(allowed)
        return compile_operator(Condition("attribute", "a", operator, values)).holds(value)

    assert holds_as("not_in") is (holds_as("exists") and not holds_as("in"))


def test_every_condition_is_hashable_and_encodes() -> None:
    """Fingerprints and keys of items are made of it."""
    assert msgspec.json.encode(condition("{attribute: a, in: [x, y]}"))
