"""Rows E, U and P of docs/mapping.md, and the settings of C that they read: which value arrives where, route by route.

A case names its row, what the sender says, and what stands in the body of events on each route; None is nothing.
"""

from hashlib import sha256
from typing import Any, NamedTuple

import pytest

from mapping.sources import Scope
from mapping.tables import FIELDS

ROUTES = ("legacy", "web", "app", "offline")
UUID = "7A3CBEA0-BDF5-11E4-8DFC-AA07A5B093DB"
UUID_HASH = "08f1f8e9e433f685c514154e1a5b0dfe1885c6f140a7e3eff08a037bda13dcc1"
ALICE_HASH = "848a771458438fc2ec420560d769fb9b9b86851ee338ec56517baabd79d3bb4f"
PHONE_HASH = "9f7ec22d72092cd3c0b58726ed9c2d91b92e51a3f29837508fb2948bb22dd2fd"
USER_HASH = "80fba0ae1c48e3978e43e4efc365e14e12ea0c830ba8ba5b9a2dafc7e3f2ab8b"
JANE_HASH = "81f8f6dde88365f3928796ec7aa53f72820b06db8664f5fe76a7eb13e24546a2"
ZIP_HASH = "383f7fffd99f3b1c3066086bcf991eae7ad543589d12bd792ecb6dc8b5acebc1"
CLICK = "E.C.P.abc"
TTP = "2F7h37YkS1j57AYSKTI7IHhJPYH"


def sha(text: str) -> str:
    return sha256(text.encode()).hexdigest()


class Case(NamedTuple):
    row: str
    says: str
    legacy: tuple[str, Any] | None
    """The path in a legacy body and what stands there."""
    web: tuple[str, Any] | None
    app: tuple[str, Any] | None
    offline: tuple[str, Any] | None
    batch: dict[str, Any] = {}  # noqa: RUF012 - never changed
    data: dict[str, Any] = {}  # noqa: RUF012 - never changed
    settings: dict[str, Any] = {}  # noqa: RUF012 - never changed

    def on(self, route: str) -> tuple[str, Any] | None:
        place: tuple[str, Any] | None = getattr(self, route)
        return place


def everywhere(row: str, says: str, legacy: str, track: str, value: Any, **given: Any) -> Case:
    """The same value on every route, at the two APIs' paths."""
    return Case(row, says, (legacy, value), *[(track, value)] * 3, **given)


def but_legacy(row: str, says: str, path: str, value: Any, **given: Any) -> Case:
    """Every route but legacy."""
    return Case(row, says, None, *[(path, value)] * 3, **given)


def web_only(row: str, says: str, path: str, value: Any, **user_attributes: Any) -> Case:
    """R2 and R5 only."""
    return Case(row, says, None, (path, value), None, None, batch={"user_attributes": user_attributes})


def identity(row: str, says: str, value: Any, hashed: Any, kind: str, legacy: str, track: str, **settings: Any) -> Case:
    """A hash, in a list on event/track/ alone on legacy."""
    hashes = hashed if isinstance(hashed, list) else [hashed]
    batch = {"user_identities": {kind: value}}
    return Case(row, says, (legacy, hashes[0]), *[(track, hashes)] * 3, batch=batch, settings=settings)


EMAIL = ("context.user.email", "user.email")
EXTERNAL = ("context.user.external_id", "user.external_id")
PHONE = ("context.user.phone_number", "user.phone")

