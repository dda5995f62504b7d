"""Forwarding rules: their order and names, notes on consent, and that ingest and the mapping decide alike."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.conditions.rule_names import condition_rule
from config.model import Condition, CustomMapping, Forward, Match
from mapping.conditions.compile import compile_for_events
from mapping.incoming.batch import head
from mapping.incoming.batch_fields import read_batch_fields
from mapping.incoming.event import UNREADABLE, read_event
from mapping.results import Mapped, Note, Rejected, Result, Unsupported, Withheld
from tests.mapping.conftest import Bench

Json = dict[str, Any]


def one(subject: Any, name: str, operator: Any, *values: str) -> Condition:
    return Condition(subject, name, operator, values)


INTERNAL = one("user_attribute", "internal", "is", "true")
SHOP = one("attribute", "channel", "in", "web", "shop")
CONSENT = one("gdpr_consent", "ads", "is", "true")


def test_the_batch_decides_before_the_event(bench: Any) -> None:
    """Whatever the order of the lists: what the batch tells is decided at ingest."""
    plan = bench.plan(forward=Forward(only_if=(SHOP,), never_if=(INTERNAL,)))
    result = bench.one(plan, user_attributes={"internal": True})
    assert result == Withheld(*["never_if 1: user_attribute internal is true"] * 2)


def test_every_condition_of_only_if_must_hold_and_none_of_never_if(bench: Any) -> None:
    staff = one("user_attribute", "staff", "exists", "true")
    plan = bench.plan(forward=Forward(only_if=(CONSENT, SHOP), never_if=(INTERNAL, staff)))
    web = bench.purchase(custom_attributes={"channel": "WEB"})
    given = {"consent_state": {"gdpr": {"Ads": {"consented": True}}}}
    assert isinstance(bench.one(plan, web, **given), Mapped)
    assert bench.one(plan, web).rule == "only_if 1: gdpr_consent ads is true"
    assert bench.one(plan, **given).rule == "only_if 2: attribute channel in web, shop"
    assert (
        bench.one(plan, web, **given, user_attributes={"staff": "x"}).rule == "never_if 2: user_attribute staff exists"
    )


def test_an_event_that_nothing_wants_is_unsupported_even_where_a_rule_of_events_would_withhold_it(bench: Any) -> None:
    plan = bench.plan(forward=Forward(only_if=(SHOP,)))
    assert bench.one(plan, {"event_type": "screen_view"}) == Unsupported("screen_view")


def test_an_unreadable_consent_withholds_with_a_note(bench: Any) -> None:
    plan = bench.plan(forward=Forward(only_if=(CONSENT,)))
    result = bench.one(plan, consent_state={"gdpr": {"ads": {"consented": "perhaps"}}})
    assert result.rule == "only_if 1: gdpr_consent ads is true"
    assert result.why == (
        "only_if 1: gdpr_consent ads is true (consent_state.gdpr.ads counts as opted out: "
        "must be true or false; relay cannot tell whether the user consented)"
    )


UNREADABLE_ANSWERS = [
    (("gdpr_consent", "ads"), "false", {"consent_state": {"gdpr": {"ads": {"consented": "perhaps"}}}}),
    (("batch", "ccpa_opt_out"), "true", {"consent_state": {"ccpa": {"data_sale_opt_out": {"consented": "?"}}}}),
    (("batch", "limits_tracking"), "true", {"device_info": {"limit_ad_tracking": "sometimes"}}),
]


@pytest.mark.parametrize(("subject", "opted_out", "batch"), UNREADABLE_ANSWERS)
def test_an_unreadable_consent_counts_as_opted_out_in_both_lists(
    bench: Any, subject: tuple[Any, str], opted_out: str, batch: Json
) -> None:
    """Whatever the operator and the list: as the user's refusal, and there is an answer; always with a note."""
    opted_in = {"true": "false", "false": "true"}[opted_out]
    holding = [one(*subject, "is", opted_out), one(*subject, "exists", "true")]
    failing = [one(*subject, "is", opted_in), one(*subject, "exists", "false")]
    for rule in holding:
        assert "counts as opted out" in bench.one(bench.plan(forward=Forward(never_if=(rule,))), **batch).why
        assert (
            "counts as opted out" in bench.mapped(bench.plan(forward=Forward(only_if=(rule,))), **batch).notes[0].note
        )
    for rule in failing:
        assert "counts as opted out" in bench.one(bench.plan(forward=Forward(only_if=(rule,))), **batch).why
        assert isinstance(bench.one(bench.plan(forward=Forward(never_if=(rule,))), **batch), Mapped)


