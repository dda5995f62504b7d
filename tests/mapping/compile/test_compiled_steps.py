"""Compiled steps give the same as reading and checking each step's value, one after the other."""

import json
from itertools import product
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.interpreter import fill, interpret, same

from config.additional_fields import ADDITIONAL_FIELDS, ADDITIONAL_PARAMETERS
from config.model import Connection, Parameter
from config.routes import APP, CRM, LEGACY, OFFLINE, WEB, Route
from config.vocabulary import EVENT_FIELDS, PRODUCT_FIELDS
from mapping.compile.functions import compile_filler, compile_maker
from mapping.compile.plain import NAMED, PLAIN
from mapping.compile.steps import Failure, ObjectSteps, Step, steps_by_object
from mapping.fields.placeholders import NO_VALUE
from mapping.fields.rules import meaningful
from mapping.incoming.batch_fields import read_batch_fields
from mapping.incoming.event import read_event
from mapping.properties.native import BESIDE
from mapping.properties.parameters import rows_of, step_of
from mapping.results import Note
from mapping.sources import Scope
from mapping.tables import COMMERCE, FIELDS
from mapping.wire import shape_of

Filled = tuple[dict[str, Any], list[Note]]

NOW_MS = 1_700_000_000_000
EXTRAS = ("ccpa_limited_data_use", "att_withholds_idfa", "ttclid_from_url", "send_order_id", "send_search_string")

plain = st.sampled_from(
    [
        "a",
        "USD",
        "https://a.example/x",
        "E.C.P.abc",
        "purchase",
        1,
        19.99,
        0,
        True,
        NOW_MS,
        "a@b.example",
        "+12133734253",
    ]
)
ODD_TEXTS = [
    "",
    " ",
    "usd",
    "5.5",
    "1e5",
    "x" * 64,
    "0" * 64,
    "http:///",
    "https://?",
    "E.C.P.",
    "E.C.P.a b",
    "E.C.P." + "x" * 995,
    "\u00a0",
]
ODD_LISTS: list[Any] = [[], ["a", 1], [None], [["x"]], {}, {"consented": True}]
odd = st.sampled_from([None, 5.0, -1, 2**63, 10**400, *ODD_TEXTS, "https://a b", "E.C.P.\x01", "é", *ODD_LISTS])
leaf = st.one_of(plain, plain, odd, st.text(max_size=5), st.floats(allow_nan=False, allow_infinity=False))


def some(*names: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, leaf))


flags = some("TikTok.URL", "TikTok.Referrer", "TikTok.Callback", "tiktok.url", "TikTok.CallBack", "Other.Flag")
products = st.lists(st.none() | some(*PRODUCT_FIELDS), max_size=3)
attributes = some("$FirstName", "$city", "$COUNTRY", "$Zip", "campaignId", "isRetargeting", "attributionType")
actions = st.builds(
    lambda fields, products: {**fields, "products": products},
    some("action", *(name for name in EVENT_FIELDS if name not in ("currency_code", "event_name"))),
    products,
)
data = st.builds(
    lambda fields, flags, action, own: {**fields, "custom_flags": flags, "product_action": action, **own},
    some("source_message_id", "event_id", "timestamp_unixtime_ms", "currency_code", "event_name", "page_url"),
    flags,
    actions,
    st.fixed_dictionaries({"custom_attributes": some("term", "section", "lead_id", *ADDITIONAL_PARAMETERS)}),
)
events = st.fixed_dictionaries({"event_type": leaf, "data": data})
batches = st.fixed_dictionaries(
    {},
    optional={
        "ip": leaf,
        "user_identities": some("email", "customer_id", "customerid", "mobile_number"),
        "user_attributes": attributes,
        "partner_identities": some("tiktok_cookie_id"),
        "device_info": some(
            *("http_header_user_agent", "ios_advertising_id", "android_advertising_id", "att_authorization_status"),
            *("limit_ad_tracking", "ios_idfv", "os_version", "locale_language", "locale_country"),
        ),
        "application_info": some("package", "application_name", "application_version"),
        "consent_state": st.fixed_dictionaries({"ccpa": st.fixed_dictionaries({"data_sale_opt_out": leaf})}),
    },
)


def connection(extras: bool) -> Connection:
    return Connection(
        id="shop",
        inputs=("in",),
        access_token="token",
        event_source_id="CUSG5HBC77UD11VVRQEG",
        max_event_age_s=600 if extras else None,
        invalid_ttclid="drop_field" if extras else "dead_letter",
        **dict.fromkeys(EXTRAS, extras),
        also_send=frozenset(ADDITIONAL_FIELDS if extras else ()),
        lead_event_source="HubSpot" if extras else None,
    )


def incoming_of(event: Any, batch: Any) -> Any:
    shared = read_batch_fields(json.dumps(batch).encode())
    return read_event(json.dumps(event).encode(), shared, "generated", NOW_MS, NOW_MS + 5)


