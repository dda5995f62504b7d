"""X1–X9: settings beyond the page. On, the event is what the setting says, where a route can; off, it is the page's."""

import json

import pytest

from config.model import CustomMapping, Match, Parameter
from mapping.results import Withheld

ROUTES = ("legacy", "web", "app", "offline")
TRACK = ("web", "app", "offline")
CLICK = "E.C.P.abc"
IDFA = "7A3CBEA0-BDF5-11E4-8DFC-AA07A5B093DB"
IDFA_HASH = "08f1f8e9e433f685c514154e1a5b0dfe1885c6f140a7e3eff08a037bda13dcc1"


def opted_out(consented):
    return {"consent_state": {"ccpa": {"data_sale_opt_out": {"consented": consented}}}}


def asked(answer):
    return {"device_info": {"ios_advertising_id": IDFA, "att_authorization_status": answer}}


def page(url, flag=None):
    return {"custom_flags": {"TikTok.URL": url, "TikTok.Callback": flag}}


def bought(*products, **action):
    return {"product_action": {"products": list(products), **action}}


CCPA, ATT, IN_URL = "ccpa_limited_data_use", "att_withholds_idfa", "ttclid_from_url"
IDS, ORDER = "send_content_ids", "send_order_id"
CLICKED = "https://shop.example/?a=1&ttclid=E.C.P.abc#top"

# Row, what is said, the setting, the routes it works on, batch, data, the path there, the value when on, and when off.
CASES = [
    ("X1", "opted out", CCPA, ("web", "app"), opted_out(True), {}, "limited_data_use", True, None),
    ("X1", "opted out, as text", CCPA, ("web", "app"), opted_out("True"), {}, "limited_data_use", True, None),
    ("X1", "not opted out", CCPA, ("web", "app"), opted_out(False), {}, "limited_data_use", None, None),
    ("X1", "nothing said", CCPA, ("web", "app"), {"consent_state": None}, {}, "limited_data_use", None, None),
    ("X1", "nonsense", CCPA, ("web", "app"), {"consent_state": {"ccpa": [1]}}, {}, "limited_data_use", None, None),
    ("X3", "denied", ATT, TRACK, asked("denied"), {}, "user.idfa", None, IDFA_HASH),
    ("X3", "restricted", ATT, TRACK, asked("RESTRICTED"), {}, "user.idfa", None, IDFA_HASH),
    ("X3", "authorized", ATT, TRACK, asked("authorized"), {}, "user.idfa", IDFA_HASH, IDFA_HASH),
    ("X3", "not determined", ATT, TRACK, asked("not_determined"), {}, "user.idfa", IDFA_HASH, IDFA_HASH),
    ("X3", "nothing said", ATT, TRACK, asked(None), {}, "user.idfa", IDFA_HASH, IDFA_HASH),
    ("X3", "a refusal is sent to TikTok", ATT, ("app",), asked("denied"), {}, "user.att_status", "DENIED", None),
    ("X3", "TikTok gets consent", ATT, ("app",), asked("Authorized"), {}, "user.att_status", "AUTHORIZED", None),
    ("X3", "no known answer", ATT, ("app",), asked("perhaps"), {}, "user.att_status", None, None),
    ("X4", "in the page", IN_URL, ("web", "offline"), {}, page(CLICKED), "user.ttclid", CLICK, None),
    ("X4", "in the page, app", IN_URL, ("app",), {}, page(CLICKED), "ad.callback", CLICK, None),
    ("X4", "in the page, legacy", IN_URL, ("legacy",), {}, page(CLICKED), "context.ad.callback", CLICK, None),
    ("X4", "percent-decoded", IN_URL, ("web",), {}, page("https://a.b/?ttclid=E%2EC%2EP%2Eab%7E"), "user.ttclid",
     "E.C.P.ab~", None),
    ("X4", "the flag wins", IN_URL, ("web",), {}, page(CLICKED, "E.C.P.own"), "user.ttclid", "E.C.P.own", "E.C.P.own"),
    ("X4", "an empty flag", IN_URL, ("web",), {}, page(CLICKED, ""), "user.ttclid", CLICK, None),
    ("X4", "in the fragment", IN_URL, ("web",), {}, page("https://a.b/#ttclid=E.C.P.abc"), "user.ttclid", None, None),
    ("X4", "of another name", IN_URL, ("web",), {}, page("https://a.b/?xttclid=E.C.P.a"), "user.ttclid", None, None),
    ("X4", "a macro in the page", IN_URL, ("web",), {}, page("https://a.b/?ttclid=__CLICKID__"), "user.ttclid", None,
     None),
    ("X5", "two products", IDS, TRACK, {}, bought({"id": 7}, {"id": "b"}), "properties.content_ids", ["7", "b"], None),
    ("X5", "one twice, one without", IDS, TRACK, {}, bought({"id": "a"}, {"price": 1}, {"id": "a"}),
     "properties.content_ids", ["a"], None),
    ("X5", "none has an id", IDS, TRACK, {}, bought({"price": 1}), "properties.content_ids", None, None),
    ("X7", "the transaction", ORDER, TRACK, {}, bought(transaction_id=1001), "properties.order_id", "1001", None),
    ("X7", "no transaction", ORDER, TRACK, {}, bought(transaction_id=""), "properties.order_id", None, None),
]  # fmt: skip


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]} {case[1]}")
def test_setting_changes_what_it_says_and_no_more(bench, at, case, route):
    """On, the value stands at its path on the routes that have one; off or elsewhere, the event is the page's."""
    _, _, setting, routes, batch, data, path, on, off = case
    event = bench.purchase(**data)
    with_it = bench.body(bench.plan(route, **{setting: True}), event, **batch)
    without = bench.body(bench.plan(route, **{setting: False}), event, **batch)
    if route in routes:
        assert at(with_it, path) == on
        assert at(without, path) == off
    elif setting != ATT:  # which has more than one path
        assert with_it == without or setting == IN_URL


