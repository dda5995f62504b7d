"""A1–A16, T1–T22, V1–V20: fields beyond the page, each sent only where `also_send` names it and its route has it."""

import json

import pytest

from config.additional_fields import ADDITIONAL_FIELDS, ADDITIONAL_PARAMETERS, FIELD_SETS, named
from config.model import CustomMapping, Match, Parameter
from sandbox.inspection import Inspector, read
from sandbox.rules import ENDPOINTS

ROUTES = ("legacy", "web", "app", "offline", "crm")
IDFV = "8C61383F-2216-4713-8C1C-1CB0A5D7A4CC"
INSPECTOR = Inspector()
HEADERS = {"access-token": "token", "content-type": "application/json"}


def device(**fields):
    return {"device_info": fields}, {}


def user(**fields):
    return {"user_attributes": fields}, {}


def attributes(**fields):
    return {}, {"custom_attributes": fields}


def bought(*products):
    return {}, {"product_action": {"products": list(products)}}


def each(name, *pairs):
    """Cases of one field that the attribute of its name fills: what is sent, what TikTok gets."""
    return [(name, f"{sent!r}", attributes(**{name.replace(".", "_"): sent}), wanted) for sent, wanted in pairs]


NO_DAYS = (("2026-13-01", None), ("20260231", None), ("2026-11-26T25:00Z", None))
ODD_DATES = (
    *NO_DAYS,
    ("26.11.2026", None),
    ("2026-11-26 08:30", None),
    ("2026-11-26T08:30", None),
    (20261126, "20261126"),
)
DATES = (("2026-11-26", "2026-11-26"), (" 20261126 ", "20261126"), ("2026-11-26T08:30Z", "2026-11-26T08:30Z"))
DATES += (("2026-11-26T08:30:00+0100", "2026-11-26T08:30:00+0100"), *ODD_DATES)
COUNTS = ((2, 2), ("0", 0), (2.0, 2), (1.5, None), (-1, None), ("two", None))
TEXTS = (("Nice", "Nice"), (7, "7"), (True, "true"), (" ", None))
NUMBERS = ((12.5, 12.5), ("0", 0), ("1,000", None), (-2, -2))
LISTS = (("a", ["a"]), ("a, b,", ["a", "b"]), (["a", 7], ["a", "7"]), (["a", ["b"]], None), ([], None))


def kinds(pairs, *names):
    return [case for name in names for case in each(name, *pairs)]