CASES = [
    everywhere("E1", "the action", "event", "event", "PlaceAnOrder"),
    everywhere("E2", "its own id", "event_id", "event_id", "message-1"),
    everywhere("E2", "mParticle's id", "event_id", "event_id", "-6907502341961927698",
               data={"source_message_id": None, "event_id": -6907502341961927698}),
    everywhere("E2", "an id that is a number", "event_id", "event_id", "17", data={"source_message_id": 17}),
    Case("E3", "milliseconds", ("timestamp", "2020-09-17T19:49:27Z"), *[("event_time", 1600372167)] * 3,
         data={"timestamp_unixtime_ms": 1600372167999}),
    everywhere("E4", "the batch's ip", "context.ip", "user.ip", "203.0.113.7", batch={"ip": "203.0.113.7"}),
    everywhere("E4", "a private ip", "context.ip", "user.ip", None, batch={"ip": "10.1.2.3"}),
    everywhere("E5", "the user agent", "context.user_agent", "user.user_agent", "Mozilla/5.0",
               batch={"device_info": {"http_header_user_agent": "Mozilla/5.0"}}),
    everywhere("E6", "the page", "context.page.url", "page.url", "http://a.example/x?y=z",
               data={"custom_flags": {"TikTok.URL": "http://a.example/x?y=z"}}),
    everywhere("E6", "the page in a list", "context.page.url", "page.url", "https://a.example",
               data={"custom_flags": {"TikTok.URL": ["https://a.example", "https://b.example"]}}),
    everywhere("E7", "the referrer", "context.page.referrer", "page.referrer", "https://a.example/r",
               data={"custom_flags": {"TikTok.Referrer": "https://a.example/r"}}),
    Case("E8", "the click id", ("context.ad.callback", CLICK), ("user.ttclid", CLICK), ("ad.callback", CLICK),
         ("user.ttclid", CLICK), data={"custom_flags": {"TikTok.Callback": CLICK}}),
    Case("E8", "an empty click id", ("context.ad.callback", None), ("user.ttclid", None), ("ad.callback", None),
         ("user.ttclid", None), data={"custom_flags": {"TikTok.Callback": ""}}),
    Case("E8", "a bad click id dropped", ("context.ad.callback", None), ("user.ttclid", None), ("ad.callback", None),
         ("user.ttclid", None), data={"custom_flags": {"TikTok.Callback": "__CALLBACK_PARAM__"}},
         settings={"invalid_ttclid": "drop_field"}),
    identity("E9", "email", " ALICE_abc@gmail.com ", ALICE_HASH, "email", *EMAIL),
    identity("E9", "external id", "user_123", USER_HASH, "customer_id", *EXTERNAL),
    identity("E9", "phone", "(+1)2133734253", PHONE_HASH, "mobile_number", *PHONE),
    identity("E9", "emails in a list", ["alice_abc@gmail.com", "B@x.example"], [ALICE_HASH, sha("b@x.example")],
             "email", *EMAIL),
    identity("E9", "an external id that is a number", 9007199254740993, sha("9007199254740993"),
             "customer_id", *EXTERNAL),
    identity("E9", "an email hashed already", f" {ALICE_HASH.upper()} ", ALICE_HASH, "email", *EMAIL),
    identity("C4", "another identity as email", "alice_abc@gmail.com", ALICE_HASH, "other", *EMAIL,
             email_identity_type="other"),
    identity("C5", "another identity as external id", "user_123", USER_HASH, "other_id_2", *EXTERNAL,
             external_identity_type="other_id_2"),
    identity("C6", "another identity as phone", "+12133734253", PHONE_HASH, "phone_number_2", *PHONE,
             phone_identity_type="phone_number_2"),
    but_legacy("E10", "GAID", "user.gaid", UUID_HASH, batch={"device_info": {"android_advertising_id": UUID}}),
    but_legacy("E10", "IDFA", "user.idfa", UUID_HASH, batch={"device_info": {"ios_advertising_id": f" {UUID} "}}),
    but_legacy("E10", "a zero IDFA", "user.idfa", None,
               batch={"device_info": {"ios_advertising_id": "00000000-0000-0000-0000-000000000000"}}),
    Case("E11", "TikTok's cookie", ("context.user.ttp", TTP), ("user.ttp", TTP), None, None,
         batch={"partner_identities": {"tiktok_cookie_id": TTP}}),
    but_legacy("E12", "the app's id", "app.app_id", "com.shop", batch={"application_info": {"package": "com.shop"}}),
    but_legacy("E12", "its name", "app.app_name", "Shop", batch={"application_info": {"application_name": "Shop"}}),
    but_legacy("E12", "its version", "app.app_version", "2.1",
               batch={"application_info": {"application_version": "2.1"}}),
    web_only("U1", "first name", "user.first_name", JANE_HASH, **{"$FirstName": "Jane"}),
    web_only("U1", "first name in small letters", "user.first_name", JANE_HASH, **{"$firstname": " JANE "}),
    web_only("U2", "last name with accents", "user.last_name", sha("o\u2019neillé".replace("\u2019", "")),
             **{"$LASTNAME": "O\u2019Neillé"}),
    web_only("U3", "city", "user.city", "clujnapoca", **{"$City": "Cluj-Napoca"}),
    web_only("U3", "a city in another script", "user.city", "東京", **{"$City": "東京"}),
    web_only("U4", "state", "user.state", "ca", **{"$State": "CA"}),
    web_only("U5", "country", "user.country", "us", **{"$Country": "US"}),
    web_only("U5", "a country by name", "user.country", "de", **{"$country": "Germany"}),
    web_only("U6", "zip", "user.zip_code", ZIP_HASH, **{"$Zip": "95110"}),
    web_only("U6", "zip as a number", "user.zip_code", ZIP_HASH, **{"$zip": 95110}),
    web_only("U7", "campaign", "ad.campaign_id", "1702", campaignId=1702),
    web_only("U8", "ad group", "ad.ad_id", "1703", adId="1703"),
    web_only("U9", "ad", "ad.creative_id", "1704", creativeId=["1704", "1705"]),
    web_only("U10", "retargeting", "ad.is_retargeting", True, isRetargeting="True"),
    web_only("U10", "no retargeting", "ad.is_retargeting", False, isRetargeting=False),
    web_only("U11", "attributed", "ad.attributed", True, attributed=1),
    web_only("U11", "not attributed", "ad.attributed", False, attributed="false"),
    web_only("U12", "attribution type", "ad.attribution_type", "last_touch", attributionType="last_touch"),
    web_only("U13", "attribution provider", "ad.attribution_provider", "Adjust", attributionProvider="Adjust"),
    *(
        everywhere(row, says, path, path, value, data=data)
        for row, says, path, value, data in (
            ("P1", "currency", "properties.currency", "USD", {"currency_code": "usd"}),
            ("P1", "no currency", "properties.currency", None, {"currency_code": ""}),
            ("P2", "a total", "properties.value", 59.97, {"product_action": {"total_amount": 59.97}}),
            ("P2", "a total as text", "properties.value", 59.97, {"product_action": {"total_amount": "59.97"}}),
            ("P2", "nothing to pay", "properties.value", 0, {"product_action": {"total_amount": 0}}),
            ("P2", "a refund", "properties.value", -5, {"product_action": {"total_amount": "-5"}}),
            ("P2", "an empty total", "properties.value", None, {"product_action": {"total_amount": ""}}),
            *(
                (row, says, f"properties.contents[1].{name}", value, {"product_action": {"products": [{"id": 1}, one]}})
                for row, says, name, value, one in (
                    ("P3", "a price", "price", 19.99, {"price": "19.99"}),
                    ("P3", "for free", "price", 0, {"price": 0}),
                    ("P4", "a quantity", "quantity", 3, {"quantity": "3"}),
                    ("P4", "a whole quantity", "quantity", 2, {"quantity": 2.0}),
                    ("P4", "none of it", "quantity", 0, {"quantity": 0}),
                    ("P5", "an id", "content_id", "sku-1", {"id": "sku-1"}),
                    ("P5", "an id that is a number", "content_id", "1077218", {"id": 1077218}),
                    ("P6", "a category", "content_category", "apparel", {"category": "apparel"}),
                    ("P7", "a name", "content_name", "shirt", {"name": "shirt"}),
                )
            ),
        )
    ),
    *(
        Case(row, says, ("properties.contents[0].content_type", value), *[("properties.content_type", value)] * 3,
             data={"product_action": {"products": products}}, settings=settings)
        for row, says, value, products, settings in (
            ("P8", "the content type", "product", [{"id": "a"}], {}),
            ("C8", "its other value", "product_group", [{"id": "a"}], {"content_type": "product_group"}),
            ("P8", "no contents", None, [], {}),
            ("P8", "contents without anything", None, [{}, None], {}),
        )
    ),
]  # fmt: skip


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.row} {case.says}")
def test_row_is_mapped(bench, at, case, route):
    """Each row puts its value where its API wants it, and nowhere on the routes that lack it."""
    plan = bench.plan(route, **case.settings)
    body = bench.body(plan, bench.purchase(**case.data), **case.batch)
    place = case.on(route)
    if place is not None:
        path, expected = place
        found = at(body, path)
        assert found == expected
        assert type(found) is type(expected)
        return
    others = {case.on(other)[0] for other in ROUTES if case.on(other) is not None}
    leaves = {path.rpartition(".")[2] for path in others}
    assert not any(f'"{leaf}"' in str(body).replace("'", '"') for leaf in leaves)


