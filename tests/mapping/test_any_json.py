"""What holds for any JSON whatever, hunted by Hypothesis."""

import json
from contextlib import suppress
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from config.additional_fields import ADDITIONAL_FIELDS, ADDITIONAL_PARAMETERS
from config.model import Condition, CustomMapping, Match, Parameter, Selection, Transform
from mapping.incoming.batch import NotABatch, generate_id, head, split_batch
from mapping.results import Mapped, Rejected, Unsupported, Withheld
from sandbox.inspection import Inspector, read
from sandbox.rules import ENDPOINTS

ROUTES = ("legacy", "web", "app", "offline", "crm")
EMPTY = sha256(b"").hexdigest()
REASONS = {"invalid_url", "missing_url", "invalid_ttclid", "missing_parameter", "missing_lead_id", "invalid_value"}
REASONS |= {"invalid_batch"}
INSPECTOR = Inspector()
HEADERS = {"access-token": "token", "content-type": "application/json"}
RECEIVED_MS = 1_700_000_000_000

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(
        ["", " ", "0", "19.99", "usd", "https://a.example/x", "E.C.P.abc", "purchase", "PURCHASE", EMPTY, "1" * 5000]
    )
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


def maybe(likely: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly what belongs there, sometimes anything."""
    return st.one_of(likely, likely, likely, anything)


def some(fields: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    """An object with any of these fields."""
    return maybe(st.fixed_dictionaries({}, optional=fields))


LIKELY = ["2026-11-26", "20261126", 3, "2", "7.5", -1, "Other", "in_store", "x" * 18, "a, b", "1-2", "2-1", 2026, True]
products = st.lists(
    some(
        {
            name: maybe(st.sampled_from(["a", 1, "2.5", 0, ""]))
            for name in ("id", "name", "category", "brand", "price", "quantity")
        }
        | {"custom_attributes": some({"sku": scalars})}
    ),
    max_size=3,
)
promotions = st.lists(some({"id": anything, "name": maybe(st.just("Spring"))}), max_size=2)
data = some(
    {
        "source_message_id": maybe(st.text(min_size=1, max_size=5)),
        "event_id": scalars,
        "timestamp_unixtime_ms": maybe(st.integers(10**12, 10**13 - 1) | st.integers(10**9, 10**10 - 1)),
        "event_name": maybe(st.just("Site Search")),
        "custom_flags": some(
            {
                "TikTok.URL": maybe(
                    st.text(max_size=9).map("https://a".__add__)
                    | st.text(max_size=9).map("https://a/?ttclid=E.C.P.".__add__)
                ),
                "TikTok.Referrer": anything,
                "tiktok.url": maybe(st.just("https://a")),
                "TikTok.Callback": maybe(st.sampled_from([None, "E.C.P.abc"])),
            }
        ),
        "page_url": maybe(st.sampled_from(["https://u:p@a.example/x#y", "about:blank"])),
        "currency_code": maybe(st.sampled_from(["usd", "EUR", None])),
        "custom_attributes": some(
            {
                "term": scalars,
                "lead_id": maybe(st.just("7309-1")),
                **{name: maybe(st.sampled_from(LIKELY)) for name in ADDITIONAL_PARAMETERS},
            }
        ),
        "product_action": some(
            {
                "action": maybe(st.sampled_from(["purchase", "ADD_TO_CART", "refund"])),
                "total_amount": maybe(st.sampled_from([0, "5.5", 7])),
                "transaction_id": maybe(st.sampled_from([None, "T-1", 7])),
                "products": maybe(products),
            }
        ),
        "promotion_action": some({"action": maybe(st.just("view")), "promotions": maybe(promotions)}),
    }
)
events = maybe(
    st.fixed_dictionaries({"event_type": maybe(st.sampled_from(["commerce_event", "custom_event"])), "data": data})
)

# Marked so that a body can be searched for them; each is someone's.
personal = st.sampled_from(
    [
        "raw-Jane@example.com",
        " raw-JANE ",
        "raw-id-7",
        "+1 213 373-4253",
        "raw 2133734253",
        True,
        12345678901,
        [],
        {},
        None,
        "",
    ]
)
batches = st.fixed_dictionaries(
    {"events": st.lists(events, max_size=4)},
    optional={
        "environment": maybe(st.sampled_from(["production", "development"])),
        "ip": maybe(st.sampled_from(["203.0.113.9", "10.0.0.1"])),
        "user_identities": some(
            {
                name: personal | st.lists(personal, max_size=2)
                for name in ("email", "customer_id", "customerid", "mobile_number")
            }
        ),
        "user_attributes": some(
            {
                **dict.fromkeys(("$FirstName", "$lastname", "$Zip"), personal),
                **dict.fromkeys(("$City", "$country", "isRetargeting", "adId"), anything),
            }
        ),
        "partner_identities": some({"tiktok_cookie_id": scalars}),
        "device_info": some(
            {
                **dict.fromkeys(("ios_advertising_id", "android_advertising_id"), personal),
                "limit_ad_tracking": maybe(st.booleans()),
                "att_authorization_status": maybe(st.sampled_from(["denied", "Authorized", "unknown"])),
                "ios_idfv": maybe(st.sampled_from(["8c61383f-2216-4713", "0000-00", ""])),
                "os_version": maybe(st.sampled_from(["13.7", "17", ""])),
                "locale_language": maybe(st.sampled_from(["en", "zh_Hant", "English"])),
                "locale_country": maybe(st.sampled_from(["US", "de", "Germany"])),
            }
        ),
        "application_info": some({"package": anything}),
        "mpid": scalars,
        "consent_state": some(
            {
                "gdpr": some({"marketing": some({"consented": maybe(st.booleans())})}),
                "ccpa": some({"data_sale_opt_out": some({"consented": maybe(st.booleans())})}),
            }
        ),
    },
)
MAPPINGS = (
    CustomMapping("Search", Match("custom_event"), {"query": Parameter("attribute", "term", required=True)}),
    CustomMapping(
        "CompletePayment",
        Match(action="purchase"),
        {
            "value": Parameter("field", "total_amount"),
            "content_id": Parameter("product", "id"),
            "price": Parameter("static", "1"),
        },
    ),
)
TERM = Parameter("attribute", "term", transform=(Transform("split", ","), Transform("trim"), Transform("join", " ")))
CENTS = (Transform("first"), Transform("multiply", "0.01"), Transform("round", "2"))
WIDE = (
    CustomMapping(
        "ViewContent",
        Match("commerce_event", never_if=(Condition("product", "id", "matches", ("^x+$",)),)),
        {
            "value": Parameter("product", "price"),
            "content_id": Parameter("product_attribute", "sku"),
            "price": Parameter("product", "price", transform=CENTS),
            "query": Parameter("promotion", "name"),
            "description": TERM,
        },
        products=Selection(only_if=(Condition("product", "price", "exists", ("true",)),)),
        for_each="product",
    ),
    CustomMapping(
        "Lead",
        Match(only_if=(Condition("user_attribute", "adId", "exists", ("true",)),)),
        {
            "description": Parameter("product", "name", transform=(Transform("lower"), Transform("join", ","))),
            "query": Parameter("identity_present", "email"),
            "value": Parameter("user_attribute", "adId", transform=CENTS),
        },
        products=Selection(take="last"),
    ),
    CustomMapping("Schedule", Match(), {"content_id": Parameter("promotion", "id")}, for_each="promotion"),
    CustomMapping("Lead", Match("custom_event"), {"description": TERM}, is_default=True),
)
CUSTOM = (CustomMapping("Any_Thing", Match("custom_event"), {"description": TERM}, is_custom_event=True),)
BEYOND = {
    "test_event_code": "TEST12345",
    **dict.fromkeys(("ccpa_limited_data_use", "att_withholds_idfa", "ttclid_from_url"), True),
    **dict.fromkeys(("send_content_ids", "send_search_string", "send_order_id", "enrich_ip_address"), True),
    "also_send": frozenset(ADDITIONAL_FIELDS),
    "lead_event_source": "HubSpot",
}
check = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def plans(bench):
    """A plan of each route: native events only, mapped ones too, all settings beyond the page; and consent asked."""
    choices = ({}, {"custom_mappings": MAPPINGS}, {"custom_mappings": MAPPINGS, **BEYOND}, {"custom_mappings": WIDE})
    made = [bench.plan(route, **chosen) for route in ROUTES for chosen in choices]
    made += [bench.plan(route, custom_mappings=CUSTOM) for route in ("legacy", "web", "app")]
    return [*made, bench.plan("web", gdpr_purpose="marketing", **BEYOND)]


def results_of(plan, batch):
    raw = json.dumps(batch).encode()
    split = split_batch(raw)
    mapper = plan.batch(split.shared, RECEIVED_MS)
    return [
        mapper.map(bytes(one), generate_id("in", split, lambda: raw, i, head(one), RECEIVED_MS))
        for i, one in enumerate(split.events)
    ]


def bodies_of(plan, batch):
    return [
        json.loads(result.body)
        for results in results_of(plan, batch)
        for result in results
        if isinstance(result, Mapped)
    ]


@check
@example(b'"')
@given(st.binary(max_size=60) | anything.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_crash_anything(plans, raw):
    """Any bytes as batch, as the part its events share, as event."""
    with suppress(NotABatch):
        split_batch(raw)
    head(raw)
    for plan in plans:
        for result in plan.batch(raw, RECEIVED_MS).map(raw, "generated"):
            assert isinstance(result, Mapped | Unsupported | Withheld) or result.reason in REASONS


@check
@given(batches)
def test_every_event_ends_somehow_and_says_why(plans, batch):
    """Never nothing, never `internal_error`; a dead letter has a known reason and a sentence."""
    for plan in plans:
        for results in results_of(plan, batch):
            assert results
            for result in results:
                if isinstance(result, Rejected):
                    assert result.reason in REASONS
                    assert result.message.endswith(".")


@check
@given(batches)
def test_bodies_are_plausible(plans, batch):
    """Ids are text, times are seconds, numbers finite, nothing empty is sent and nothing is the hash of nothing."""
    for plan in plans:
        for body in bodies_of(plan, batch):
            assert isinstance(body["event_id"], str)
            assert body["event_id"]
            if "event_time" in body:
                assert 10**9 <= body["event_time"] < 10**10
            else:
                assert len(body["timestamp"]) == len("2023-11-14T22:13:20Z")
            for content in body.get("properties", {}).get("contents", []):
                assert isinstance(content.get("content_id", ""), str)
            text = json.dumps(body)
            assert not any(word in text for word in ("null", "NaN", "Infinity", "{}", "[]"))
            assert EMPTY not in json.dumps([body.get("user"), body.get("context", {}).get("user")])


@check
@given(batches)
def test_sandbox_takes_every_body(plans, batch):
    """What mapping lets through, a strict stand-in for TikTok takes."""
    for plan in plans:
        endpoint = next(one for one in ENDPOINTS if one.path == plan.route.path)
        for results in results_of(plan, batch):
            for result in results:
                if isinstance(result, Mapped):
                    submission = read(endpoint, plan.request([result.body]))
                    assert INSPECTOR.inspect(HEADERS, submission) is submission


@check
@given(batches)
def test_no_raw_identity_is_ever_in_a_body(plans, batch):
    """Neither in a body, nor in a note or message about an event."""
    for plan in plans:
        for results in results_of(plan, batch):
            for result in results:
                described = result.body.decode() if isinstance(result, Mapped) else str(result)
                notes = str(result.notes) if isinstance(result, Mapped) else ""
                assert "raw" not in described.lower().replace("draw", "")
                assert "2133734253" not in described
                assert "12345678901" not in described
                assert "raw" not in notes.lower()


@check
@given(batches)
def test_same_input_gives_the_same_bytes(plans, batch):
    """Whatever was mapped before, and by another plan of the same settings."""
    for plan in plans:
        assert results_of(plan, batch) == results_of(plan, batch)


@check
@given(batches)
def test_each_event_is_independent_of_its_neighbours(plans, batch):
    """An event alone in its batch becomes what it becomes among others; only a generated id knows its place."""
    raw = json.dumps(batch).encode()
    split = split_batch(raw)
    for plan in plans:
        together = plan.batch(split.shared, RECEIVED_MS)
        for event in reversed(split.events):
            alone = plan.batch(split.shared, RECEIVED_MS)
            assert together.map(bytes(event), "generated") == alone.map(bytes(event), "generated")