def test_an_unreadable_consent_gives_a_note_on_an_event_that_is_sent(bench: Any) -> None:
    plan = bench.plan(forward=Forward(never_if=(one("batch", "limits_tracking", "is", "false"),)))
    mapped = bench.mapped(plan, device_info={"limit_ad_tracking": "sometimes"})
    assert mapped.notes[0] == Note(
        "device_info.limit_ad_tracking",
        "counts as opted out: limit_ad_tracking must be true or false; relay takes any other answer for true",
    )


def test_a_name_in_the_counts_is_bounded_and_shows_no_identity(bench: Any) -> None:
    long = one("user_attribute", "a" * 300, "is", "b" * 300)
    result = bench.one(bench.plan(forward=Forward(only_if=(long,))))
    assert len(result.rule) < 120
    mail = one("identity", "email", "is", "jane@shop.example")
    result = bench.one(bench.plan(forward=Forward(never_if=(mail,))), user_identities={"email": "Jane@shop.example"})
    assert result.why == result.rule == "never_if 1: identity email is …"


@pytest.mark.parametrize(
    ("subject", "operator", "value"),
    [
        ("user_attribute", "is", "+49 (170) 1234567"),
        ("user_attribute", "in", "(030) 123 4567"),
        ("user_attribute", "starts_with", "+1 (555) 123-4567"),
        ("user_attribute", "matches", r"^(\+|00)49170123456"),
        ("user_attribute", "is", "jane@shop.example"),
        ("attribute", "starts_with", "jane.doe@"),
        ("attribute", "matches", r"^jane\@"),
    ],
)
def test_a_name_in_the_counts_shows_no_phone_number_and_no_address(subject: Any, operator: Any, value: str) -> None:
    assert condition_rule("never_if", 1, one(subject, "a", operator, value)).endswith(" …")


def test_a_name_in_the_counts_shows_other_values() -> None:
    for value in ("gold", "@shop.example", "123456", "2.0 (beta)"):
        assert condition_rule("only_if", 1, one("user_attribute", "a", "is", value)).endswith(f"is {value}")


@pytest.mark.parametrize("route", ["web", "legacy", "app", "offline"])
def test_a_native_event_that_is_off_is_withheld_at_ingest(bench: Any, route: str) -> None:
    plan = bench.plan(route, native_events={"view_detail": None})
    event = bench.purchase(product_action={"action": "view_detail"})
    off = Withheld(*["native_events: view_detail off"] * 2)
    assert bench.refused(plan, head(json.dumps(event).encode())) == off
    assert bench.one(plan, event) == off
    assert isinstance(bench.one(plan), Mapped)


def test_a_custom_mapping_takes_a_native_event_that_is_off(bench: Any) -> None:
    mapping = CustomMapping("ViewContent", Match(action="view_detail", attributes={"page": frozenset({"sale"})}))
    plan = bench.plan(native_events={"view_detail": None}, custom_mappings=(mapping,))
    viewed = {"product_action": {"action": "view_detail"}}
    sale = bench.purchase(**viewed, custom_attributes={"page": "sale"})
    assert bench.refused(plan, head(json.dumps(sale).encode())) is None
    assert bench.mapped(plan, sale).tiktok_event == "ViewContent"
    assert bench.one(plan, bench.purchase(**viewed)).rule == "native_events: view_detail off"


def test_an_unreadable_event_whose_native_event_is_off_is_withheld(bench: Any) -> None:
    plan = bench.plan(native_events={"purchase": None})
    event = bench.purchase(custom_flags=[1])
    assert bench.one(plan, event).rule == "native_events: purchase off"


def test_nothing_is_remembered_of_a_user_whose_events_are_withheld(bench: Any) -> None:
    plan = bench.plan(enrich_ip_address=True, forward=Forward(never_if=(INTERNAL,)))
    batch = {"mpid": 7, "ip": "203.0.113.9", "user_attributes": {"internal": "true"}}
    assert plan.profile_observer.observe(json.dumps(batch).encode(), [], 0) is None
    update = plan.profile_observer.observe(json.dumps({**batch, "user_attributes": {}}).encode(), [], 0)
    assert [text for _, text, _, _ in update.values] == ["203.0.113.9"]