REFUSED = [
    ("E3", "text", {"timestamp_unixtime_ms": "yesterday"}, "invalid_value", "timestamp_unixtime_ms"),
    ("E3", "microseconds", {"timestamp_unixtime_ms": 1700000000000000}, "invalid_value", "timestamp_unixtime_ms"),
    ("E3", "a truth value", {"timestamp_unixtime_ms": True}, "invalid_value", "timestamp_unixtime_ms"),
    ("E6", "no scheme", {"custom_flags": {"TikTok.URL": "www.shop.com/x"}}, "invalid_url", "TikTok.URL"),
    ("E6", "another scheme", {"custom_flags": {"TikTok.URL": "ftp://shop.com"}}, "invalid_url", "TikTok.URL"),
    ("E6", "no host", {"custom_flags": {"TikTok.URL": "https://"}}, "invalid_url", "TikTok.URL"),
    ("E6", "a number", {"custom_flags": {"TikTok.URL": 7}}, "invalid_url", "TikTok.URL"),
    ("E6", "an object", {"custom_flags": {"TikTok.URL": {}}}, "invalid_url", "TikTok.URL"),
    ("E8", "not one", {"custom_flags": {"TikTok.Callback": "abc"}}, "invalid_ttclid", "TikTok.Callback"),
    ("E8", "a macro", {"custom_flags": {"TikTok.Callback": "__CALLBACK_PARAM__"}}, "invalid_ttclid", "TikTok.Callback"),
    ("E8", "braces", {"custom_flags": {"TikTok.Callback": "{{ttclid}}"}}, "invalid_ttclid", "TikTok.Callback"),
    ("E8", "long", {"custom_flags": {"TikTok.Callback": "E.C.P." + 995 * "x"}}, "invalid_ttclid", "TikTok.Callback"),
    ("E8", "a space", {"custom_flags": {"TikTok.Callback": "E.C.P.a b"}}, "invalid_ttclid", "TikTok.Callback"),
    ("E8", "a line end", {"custom_flags": {"TikTok.Callback": "E.C.P.ab\n"}}, "invalid_ttclid", "TikTok.Callback"),
    ("E8", "a number", {"custom_flags": {"TikTok.Callback": 5}}, "invalid_ttclid", "TikTok.Callback"),
    ("P1", "a sign", {"currency_code": "$"}, "invalid_value", "currency_code"),
    ("P1", "a number", {"currency_code": 840}, "invalid_value", "currency_code"),
    ("P2", "a sign", {"product_action": {"total_amount": "$5"}}, "invalid_value", "total_amount"),
    ("P2", "a comma", {"product_action": {"total_amount": "1,000.00"}}, "invalid_value", "total_amount"),
    ("P2", "other digits", {"product_action": {"total_amount": "٥"}}, "invalid_value", "total_amount"),
    ("P2", "an exponent", {"product_action": {"total_amount": "1e3"}}, "invalid_value", "total_amount"),
    ("P2", "not a number", {"product_action": {"total_amount": "NaN"}}, "invalid_value", "total_amount"),
    ("P2", "beyond all floats", {"product_action": {"total_amount": "9" * 400}}, "invalid_value", "total_amount"),
    ("P2", "an integer beyond", {"product_action": {"total_amount": 10**400}}, "invalid_value", "total_amount"),
    ("P2", "a truth value", {"product_action": {"total_amount": True}}, "invalid_value", "total_amount"),
    ("P2", "a list", {"product_action": {"total_amount": [5]}}, "invalid_value", "total_amount"),
    ("P3", "text", {"product_action": {"products": [{"price": "abc"}]}}, "invalid_value", "products[0].price"),
    ("P4", "x", {"product_action": {"products": [None, {"quantity": "x"}]}}, "invalid_value", "products[1].quantity"),
    ("P5", "an object", {"product_action": {"products": [{}, {}, {"id": {}}]}}, "invalid_value", "products[2].id"),
]  # fmt: skip


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(
    ("data", "reason", "field"), [case[2:] for case in REFUSED], ids=[f"{case[0]} {case[1]}" for case in REFUSED]
)
def test_value_that_no_row_takes_is_a_dead_letter(bench, route, data, reason, field):
    """The event is rejected on every route, with the reason and the incoming name of the field at fault."""
    rejected = bench.rejected(bench.plan(route), bench.purchase(**data))
    assert (rejected.reason, rejected.field) == (reason, field)
    assert (rejected.tiktok_event, rejected.event_id) == ("PlaceAnOrder", "message-1")
    assert rejected.message.startswith(f"{field} ")
    assert rejected.message.endswith(".")


