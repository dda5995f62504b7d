"""What a batch tells of its user's profile: values as TikTok gets them, the newest click, and the user's answers."""

import json
from hashlib import sha256
from typing import Any

import pytest

from config.model import Condition, Forward, Profile
from config.profiles.fields import PROFILE_FIELDS

URL = "https://shop.example/p"
IP = "203.0.113.9"
WITH_ID = {"user_identities": {"customer_id": "user_123"}}
EVERYTHING = Profile({name: field.time_to_live_s for name, field in PROFILE_FIELDS.items()})
RECEIVED_MS = 1_795_000_000_000
CLICK, LATER = "E.C.P.first", "E.C.P.second"


def observe(bench, batch, *events, route="web", **settings):
    plan = bench.plan(route, **{"profile": EVERYTHING, **settings})
    shared, raws = json.dumps(batch).encode(), [json.dumps(event).encode() for event in events]
    return plan.profile_observer.observe(shared, raws, RECEIVED_MS)


def values_of(update) -> dict[str, str]:
    return {} if update is None else {name: text for name, text, _, _ in update.values}


def page(url: str = URL, *, ago_s: int = 60, **flags: Any) -> dict[str, Any]:
    """Return a page view, which becomes no TikTok event."""
    data = {"screen_name": "p", "page_url": url, "timestamp_unixtime_ms": RECEIVED_MS - ago_s * 1000}
    return {"event_type": "screen_view", "data": {**data, "custom_flags": flags}}


def sha(text):
    return sha256(text.encode()).hexdigest()


CASES = [
    ("external id", WITH_ID, (f"customer_id:{sha('user_123')}",)),
    ("an SDK's name for it", {"user_identities": {"customerid": "user_123"}}, (f"customer_id:{sha('user_123')}",)),
    ("email", {"user_identities": {"email": " Jane@A.example "}}, (f"email:{sha('jane@a.example')}",)),
    (
        "email hashed already",
        {"user_identities": {"email": sha("jane@a.example")}},
        (f"email:{sha('jane@a.example')}",),
    ),
    ("phone", {"user_identities": {"mobile_number": "(+1)2133734253"}}, (f"phone:{sha('+12133734253')}",)),
    ("mpid", {"mpid": 7346244611012968789}, ("mpid:7346244611012968789",)),
    ("mpid as text", {"mpid": "-5"}, ("mpid:-5",)),
    ("an mpid of no user", {"mpid": 0}, ()),
    ("an mpid that lost digits", {"mpid": 7.346244611012969e18}, ()),
    ("anonymous", {}, ()),
    ("nonsense", {"user_identities": {"email": {}, "customer_id": True}, "mpid": []}, ()),
    (
        "all, the most trusted first",
        {"mpid": 5, "user_identities": {"mobile_number": "+12133734253", "email": "a@b.c", "customer_id": ["x", "y"]}},
        (
            f"customer_id:{sha('x')}",
            f"customer_id:{sha('y')}",
            f"email:{sha('a@b.c')}",
            f"phone:{sha('+12133734253')}",
            "mpid:5",
        ),
    ),
]