CASES = [
    (route, connection(extras), scope)
    for route, extras, scope in product((LEGACY, WEB, APP, OFFLINE, CRM), (False, True), (Scope.EVENT, Scope.BATCH))
]
COMPILED = [
    (scope, objects, compile_filler(objects))
    for route, settings_, scope in CASES
    for objects in [steps_by_object((*FIELDS, *COMMERCE, *BESIDE), scope, route.name, shape_of(route), settings_)]
]


@settings(max_examples=100, deadline=None)
@given(events, batches)
def test_rows_compiled_are_the_rows_interpreted(event, batch):
    """Every row of an event or a batch, on every route, with settings beyond the page and without."""
    incoming = incoming_of(event, batch)
    for scope, objects, compiled in COMPILED:
        subject = incoming if scope is Scope.EVENT else incoming.shared
        ours: Filled = ({}, [])
        plainly: Filled = ({}, [])
        failures = compiled(subject, *ours), fill(objects, subject, *plainly)
        assert same(*failures)
        assert failures[0] is not None or same(ours, plainly)


def parameter_steps(route: Route) -> tuple[Step, ...]:
    """Every parameter of custom mappings, from every kind of source; required, with a default and without either."""
    settings_ = connection(extras=True)
    sources = [
        *(Parameter("attribute", name) for name in ("term", "section")),
        *(Parameter("user_attribute", name, required=True) for name in ("$City", "campaignId")),
        *(Parameter("field", name, default="7") for name in EVENT_FIELDS),
        Parameter("static", "o'clock \\ {x}"),
    ]
    names = ("price", "currency", "value", "content_id", "query", "description", "brand", "status", "vin", "year")
    return tuple(
        step_of(row, source, "Search")
        for source in sources
        for name in names
        for row in rows_of(name, settings_, route)
    )


PARAMETERS = [((step,), compile_filler([ObjectSteps((), (step,))])) for step in parameter_steps(WEB)]


@settings(max_examples=50, deadline=None)
@given(events, batches)
def test_parameters_compiled_are_parameters_interpreted(event, batch):
    """Each alone, because a required parameter that is missing ends an event."""
    incoming = incoming_of(event, batch)
    for steps, compiled in PARAMETERS:
        ours: Filled = ({}, [])
        plainly: Filled = ({}, [])
        failures = compiled(incoming, *ours), interpret(steps, incoming, *plainly)
        assert same((failures[0], ours), (failures[1], plainly))


[OF_PRODUCT] = steps_by_object(COMMERCE, Scope.PRODUCT, "web", shape_of(WEB), connection(extras=False))
OF_EVENT = parameter_steps(WEB)[-1:]


@pytest.mark.parametrize("shared", [(), OF_EVENT], ids=["of products alone", "of the event as well"])
@pytest.mark.parametrize("constants", [{}, {"content_type": "product"}], ids=str)
@settings(deadline=None)
@given(event=events)
def test_products_compiled_are_products_interpreted(shared, constants, event):
    """Each product is independent; a note names its position; a product without fields gives no content."""
    incoming = incoming_of(event, {})
    products = incoming.product_action.products
    notes: list[Note] = []
    of_event: dict[str, Any] = {}
    assert interpret(shared, incoming, of_event, notes) is None
    expected: list[dict[str, Any]] | Failure = []
    for position, subject in enumerate(products):
        content = dict(of_event)
        within = f"products[{position}]."
        failure = None if subject is None else interpret(OF_PRODUCT.steps, subject, content, notes, within)
        if failure is not None:
            expected = failure
            break
        if subject is not None and content:
            expected.append({**content, **constants})
    written: list[Note] = []
    made = compile_maker(shared, OF_PRODUCT.steps, "products", constants)(incoming, products, written)
    assert same(made if isinstance(made, Failure) else msgspec.to_builtins(made), expected)
    assert written == notes


@pytest.mark.parametrize("rule", PLAIN, ids=lambda rule: rule.__name__)
@settings(deadline=None)
@given(value=leaf | st.text(alphabet="https:/?# .ECP\n\u00a0xé", max_size=16) | st.integers())
def test_what_is_plain_passes_its_rule_as_it_is(rule, value):
    """A plain value must be one that its rule returns unchanged."""
    if eval(PLAIN[rule], {**NAMED, "value": value}):
        assert same(rule(value), value)


@pytest.mark.parametrize("value", ["na ", "\x7f", "n\x7full", "nu\x00ll"])
def test_a_placeholder_with_invisible_characters_is_not_plain(value):
    """Its rule omits it, so it must not be sent as it is."""
    assert not eval(PLAIN[meaningful], {**NAMED, "value": value})
    assert meaningful(value) is NO_VALUE
