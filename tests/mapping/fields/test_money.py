"""Amounts that TikTok cannot count are sent, with a note for each missing part (P1–P3)."""

import json
from itertools import product

import pytest

from config.model import CustomMapping, Match, Parameter
from mapping.values import TIKTOK_CURRENCIES

ROUTES = ("legacy", "web", "app", "offline")
APP = {"application_info": {"package": "com.shop"}}
PRODUCT = {"id": "a"}
PRICED = {"id": "a", "price": 2}

# What the event says: currency, total, products; then the fields that a note is about.
CASES = [
    ("USD", 5, [PRICED], []),
    ("usd", 5, [PRICED], []),
    (None, 5, [PRICED], ["currency_code"]),
    (" ", 5, [], ["currency_code"]),
    (None, 0, [], ["currency_code"]),
    (None, None, [PRICED], ["currency_code", "total_amount"]),
    (None, None, [PRODUCT], ["total_amount"]),
    (None, None, [], []),
    (None, None, [{}], []),
    ("USD", None, [PRODUCT], ["total_amount"]),
    ("USD", " ", [PRODUCT, PRICED], ["total_amount"]),
    ("USD", None, [], []),
    ("XAU", 5, [PRICED], ["currency_code"]),
    ("xts", 5, [], ["currency_code"]),
]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(("currency", "total", "products", "fields"), CASES)
def test_missing_money_fields_are_noted(bench, route, currency, total, products, fields):
    """One note for each missing part; the event is sent."""
    event = bench.purchase(currency_code=currency, product_action={"total_amount": total, "products": products})
    mapped = bench.mapped(bench.plan(route), event, **APP)
    assert [note.field for note in mapped.notes] == fields


def test_only_a_purchase_needs_a_value(bench):
    """A view of a product costs nothing yet."""
    event = bench.purchase(product_action={"action": "view_detail", "products": [PRODUCT]})
    assert bench.mapped(bench.plan(), event).notes == ()


@pytest.mark.parametrize("currency", [*sorted(TIKTOK_CURRENCIES), "XYZ", "BTC"])
def test_a_currency_goes_out_as_it_is_listed_or_not(bench, currency):
    """P1: TikTok's list is the one of its documentation; another is sent with a note."""
    body = bench.mapped(bench.plan(), bench.purchase(currency_code=currency.lower()))
    assert json.loads(body.body)["properties"]["currency"] == currency
    assert [note.field for note in body.notes] == ([] if currency in TIKTOK_CURRENCIES else ["currency_code"])


VALUE, CURRENCY = Parameter("field", "total_amount"), Parameter("attribute", "money")
NAMED = {"value": VALUE, "currency": CURRENCY}


@pytest.mark.parametrize(
    ("event", "parameters", "fields"),
    [
        ("CompletePayment", {"content_id": Parameter("product", "id")}, ["value"]),
        ("CompletePayment", {"content_id": Parameter("product", "id"), **NAMED}, ["custom_attributes.money"]),
        ("CompletePayment", {"content_id": Parameter("product", "id"), "value": VALUE}, ["currency"]),
        ("AddPaymentInfo", {"value": VALUE}, ["currency"]),
        ("Contact", {}, []),
    ],
)
def test_a_mapped_event_names_what_the_mapping_reads(bench, event, parameters, fields):
    """M2: the note has the incoming name of the mapping's parameter, else the parameter's name."""
    mapping = CustomMapping(event, Match(action="purchase"), parameters)
    mapped = bench.mapped(
        bench.plan(custom_mappings=(mapping,)),
        bench.purchase(product_action={"total_amount": 5, "products": [PRODUCT]}),
    )
    assert [note.field for note in mapped.notes] == fields


def test_no_amount_goes_out_without_a_currency_in_silence(bench):
    """In every combination of fields, an amount has a currency or a note."""
    for currency, total, price in product((None, "", "USD", "XYZ"), (None, "", 0, "5.5"), (None, " ", 0, 2)):
        event = bench.purchase(
            currency_code=currency, product_action={"total_amount": total, "products": [{"id": "a", "price": price}]}
        )
        mapped = bench.mapped(bench.plan(), event)
        properties = json.loads(mapped.body)["properties"]
        has_amount = "value" in properties or "price" in properties["contents"][0]
        noted = {note.field for note in mapped.notes}
        assert ("currency_code" in noted) is (currency == "XYZ" or (has_amount and "currency" not in properties))
        assert ("total_amount" in noted) is ("value" not in properties)