def test_refused_tracking_is_noted(bench):
    """X3: a note says why the identifier is omitted; without an identifier there is no note."""
    plan = bench.plan("app", att_withholds_idfa=True)
    app = {"application_info": {"package": "com.shop"}}
    [note] = bench.mapped(plan, **asked("denied"), **app).notes
    assert note.field == "device_info.ios_advertising_id"
    assert "refused tracking" in note.note
    assert bench.mapped(plan, device_info={"att_authorization_status": "denied"}, **app).notes == ()


@pytest.mark.parametrize(
    ("url", "words"),
    [(CLICKED, "taken from the page's address"), ("https://a.b/?ttclid=__CLICKID__", "omitted: the flag is absent")],
    ids=["taken", "not a click id"],
)
def test_click_id_of_the_page_is_noted(bench, url, words):
    """X4: where a click id came from, or why the page's is not sent."""
    [note] = bench.mapped(bench.plan(ttclid_from_url=True), bench.purchase(**page(url))).notes
    assert note.field == "TikTok.Callback"
    assert words in note.note


def test_bad_flag_is_refused_with_any_page(bench):
    """X4 is for events without the flag: a malformed one stays E8's business."""
    event = bench.purchase(**page(CLICKED, "__CALLBACK_PARAM__"))
    assert bench.rejected(bench.plan(ttclid_from_url=True), event).reason == "invalid_ttclid"


CONSENTS = [
    ("consented", {"gdpr": {"marketing": {"consented": True}}}, True),
    ("in another case", {"gdpr": {" Marketing ": {"consented": "true"}}}, True),
    ("refused", {"gdpr": {"marketing": {"consented": False}}}, False),
    (
        "refused in another case",
        {"gdpr": {"marketing": {"consented": True}, "MARKETING": {"consented": False}}},
        False,
    ),
    ("another purpose", {"gdpr": {"analytics": {"consented": True}}}, False),
    ("no answer", {"gdpr": {"marketing": {}}}, False),
    ("null", {"gdpr": {"marketing": None}}, False),
    ("no purposes", {"gdpr": None}, False),
    ("nothing", None, False),
    ("not an object", [True], False),
    ("a flat object", {"gdpr": {"consented": True}}, False),
]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(("consent", "sent"), [case[1:] for case in CONSENTS], ids=[f"X2 {c[0]}" for c in CONSENTS])
def test_event_without_the_consent_asked_for_is_withheld(bench, route, consent, sent):
    """X2: only a true answer to the named purpose lets events go; without the setting no purpose is needed."""
    plan = bench.plan(route, gdpr_purpose="marketing")
    result = bench.one(plan, consent_state=consent)
    assert isinstance(result, Withheld) is not sent
    assert sent or result.why == "no GDPR consent to marketing, which this connection asks for (gdpr_purpose)"
    bench.mapped(bench.plan(route), consent_state=consent)