# The path below `properties`, or a whole one; what is sent in words; batch and data; what TikTok gets.
CASES = [
    ("user.locale", "both", device(locale_language="en", locale_country="US"), "en-US"),
    ("user.locale", "in the wrong case", device(locale_language="EN", locale_country="us"), "en-US"),
    ("user.locale", "a language alone", device(locale_language="de"), "de"),
    ("user.locale", "both in one", device(locale_language="pt_BR"), "pt-BR"),
    ("user.locale", "with a script", device(locale_language="zh-hant", locale_country="TW"), "zh-Hant-TW"),
    ("user.locale", "the country given again", device(locale_language="en-GB", locale_country="US"), "en-US"),
    ("user.locale", "in words", device(locale_language="English", locale_country="US"), None),
    ("user.locale", "a country alone", device(locale_country="US"), None),
    ("user.locale", "a country in words", device(locale_language="en", locale_country="Germany"), "en"),
    ("user.idfv", "an id", device(ios_idfv=IDFV), IDFV),
    ("user.idfv", "zeros", device(ios_idfv="00000000-0000-0000-0000-000000000000"), None),
    ("user.idfv", "blank", device(ios_idfv=""), None),
    ("user.idfv", "a limited device", device(ios_idfv=IDFV, limit_ad_tracking=True), None),
    ("user.idfv", "an unreadable limit", device(ios_idfv=IDFV, limit_ad_tracking="perhaps"), None),
    ("user.idfv", "tracking denied", device(ios_idfv=IDFV, att_authorization_status="denied"), IDFV),
    *(
        ("user.att_status", answer, device(att_authorization_status=answer), answer.upper())
        for answer in ("authorized", "denied", "Not_Determined", "RESTRICTED", "not_applicable")
    ),
    ("user.att_status", "no known answer", device(att_authorization_status="perhaps"), None),
    ("user.att_status", "no answer", device(), None),
    ("user.att_status", "before iOS 14", device(os_version="13.7"), "NOT_APPLICABLE"),
    ("user.att_status", "since iOS 14", device(os_version="14.0"), None),
    ("user.att_status", "a placeholder, before iOS 14", device(os_version=12, att_authorization_status="null"),
     "NOT_APPLICABLE"),
    ("ad.campaign_id", "an id", user(campaignId="c-1"), "c-1"),
    ("ad.ad_id", "a number", user(adId=12), "12"),
    ("ad.creative_id", "zero", user(creativeId=0), None),
    ("ad.is_retargeting", "no", user(isRetargeting="false"), False),
    ("ad.attributed", "yes", user(attributed=1), True),
    ("ad.attributed", "nonsense", user(attributed="perhaps"), None),
    ("ad.attribution_type", "text", user(attributionType="click"), "click"),
    ("ad.attribution_provider", "a placeholder", user(attributionProvider="undefined"), None),
    ("contents[].brand", "of a product", bought({"id": "a", "brand": "Acme"}), "Acme"),
    ("contents[].brand", "of no text", bought({"id": "a", "brand": ["Acme"]}), None),
    ("num_items", "the sum", bought({"quantity": 2}, {"quantity": "3"}, {"id": "a"}), 6),
    ("num_items", "no contents", bought(), None),
    ("num_items", "part of one", bought({"quantity": 0.5}), None),
    *kinds(TEXTS, "shop_id", "status", "city", "region", "country", "origin_airport", "destination_airport"),
    *kinds(TEXTS, "postal_code", "make", "model", "exterior_color", "trim", "interior_color"),
    *kinds(TEXTS, "viewcontent_type", "search_type", "registration_type"),
    *each("delivery_category", ("in_store", "in_store"), ("Home Delivery", "home_delivery"), ("post", None)),
    *kinds(NUMBERS, "predicted_ltv", "user_score", "mileage.value"),
    *kinds(DATES, "checkin_date", "checkout_date", "departing_departure_date", "returning_departure_date"),
    *kinds(DATES, "departing_arrival_date", "returning_arrival_date", "travel_start", "travel_end"),
    *kinds(COUNTS, "num_adults", "num_children", "num_infants", "preferred_num_stops"),
    *kinds(LISTS, "suggested_hotels", "destination_ids", "suggested_destinations"),
    *each("travel_class", ("ECO", "eco"), ("first", "first"), ("economy", None)),
    *each("year", (2026, 2026), ("1999", 1999), (26, None), ("next", None)),
    *each("state_of_vehicle", ("new", "New"), ("cpo", "CPO"), ("old", None)),
    *each("mileage.unit", ("km", "KM"), ("miles", None)),
    *each("transmission", ("automatic", "Automatic"), ("none", None)),
    *each("body_style", ("suv", "SUV"), ("pickup", None)),
    *each("fuel_type", ("gasoline", "Gasoline"), ("petrol", None)),
    *each("drivetrain", ("four wd", "FOUR_WD"), ("4x4", None)),
    *each("preferred_price_range", ("10000-25000", [10000, 25000]), (["5", 3.5], [3.5, 5]), ("cheap", None)),
    *each("vin", ("WVWZZZ1JZXW000001", "WVWZZZ1JZXW000001"), ("x" * 18, None)),
    *each("condition_of_vehicle", ("good", "Good"), ("fine", None)),
]  # fmt: skip


def field_of(path):
    return ADDITIONAL_FIELDS[path if path.startswith(("user.", "ad.")) else f"properties.{path}"]


def name_of(case):
    return f"{field_of(case[0]).id} {case[0]} {case[1]}"


def judged(plan, body):
    """The body, once the stand-in TikTok has taken it."""
    endpoint = next(each for each in ENDPOINTS if each.path == plan.route.path)
    submission = read(endpoint, plan.request([json.dumps(body).encode()]))
    assert INSPECTOR.inspect(HEADERS, submission) is submission
    return body


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_field_is_sent_where_it_is_asked_for_and_its_route_has_it(bench, at, case, route):
    """The sandbox takes it there; unasked, or on another route, the event is the same as without the setting."""
    path, _, (batch, data), wanted = case
    field = field_of(path)
    event = bench.purchase(**{**data, "custom_attributes": {"lead_id": "7", **data.get("custom_attributes", {})}})
    plain = bench.body(bench.plan(route), event, **batch)
    plan = bench.plan(route, also_send=frozenset({field.path}))
    body = judged(plan, bench.body(plan, event, **batch))
    if route in field.routes:
        assert at(body, field.path.replace("[]", "[0]")) == wanted
        if wanted is None:
            assert body == plain
        assert at(plain, field.path.replace("[]", "[0]")) is None
    else:
        assert body == plain