@pytest.mark.parametrize(("batch", "subjects"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_user_is_who_the_connection_says(bench, batch, subjects):
    """The hashes of E9 as TikTok gets them, and mParticle's own id; never a raw identity."""
    plan = bench.plan(profile=EVERYTHING)
    assert plan.profiles.subjects(json.dumps(batch).encode()) == subjects
    update = observe(bench, {**batch, "ip": IP})
    assert (update.subjects if update else ()) == subjects


def test_other_identity_types_are_the_connections(bench):
    """C4, C5: an email has the same key in any field; an external id only under its own type."""
    batch = {"user_identities": {"other": "a@b.c", "other_id_2": "x"}}
    seen = observe(bench, batch, email_identity_type="other", external_identity_type="other_id_2")
    assert seen.subjects == (f"other_id_2:{sha('x')}", f"email:{sha('a@b.c')}")
    assert values_of(seen) == {"email": sha("a@b.c"), "external_id:other_id_2": sha("x")}


@pytest.mark.parametrize("route", ["web", "legacy", "app", "offline"])
def test_values_are_as_tiktok_gets_them_on_any_route(bench, route):
    """Hashed where TikTok takes a hash, normalised where it takes text; a connection may fill what it never sends."""
    identities = {"email": "Jane@A.example", "mobile_number": "+12133734253", "customer_id": "c-7"}
    batch = {
        "ip": IP,
        "user_identities": identities,
        "partner_identities": {"tiktok_cookie_id": "2F7h37YkS1j57AYSKTI7IHhJPYH"},
        "device_info": {"http_header_user_agent": "Mozilla/5.0"},
        "user_attributes": {"$FirstName": " Jane", "$City": "San José", "$Zip": "94107", "$Country": "Germany"},
    }
    platform = {"web": "web", "legacy": "web", "app": "ios", "offline": "feed"}[route]
    assert values_of(observe(bench, batch, route=route)) == {
        f"ip:{platform}": IP,
        "user_agent": "Mozilla/5.0",
        "ttp": "2F7h37YkS1j57AYSKTI7IHhJPYH",
        "email": sha("jane@a.example"),
        "phone": sha("+12133734253"),
        "external_id:customer_id": sha("c-7"),
        "first_name": sha("jane"),
        "city": "sanjose",
        "zip_code": sha("94107"),
        "country": "de",
    }


def test_only_the_fields_of_the_profile_are_read(bench):
    batch = {**WITH_ID, "ip": IP, "device_info": {"http_header_user_agent": "Mozilla/5.0"}}
    assert values_of(observe(bench, batch, page(f"{URL}?ttclid={CLICK}"), profile=Profile({"ip": 60}))) == {
        "ip:web": IP
    }
    assert values_of(observe(bench, batch, omit=("user.ip",), profile=Profile({"ip": 60, "user_agent": 60}))) == {
        "user_agent": "Mozilla/5.0"
    }


@pytest.mark.parametrize(
    ("ip", "seen"),
    [(IP, IP), (f" {IP} ", IP), ("10.0.0.1", None), ("", None), (None, None), (7, None), ("nonsense", None)],
)
def test_only_explicit_public_addresses_are_seen(bench, ip, seen):
    """The batch's own address, by the rule of E4."""
    assert values_of(observe(bench, {**WITH_ID, "ip": ip})).get("ip:web") == seen


CLICKS = [
    ("in the flag", [page(**{"TikTok.Callback": CLICK})], CLICK, 60),
    ("in the flag, whatever its case", [page(**{"tiktok.callback": CLICK})], CLICK, 60),
    ("in the page's address", [page(f"{URL}?x=1&ttclid={CLICK}#top")], CLICK, 60),
    ("in the flag of the address", [page("nonsense", **{"TikTok.URL": f"{URL}?ttclid={CLICK}"})], CLICK, 60),
    ("escaped in the address", [page(f"{URL}?ttclid=E%2EC%2eP%2Efirst")], CLICK, 60),
    ("the newest of several", [page(f"{URL}?ttclid={LATER}", ago_s=5), page(f"{URL}?ttclid={CLICK}")], LATER, 5),
    ("a macro", [page(f"{URL}?ttclid=__CLICKID__")], None, 0),
    ("malformed", [page(**{"TikTok.Callback": "E.C.P."})], None, 0),
    ("older than the window", [page(f"{URL}?ttclid={CLICK}", ago_s=8 * 86_400)], None, 0),
    ("in an event of an unreadable kind", [{"event_type": 7, "data": [CLICK]}], None, 0),
]


@pytest.mark.parametrize(("events", "click", "age"), [row[1:] for row in CLICKS], ids=[row[0] for row in CLICKS])
def test_a_click_id_is_read_from_any_event(bench, events, click, age):
    update = observe(bench, WITH_ID, *events)
    found = [(text, seconds) for name, text, _, seconds in update.values if name == "ttclid"]
    assert found == ([] if click is None else [(click, age)])


def test_a_click_in_an_app_has_a_name_of_its_own(bench):
    """TikTok takes it in another field."""
    assert values_of(observe(bench, WITH_ID, page(**{"TikTok.Callback": CLICK}), route="app"))["ttclid:app"] == CLICK


GDPR, CCPA = "gdpr", "ccpa"


def consent(kind: str, answer: Any) -> dict[str, Any]:
    about = {"data_sale_opt_out": {"consented": answer}} if kind == CCPA else {"ads": {"consented": answer}}
    return {"consent_state": {kind: about}}


ANSWERS = [
    ("nothing said", {}, {}, (True, None, None)),
    ("not opted out", consent(CCPA, False), {}, (True, False, None)),
    ("opted out", consent(CCPA, True), {}, (False, True, None)),
    ("unreadable opt-out", consent(CCPA, "perhaps"), {}, None),
    ("consented", consent(GDPR, True), {"gdpr_purpose": "ads"}, (True, None, True)),
    ("refused", consent(GDPR, False), {"gdpr_purpose": "ads"}, (False, None, False)),
    ("no answer: the script asks for a stored one", {}, {"gdpr_purpose": "ads"}, (True, None, None)),
    ("an unreadable consent", consent(GDPR, {}), {"gdpr_purpose": "ads"}, None),
    ("a purpose that no one asks for", consent(GDPR, False), {}, (True, None, None)),
]


@pytest.mark.parametrize(
    ("batch", "settings", "expected"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS]
)
def test_answers_are_remembered_and_a_no_brings_no_value(bench, batch, settings, expected):
    update = observe(bench, {**WITH_ID, **batch}, page(f"{URL}?ttclid={CLICK}"), **settings)
    seen = None if update is None else (bool(update.values), update.opted_out, update.consented)
    assert seen == expected
    assert update is None or update.purpose == settings.get("gdpr_purpose")


@pytest.mark.parametrize(("answer", "opted_out"), [(True, True), (False, False), (None, None)])
def test_an_opt_out_event_is_an_answer(bench, answer, opted_out):
    update = observe(bench, WITH_ID, {"event_type": "opt_out", "data": {"is_opted_out": answer}})
    assert (update.opted_out, bool(update.values)) == (opted_out, opted_out is not True)


RULES = [
    ("another environment", {"environment": "development"}, {}, False),
    ("a condition", {"user_attributes": {"internal": "yes"}}, "never_if", False),
    ("an anonymous page before the login", {"user_identities": {}, "mpid": 5}, "logged_in_only", True),
]


@pytest.mark.parametrize(("batch", "rule", "seen"), [row[1:] for row in RULES], ids=[row[0] for row in RULES])
def test_nothing_is_seen_of_a_batch_that_must_not_be_used(bench, batch, rule, seen):
    forward = {
        "never_if": Forward(never_if=(Condition("user_attribute", "internal", "is", ("yes",)),)),
        "logged_in_only": Forward(logged_in_only=True),
    }.get(rule if isinstance(rule, str) else "", Forward())
    update = observe(bench, {**WITH_ID, "ip": IP, **batch}, forward=forward)
    assert (update is not None) is seen


def test_connections_that_remember_nothing_see_nothing(bench):
    """Off costs nothing."""
    assert bench.plan().profile_observer is None
    assert bench.plan(profile=EVERYTHING, enabled=False).profile_observer is None


def test_enrich_ip_address_is_a_profile_of_addresses(bench):
    update = observe(bench, {**WITH_ID, "ip": IP}, profile=None, enrich_ip_address=True)
    assert update.values == (("ip:web", IP, 30 * 86_400, 0),)


@pytest.mark.parametrize("raw", [b"\xff[", b"null", b"{}", b'{"consent_state":7}'])
def test_any_bytes_can_be_seen(bench, raw):
    """An unreadable batch has no user, and an unreadable event no click."""
    plan = bench.plan(profile=EVERYTHING)
    assert plan.profile_observer.observe(raw, [b"\xff", b"E.C.P.", b'{"data":'], RECEIVED_MS) is None