@pytest.mark.parametrize("url", [None, "", " "], ids=["null", "empty", "blank"])
@pytest.mark.parametrize("route", ROUTES)
def test_page_is_required_of_web_events_alone(bench, at, route, url):
    """E6: without a page, web and legacy events are dead letters `missing_url`; app and offline events go."""
    plan = bench.plan(route)
    event = bench.purchase(custom_flags={"TikTok.URL": url})
    if route in ("web", "legacy"):
        rejected = bench.rejected(plan, event)
        assert (rejected.reason, rejected.field) == ("missing_url", "TikTok.URL")
    else:
        assert at(bench.body(plan, event), "page") is None


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        (" https://a.example/x\n", "https://a.example/x"),
        ("HTTPS://A.example/X", "https://A.example/X"),
        ("https://a.example/?q=red shoes", "https://a.example/?q=red%20shoes"),
        ("https://a.example/é?q=%20#f", "https://a.example/é?q=%20#f"),
    ],
    ids=["space around", "scheme in capitals", "space inside", "nothing to correct"],
)
def test_page_is_written_as_a_browser_would(bench, at, url, sent):
    """E6: what is an address already goes out unchanged."""
    event = bench.purchase(custom_flags={"TikTok.URL": url})
    assert at(bench.body(bench.plan(), event), "page.url") == sent