def test_every_field_has_a_case_that_is_sent_and_one_that_is_not():
    """No row is passed over."""
    sent = {field_of(path).path for path, _, _, wanted in CASES if wanted is not None}
    assert sent == set(ADDITIONAL_FIELDS) - {"ad.creative_id", "ad.attribution_provider"}
    assert {field_of(path).path for path, *_ in CASES} == set(ADDITIONAL_FIELDS)


def test_omitted_values_are_noted(bench):
    """A value of another form is named, with what is allowed."""
    plan = bench.plan(also_send=frozenset({"properties.delivery_category"}))
    [note] = bench.mapped(plan, bench.purchase(custom_attributes={"delivery_category": "post"})).notes
    assert note.field == "custom_attributes.delivery_category"
    assert note.note == "omitted: must be one of in_store, curbside, home_delivery"


def test_refused_tracking_keeps_idfv_back(bench, at):
    """A2: with att_withholds_idfa, as IDFA."""
    plan = bench.plan("app", also_send=frozenset({"user.idfv"}), att_withholds_idfa=True)
    batch, _ = device(ios_idfv=IDFV, att_authorization_status="denied")
    body = bench.body(plan, **batch)
    assert at(body, "user.idfv") is None
    assert at(body, "user.att_status") == "DENIED"


@pytest.mark.parametrize(("platform", "status"), [("android", "NOT_APPLICABLE"), ("ios", None)])
def test_android_has_no_question_to_answer(bench, at, platform, status):
    """A3."""
    plan = bench.plan("app", platform=platform, also_send=frozenset({"user.att_status"}))
    assert at(bench.body(plan), "user.att_status") == status


TRIP = {"custom_attributes": {"origin_airport": "TXL", "status": "paid", "term": "flights"}}
SEARCH = CustomMapping("Search", Match("custom_event"), {"query": Parameter("attribute", "term")})


def test_mapped_events_carry_them_too(bench, at):
    """T12: a search for flights is a custom event; what its mapping lists wins over the attribute of that name."""
    event = {"event_type": "custom_event", "data": {**TRIP, "custom_flags": {"TikTok.URL": "https://a.example"}}}
    mapping = CustomMapping("Search", Match("custom_event"), {"status": Parameter("static", "open")})
    plan = bench.plan(custom_mappings=(mapping,), also_send=frozenset({*FIELD_SETS["travel"], "properties.status"}))
    body = judged(plan, bench.body(plan, event))
    assert at(body, "properties.origin_airport") == "TXL"
    assert at(body, "properties.status") == "open"


PARAMETERS = [
    ("T14 a list", "destination_ids", Parameter("attribute", "places"), {"places": ["a", "b"]}, ["a", "b"]),
    ("T14 commas", "destination_ids", Parameter("attribute", "places"), {"places": "a,b"}, ["a", "b"]),
    ("V13 a constant", "preferred_price_range", Parameter("static", "1-2"), {}, [1, 2]),
    ("V6 nested", "mileage_value", Parameter("attribute", "km"), {"km": "12000"}, 12000),
    ("A15 a default", "delivery_category", Parameter("attribute", "x", default="CURBSIDE"), {}, "curbside"),
    ("T4 another form", "checkin_date", Parameter("attribute", "day"), {"day": "tomorrow"}, None),
]


@pytest.mark.parametrize(
    ("name", "parameter", "sent", "wanted"), [c[1:] for c in PARAMETERS], ids=[c[0] for c in PARAMETERS]
)
def test_parameters_of_a_mapping_fill_them(bench, at, name, parameter, sent, wanted):
    """Without `also_send`; a value of another form is omitted and the event is sent."""
    mapping = CustomMapping("Lead", Match(action="purchase"), {name: parameter})
    body = judged(
        bench.plan(), bench.body(bench.plan(custom_mappings=(mapping,)), bench.purchase(custom_attributes=sent))
    )
    assert at(body, ADDITIONAL_PARAMETERS[name].path) == wanted