SEARCH = CustomMapping("Search", Match("custom_event"), {"query": Parameter("attribute", "term", required=True)})
SEARCHED = {"event_type": "custom_event", "data": {"custom_attributes": {"term": "shoes"}}}


@pytest.mark.parametrize("route", ROUTES, ids=[f"X6 {route}" for route in ROUTES])
def test_search_string_stands_beside_query(bench, at, route):
    """X6: on Events API 2.0 both names carry the words; legacy knows `query` alone, as every route does by default."""
    event = {**SEARCHED, "data": {**SEARCHED["data"], "custom_flags": {"TikTok.URL": "https://a.b"}}}
    for on in (True, False):
        body = bench.body(bench.plan(route, custom_mappings=(SEARCH,), send_search_string=on), event)
        assert at(body, "properties.query") == "shoes"
        assert at(body, "properties.search_string") == ("shoes" if on and route != "legacy" else None)


def test_two_settings_are_on_by_default(bench, at):
    """X5, X6: without consequence, and TikTok documents these names."""
    assert at(bench.body(bench.plan(), bench.purchase(**bought({"id": "a"}))), "properties.content_ids") == ["a"]
    searched = {**SEARCHED, "data": {**SEARCHED["data"], "custom_flags": {"TikTok.URL": "https://a.b"}}}
    assert at(bench.body(bench.plan(custom_mappings=(SEARCH,)), searched), "properties.search_string") == "shoes"


def test_search_string_misses_what_query_misses(bench):
    """X6: a required parameter is missed once."""
    plan = bench.plan("app", custom_mappings=(SEARCH,), send_search_string=True)
    rejected = bench.rejected(plan, {"event_type": "custom_event", "data": {}})
    assert (rejected.reason, rejected.field) == ("missing_parameter", "query")


def test_mapped_purchases_have_the_settings_too(bench, at):
    """X5, X7: ids and order go with every event that has contents or a transaction, native or not."""
    mapping = CustomMapping("CompletePayment", Match(action="purchase"), {"content_id": Parameter("product", "id")})
    plan = bench.plan(custom_mappings=(mapping,), send_content_ids=True, send_order_id=True)
    body = bench.body(plan, bench.purchase(**bought({"id": "a"}, {"id": "b"}, transaction_id="T-1")))
    assert at(body, "properties.content_ids") == ["a", "b"]
    assert at(body, "properties.order_id") == "T-1"


@pytest.mark.parametrize("route", TRACK, ids=[f"X8 {route}" for route in TRACK])
def test_test_event_code_stands_at_the_top_of_the_request(bench, route):
    """X8: once for all events of the request, never inside one, where TikTok would overlook it and count the test."""
    plan = bench.plan(route, test_event_code="TEST12345")
    request = json.loads(plan.request([bench.mapped(plan).body] * 2))
    assert request["test_event_code"] == "TEST12345"
    assert len(request["data"]) == 2
    assert "test_event_code" not in json.dumps(request["data"])
    assert "test_event_code" not in json.loads(bench.plan(route).request([]))


@pytest.mark.parametrize("route", ROUTES, ids=[f"X9 {route}" for route in ROUTES])
def test_an_event_that_is_too_old_when_its_turn_comes_is_a_dead_letter(bench, route):
    """X9: by its own time, not by how long it waited here; one exactly as old as allowed still goes."""
    plan = bench.plan(route, max_event_age_s=3600)
    event = bench.purchase(timestamp_unixtime_ms=bench.received_ms - 1_000_000)
    for waited_ms, reason in ((2_600_000, None), (2_601_000, "too_old")):
        mapper = plan.batch(b"{}", bench.received_ms, now_ms=bench.received_ms + waited_ms)
        [result] = mapper.map(json.dumps(event).encode(), "id")
        assert getattr(result, "reason", None) == reason
    assert bench.mapped(bench.plan(route), bench.purchase(timestamp_unixtime_ms=10**12))
