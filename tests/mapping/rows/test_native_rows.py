"""Rows N1–N6, and which events a plan wants at all: unsupported, withheld, or worth keeping."""

import json

import pytest

from config.model import CustomMapping, Match
from mapping.incoming.batch import head
from mapping.results import Mapped, Rejected, Unsupported, Withheld

NATIVE = [
    ("N1", "add_to_cart", "AddToCart"),
    ("N2", "add_to_wishlist", "AddToWishlist"),
    ("N3", "purchase", "PlaceAnOrder"),
    ("N4", "checkout", "InitiateCheckout"),
    ("N5", "view_detail", "ViewContent"),
]


def commerce(data: object) -> dict[str, object]:
    return {"event_type": "commerce_event", "data": data}


UNSUPPORTED = [
    *(
        (action, commerce({"product_action": {"action": action}}), f"commerce_event {described}")
        for action, described in (
            ("refund", "refund"),
            ("click", "click"),
            ("CHECKOUT_OPTION", "checkout_option"),
            ("remove_from_cart", "remove_from_cart"),
            ("remove_from_wishlist", "remove_from_wish_list"),
            ("jane@example.com", "with an unknown action"),
        )
    ),
    ("no action", commerce({"product_action": {}}), "commerce_event without product action"),
    ("no data", commerce(None), "commerce_event without product action"),
    ("promotion", commerce({"promotion_action": {"action": "view"}}), "commerce_event without product action"),
    ("impression", commerce({"product_impressions": [{}]}), "commerce_event without product action"),
    ("screen", {"event_type": "screen_view", "data": {"screen_name": "Jane's page"}}, "screen_view"),
    ("custom", {"event_type": "CUSTOM_EVENT", "data": {"event_name": "Jane logs in"}}, "custom_event"),
    ("no commerce", {"event_type": "custom_event", "data": {"product_action": {"action": "purchase"}}}, "custom_event"),
    ("unknown type", {"event_type": "jane@example.com"}, "event of an unknown type"),
    ("no type", {}, "event without a type"),
    ("a type that is a number", {"event_type": 7}, "event without a type"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "action", "name"), NATIVE, ids=[row[0] for row in NATIVE])
@pytest.mark.parametrize("spelt", [str.lower, str.upper], ids=["lower", "upper"])
def test_action_becomes_its_event(bench, row, action, name, spelt):
    """N1–N5, in either case, for Java writes enumerations in capitals."""
    event = bench.purchase(product_action={"action": spelt(action)})
    event["event_type"] = spelt("commerce_event")
    plan = bench.plan()
    assert bench.mapped(plan, event).tiktok_event == name
    assert bench.refused(plan, head(json.dumps(event).encode())) is None


@pytest.mark.parametrize(
    ("event", "what"), [case[1:] for case in UNSUPPORTED], ids=[f"N6 {case[0]}" for case in UNSUPPORTED]
)
def test_all_else_is_unsupported(bench, event, what):
    """N6: described in mParticle's words only, found at ingest already, and never a dead letter."""
    plan = bench.plan()
    assert bench.one(plan, event) == Unsupported(what)
    assert isinstance(bench.refused(plan, head(json.dumps(event).encode())), Unsupported)


def test_native_event_can_be_overridden(bench):
    """N3: `native_events` puts another event in a row's place, with the same fields."""
    plan = bench.plan(native_events={"purchase": "CompletePayment"})
    body = bench.body(plan, bench.purchase(currency_code="eur", product_action={"total_amount": 5}))
    assert body["event"] == "CompletePayment"
    assert body["properties"] == {"currency": "EUR", "value": 5}
    assert bench.mapped(plan, bench.purchase(product_action={"action": "checkout"})).tiktok_event == "InitiateCheckout"


@pytest.mark.parametrize(
    ("environment", "sent"),
    [
        ({}, True),
        ({"environment": None}, True),
        ({"environment": "PRODUCTION"}, True),
        ({"environment": " "}, True),
        ({"environment": "development"}, False),
        ({"environment": "Jane's"}, False),
    ],
    ids=str,
)
def test_environments_are_withheld_unless_the_connection_sends_them(bench, environment, sent):
    """C, `environments`: a batch without one is production's; what is withheld names no foreign text."""
    [[result]] = bench.results(bench.plan(), {**environment, "events": [bench.purchase()]})
    assert isinstance(result, Mapped if sent else Withheld)
    if isinstance(result, Withheld):
        assert "production" in result.why
        assert "Jane" not in result.why