WORDS = st.sampled_from(["true", "web", "gold", "1", ""])
LEAVES = st.one_of(st.none(), st.booleans(), WORDS, st.integers(0, 3), st.lists(WORDS, max_size=2), st.just({"a": 1}))
BATCHES = st.fixed_dictionaries(
    {},
    optional={
        "environment": st.sampled_from(["production", "development", "PROD", None, 5]),
        "mpid": st.one_of(LEAVES, st.integers(1, 40)),
        "mp_deviceid": LEAVES,
        "user_identities": st.one_of(LEAVES, st.dictionaries(st.sampled_from(["email", "customerid"]), LEAVES)),
        "user_attributes": st.one_of(LEAVES, st.dictionaries(st.sampled_from(["tier", "internal"]), LEAVES)),
        "application_info": st.one_of(LEAVES, st.fixed_dictionaries({"application_version": LEAVES, "os": LEAVES})),
        "device_info": st.one_of(LEAVES, st.fixed_dictionaries({"limit_ad_tracking": LEAVES})),
        "consent_state": st.one_of(
            LEAVES,
            st.fixed_dictionaries({"gdpr": st.one_of(LEAVES, st.fixed_dictionaries({"ads": LEAVES}))}),
            st.fixed_dictionaries({"gdpr": st.just({"ads": {"consented": True}}), "ccpa": LEAVES}),
        ),
    },
)
CONDITIONS = st.sampled_from(
    [
        INTERNAL,
        SHOP,
        CONSENT,
        one("user_attribute", "tier", "not_in", "gold"),
        one("identity", "email", "exists", "false"),
        one("identity", "customer_id", "exists", "true"),
        one("batch", "app_version", "greater", "1"),
        one("batch", "os", "is", "ios"),
        one("batch", "environment", "is", "production"),
        one("batch", "ccpa_opt_out", "exists", "false"),
        one("batch", "limits_tracking", "is", "true"),
        one("gdpr_consent", "ads", "is", "false"),
        one("field", "action", "is", "purchase"),
        one("product", "price", "greater", "5"),
    ]
)
FORWARDS = st.builds(
    Forward,
    only_if=st.lists(CONDITIONS, max_size=2).map(tuple),
    never_if=st.lists(CONDITIONS, max_size=3).map(tuple),
    logged_in_only=st.booleans(),
    sample_ppm=st.sampled_from([None, None, 500_000]),
)
EVENTS = st.sampled_from(
    [
        {},
        {"custom_attributes": {"channel": "web"}},
        {"product_action": {"action": "purchase", "products": [{"price": 9}]}},
        {"product_action": {"action": "view_detail"}},
        {"product_action": {"action": "refund"}},
        {"product_action": 7},
    ]
)


@settings(max_examples=400, deadline=None)
@given(FORWARDS, BATCHES, st.lists(EVENTS, min_size=1, max_size=3), st.sampled_from([None, "ads"]), st.booleans())
def test_what_ingest_decides_the_mapping_decides(
    forward: Forward, batch: Json, events: list[Json], purpose: str | None, off: bool
) -> None:
    """For any batch and any rules: an event that ingest refuses ends the same way when it is mapped."""
    bench = Bench()
    native = {"view_detail": None} if off else {}
    plan = bench.plan(forward=forward, gdpr_purpose=purpose, native_events=native)
    purchases = [bench.purchase(**event) for event in events]
    mapped = bench.results(plan, {**batch, "events": purchases})
    for event, results in zip(purchases, mapped, strict=True):
        refused = bench.refused(plan, head(json.dumps(event).encode()), **batch)
        if refused is not None:
            assert results == [refused]
        elif isinstance(results[0], Withheld):
            assert results[0].rule.startswith(("only_if", "never_if", "sample", "native_events"))


@settings(max_examples=300, deadline=None)
@given(FORWARDS, BATCHES, EVENTS)
def test_nothing_is_sent_that_a_condition_of_never_if_withholds(forward: Forward, batch: Json, event: Json) -> None:
    """By the definition of the rules: each condition alone, evaluated over the event, decides what must not be sent."""
    bench = Bench()
    results: list[Result] = [bench.one(bench.plan(forward=forward), bench.purchase(**event), **batch)]
    try:
        shared = read_batch_fields(json.dumps(batch).encode(), "web")
        incoming = read_event(json.dumps(bench.purchase(**event)).encode(), shared, None, 0, 0)
    except UNREADABLE:
        assert not isinstance(results[0], Mapped)
        return
    never = any(compile_for_events(condition)(incoming) for condition in forward.never_if)
    only = all(compile_for_events(condition)(incoming) for condition in forward.only_if)
    if never or not only:
        assert not isinstance(results[0], Mapped | Rejected)