def test_brand_and_number_follow_the_contents_of_a_mapping(bench, at):
    """A11, A12: the number needs the quantities; without them it would count products as items."""
    also = frozenset({"properties.contents[].brand", "properties.num_items"})
    event = bench.purchase(product_action={"products": [{"id": "a", "brand": "Acme", "quantity": 3}]})
    by_id = {"content_id": Parameter("product", "id")}
    with_quantity = {**by_id, "quantity": Parameter("product", "quantity")}
    for parameters, number in ((by_id, None), (with_quantity, 3)):
        mapping = CustomMapping("CompletePayment", Match(action="purchase"), parameters)
        body = bench.body(bench.plan(custom_mappings=(mapping,), also_send=also), event)
        assert at(body, "properties.contents[0].brand") == "Acme"
        assert at(body, "properties.num_items") == number


def test_page_view_is_a_target(bench):
    """M2: for screen views, where a mapping says so."""
    mapping = CustomMapping("PageView", Match("screen_view"))
    event = {"event_type": "screen_view", "data": {"custom_flags": {"TikTok.URL": "https://a.example"}}}
    plan = bench.plan(custom_mappings=(mapping,))
    assert judged(plan, bench.body(plan, event))["event"] == "PageView"


LEADS = [
    ("L1 an attribute", {"custom_attributes": {"lead_id": "7309"}}, {}, {}, {"lead_id": "7309"}),
    ("L1 a number", {"custom_attributes": {"lead_id": 7309}}, {}, {}, {"lead_id": "7309"}),
    ("L1 the user's", {"custom_attributes": {"lead_id": ""}}, {"lead_id": "7309"}, {}, {"lead_id": "7309"}),
    ("L1 by another name", {"custom_attributes": {"tt": "7309"}}, {"lead_id": "1"}, {"lead_id_attribute": "tt"},
     {"lead_id": "7309"}),
    ("L2 an attribute", {"custom_attributes": {"lead_id": "7", "lead_event_source": "Own"}}, {},
     {"lead_event_source": "HubSpot"}, {"lead_id": "7", "lead_event_source": "Own"}),
    ("L2 the setting", {"custom_attributes": {"lead_id": "7"}}, {}, {"lead_event_source": "HubSpot"},
     {"lead_id": "7", "lead_event_source": "HubSpot"}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "user_attributes", "settings", "lead"), [c[1:] for c in LEADS], ids=[c[0] for c in LEADS]
)
def test_crm_event_names_its_lead(bench, data, user_attributes, settings, lead):
    """L1, L2, R8: from the event's attributes, else the user's; the sandbox takes the request."""
    plan = bench.plan("crm", **settings)
    body = judged(plan, bench.body(plan, bench.purchase(**data), user_attributes=user_attributes))
    assert body["lead"] == lead


@pytest.mark.parametrize("lead_id", [None, "", "0", "undefined"])
def test_crm_event_without_a_lead_is_a_dead_letter(bench, lead_id):
    """L1: TikTok takes none."""
    rejected = bench.rejected(bench.plan("crm"), bench.purchase(custom_attributes={"lead_id": lead_id}))
    assert (rejected.reason, rejected.field) == ("missing_lead_id", "custom_attributes.lead_id")


def test_crm_event_carries_what_tiktok_documents_and_no_more(bench):
    """R8: a CRM has neither page nor device; identities, money and contents go."""
    batch = {
        "ip": "203.0.113.9",
        "user_identities": {"email": "a@b.example", "customer_id": "c", "mobile_number": "+12133734253"},
        "user_attributes": {"lead_id": "7", "$FirstName": "Jane", "campaignId": "1"},
        "device_info": {"http_header_user_agent": "x", "ios_advertising_id": IDFV},
        "application_info": {"package": "com.shop"},
        "partner_identities": {"tiktok_cookie_id": "abc"},
    }
    event = bench.purchase(currency_code="EUR", product_action={"total_amount": 5, "products": [{"id": "a"}]})
    body = bench.body(bench.plan("crm"), event, **batch)
    assert body.keys() == {"event", "event_id", "event_time", "user", "properties", "lead"}
    assert body["user"].keys() == {"email", "external_id", "phone"}
    assert body["properties"].keys() == {"currency", "value", "contents", "content_type", "content_ids"}


def test_whole_sets_are_named_as_sets():
    """`named` gives back what a file says."""
    assert named(frozenset({*FIELD_SETS["travel"], "user.locale"})).keys() == {"travel", "user.locale"}
    assert named(frozenset({"properties.city"})).keys() == {"properties.city"}


def test_names_of_parameters_are_unique():
    """Each field that a custom mapping may fill has a name of its own."""
    names = [field.parameter for path, field in ADDITIONAL_FIELDS.items() if path.startswith("properties.")]
    assert len(names) == len(set(names))