def test_several_environments_can_be_sent(bench):
    """C, `environments`."""
    plan = bench.plan(environments=frozenset({"production", "development"}))
    assert isinstance(bench.one(plan, environment="DEVELOPMENT"), Mapped)
    assert bench.refused(plan, head(json.dumps(bench.purchase()).encode()), environment="development") is None
    assert isinstance(bench.refused(plan, head(json.dumps(bench.purchase()).encode()), environment="unknown"), Withheld)


def test_disabled_connection_withholds_what_arrives_and_maps_what_waits(bench):
    """`enabled: false` is ingest's question: what waits in lanes is mapped once the connection is enabled again."""
    plan = bench.plan(enabled=False)
    assert isinstance(bench.refused(plan, head(json.dumps(bench.purchase()).encode())), Withheld)
    assert isinstance(bench.one(plan), Mapped)


@pytest.mark.parametrize(
    "raw", [b"5", b"null", b'"x"', b"[1]", b'{"data": 5}', b'{"data": {"product_action": [1]}}', b"{"]
)
def test_what_is_no_event_is_wanted_so_that_it_can_be_a_dead_letter(bench, raw):
    """An element that cannot be read as an event ends as dead letter `invalid_value`, not in silence."""
    plan = bench.plan()
    assert head(raw) is None
    assert bench.refused(plan, None) is None
    [result] = plan.batch(b"{}", bench.received_ms).map(raw, "generated")
    assert isinstance(result, Rejected)
    assert (result.reason, result.event_id) == ("invalid_value", "generated")


UNREADABLE = [
    ({"custom_flags": [1]}, "custom_flags", "custom_flags must be an object."),
    ({"product_action": {"action": "purchase", "products": {"id": 1}}}, "products", "products must be a list."),
    ({"product_action": {"action": "purchase", "products": [{}, 3]}}, "products[1]", "products[1] must be an object."),
    ({"product_action": 3}, "product_action", "product_action must be an object."),
]


@pytest.mark.parametrize(("data", "field", "message"), UNREADABLE, ids=[case[1] for case in UNREADABLE])
def test_wrong_nesting_names_its_field(bench, data, field, message):
    """One event's wrong type is that event's rejection, by the field's own name; it keeps its own id."""
    event = bench.purchase()
    event["data"] |= data
    assert bench.rejected(bench.plan(), event) == Rejected(None, "message-1", "invalid_value", field, message)


def test_unreadable_event_that_no_mapping_wants_is_unsupported(bench):
    """Ingest and preview agree: a refund is unsupported, whatever its products hold."""
    event = bench.purchase()
    event["data"]["product_action"] = {"action": "refund", "products": 5}
    assert bench.one(bench.plan(), event) == Unsupported("commerce_event refund")


def test_only_keeps_the_items_still_to_be_sent(bench):
    """A partly delivered event yields its open items; a result of the whole event is repeated for each."""
    mappings = tuple(
        CustomMapping(name, Match(action="purchase")) for name in ("CompletePayment", "Contact", "Download")
    )
    plan = bench.plan(custom_mappings=mappings)
    batch = {"events": [bench.purchase(), 5]}
    mapped, unreadable = bench.results(plan, batch, only=["Contact", "Download"])
    assert [result.tiktok_event for result in mapped] == ["Contact", "Download"]
    assert [result.tiktok_event for result in unreadable] == ["Contact", "Download"]
    [withheld] = bench.results(
        plan, {"environment": "development", **batch, "events": [{}]}, only=["Contact", "Download"]
    )
    assert len(withheld) == 2


def test_an_unexpected_exception_is_one_events_internal_error(bench, monkeypatch):
    """An unexpected exception ends one event, quotes nothing of it, and does not affect the other events."""
    plan = bench.plan()
    mapper = plan.batch(b"{}", bench.received_ms)
    raw = json.dumps(bench.purchase()).encode()

    def fail(*_):
        raise RuntimeError("jane@example.com")

    monkeypatch.setattr("mapping.mapper.read_event", fail)
    [result] = mapper.map(raw, None)
    assert isinstance(result, Rejected)
    assert result.reason == "internal_error"
    assert "RuntimeError" in result.message
    assert "jane" not in result.message
    monkeypatch.undo()
    assert isinstance(mapper.map(raw, None)[0], Mapped)


@pytest.mark.parametrize(("own", "expected"), [("message-1", "message-1"), (None, "generated")], ids=["own id", "none"])
def test_an_internal_error_keeps_the_events_own_id(own, expected, bench, monkeypatch):
    """The generated id stands in only for an event without its own."""
    mapper = bench.plan().batch(b"{}", bench.received_ms)

    def fail(*_):
        raise RuntimeError

    monkeypatch.setattr("mapping.mapper.read_event", fail)
    [result] = mapper.map(json.dumps(bench.purchase(source_message_id=own)).encode(), "generated")
    assert (result.reason, result.event_id) == ("internal_error", expected)