@pytest.mark.parametrize(
    ("batch", "field"),
    [
        ({"ip": "192.168.0.1"}, "ip"),
        ({"ip": 5}, "ip"),
        ({"user_identities": {"email": True}}, "user_identities.email"),
        ({"user_identities": {"customer_id": {"a": 1}}}, "user_identities.customer_id"),
        ({"user_identities": {"mobile_number": "555 CALL"}}, "user_identities.mobile_number"),
        ({"user_identities": {"email": sha("")}}, "user_identities.email"),
        ({"device_info": {"ios_advertising_id": "0" * 32}}, "device_info.ios_advertising_id"),
        ({"partner_identities": {"tiktok_cookie_id": "two words"}}, "partner_identities.tiktok_cookie_id"),
        ({"user_attributes": {"$City": "!!!"}}, "user_attributes.$City"),
        ({"user_attributes": {"$City": JANE_HASH}}, "user_attributes.$City"),
        ({"user_attributes": {"isRetargeting": "perhaps"}}, "user_attributes.isRetargeting"),
        ({"application_info": {"package": []}}, "application_info.package"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)  # fmt: skip
def test_what_a_batch_says_wrongly_is_left_out_with_a_note(bench, batch, field):
    """A batch's own fields never cost its events: each says in a note what was omitted, without quoting it."""
    mapped = bench.mapped(bench.plan(), **batch)
    [note] = mapped.notes
    assert note.field == field
    assert note.note.startswith("omitted: ")


def test_empty_objects_are_omitted(bench):
    """Q28: an event about which nothing is known has no user, properties, app or ad."""
    assert bench.body(bench.plan("app"), bench.purchase(custom_flags=None)).keys() == {
        "event",
        "event_id",
        "event_time",
    }


@pytest.mark.parametrize("route", ROUTES)
def test_no_two_rows_fill_the_same_field(route):
    """What a batch gives and what an event gives are joined object by object, so neither may hold the other's."""
    column = "legacy" if route == "legacy" else "track"
    places = [(row, path) for row in FIELDS if route in row.routes and (path := getattr(row, column))]
    scopes = {path: row.source.scope for row, path in places if row.needs_setting is None}
    assert len(scopes) == sum(row.needs_setting is None for row, _ in places)
    assert all(
        scopes.get(path, row.source.scope) is row.source.scope for row, path in places
    )  # one in place of another
    inner = {
        scope: {path.rpartition(".")[0] for row, path in places if row.source.scope is scope and path.count(".") > 1}
        for scope in Scope
    }
    assert not inner[Scope.BATCH] & inner[Scope.EVENT]


APP_IDS = {"ios": "123456789", "android": "com.store"}
OPERATING_SYSTEMS = [
    ("an iOS input", "ios", {}, "123456789"),
    ("an Android input", "android", {}, "com.store"),
    ("an input's own platform comes first", "ios", {"application_info": {"os": "Android"}}, "123456789"),
    ("a feed, by the app", "feed", {"application_info": {"os": "IOS"}}, "123456789"),
    ("a feed, by the app's engine", "feed", {"application_info": {"os": "UnityAndroid"}}, "com.store"),
    ("a feed, by the device", "feed", {"device_info": {"platform": "iOS"}}, "123456789"),
    ("a feed that says nothing", "feed", {}, "com.bundle"),
    ("a feed of another system", "feed", {"application_info": {"os": "TVOS"}}, "com.bundle"),
    (
        "a feed that says no text",
        "feed",
        {"application_info": {"os": 5}, "device_info": {"platform": []}},
        "com.bundle",
    ),
]


@pytest.mark.parametrize(("_", "platform", "batch", "sent"), OPERATING_SYSTEMS, ids=[c[0] for c in OPERATING_SYSTEMS])
def test_the_app_id_is_the_connections_for_the_operating_system(bench, at, _, platform, batch, sent):
    """E12: `app_id`; where it has none for the system, the batch's package goes out."""
    info = {"application_info": {"package": "com.bundle", **batch.get("application_info", {})}}
    settings = {"platform": platform, "event_source_type": "app"}
    body = bench.body(bench.plan("app", app_id=APP_IDS, **settings), **{**batch, **info})
    assert at(body, "app.app_id") == sent
    body = bench.body(bench.plan("app", app_id={"ios": "1"}, **settings), **{**batch, **info})
    assert at(body, "app.app_id") == ("1" if sent == "123456789" else "com.bundle")


def test_an_app_id_of_the_connection_needs_no_package(bench):
    """E12: and so no note."""
    assert bench.mapped(bench.plan("app", app_id=APP_IDS)).notes == ()


def test_an_app_event_without_the_apps_id_is_sent_with_a_note(bench):
    """E12: TikTok's documentation requires app.app_id of app events, the page does not: TikTok decides."""
    [note] = bench.mapped(bench.plan("app")).notes
    assert (note.field, "requires it" in note.note) == ("application_info.package", True)
    assert bench.mapped(bench.plan("app"), application_info={"package": "com.shop"}).notes == ()
    assert bench.mapped(bench.plan("web")).notes == ()
