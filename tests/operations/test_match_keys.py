"""What preview says of matching: in a marketer's words, by the rows of the mapping, with reasons for the rest."""

import json
from typing import Any

import pytest
from support.terminal import relay

from config.model import Connection, Input, Platform
from mapping.match_keys import MATCH_KEYS
from mapping.tables import FIELDS
from operations.preview.match_keys import matching_of
from operations.preview.preview import preview_all

IDFA = "7A3CBEA0-BDF5-11E4-8DFC-AA07A5B093DB"


def event(**flags: str) -> dict[str, Any]:
    flags = {"TikTok.URL": "https://a.b/x", **flags}
    data = {"timestamp_unixtime_ms": 1_795_000_000_000, "custom_flags": flags, "product_action": {"action": "purchase"}}
    return {"event_type": "commerce_event", "data": data}


def matching(*batches: dict[str, Any], platform: Platform = "web", **settings: Any) -> Any:
    fields = {"enable_web_migration": True, **settings}
    connection = Connection(id="shop", inputs=("in",), access_token="t", event_source_id="P", **fields)
    pairs = [(Input("in", platform, "k", "s"), connection)]
    raw = [json.dumps({"events": [event()], **batch}).encode() for batch in batches]
    [made] = preview_all(raw, pairs, "https://tiktok.example", 1_795_000_000_001)
    return matching_of(made, connection)


@pytest.mark.parametrize(
    ("batch", "grade"),
    [
        ({"user_identities": {"email": "a@b.c"}}, "good"),
        ({"user_identities": {"mobile_number": "+12133734253"}}, "good"),
        ({"device_info": {"ios_advertising_id": IDFA}}, "good"),
        ({"events": [event(**{"TikTok.Callback": "E.C.P.abc"})]}, "good"),
        ({"user_identities": {"customer_id": "7"}}, "fair"),
        ({"partner_identities": {"tiktok_cookie_id": "2F7h37YkS1j57AYSKTI7IHhJPYH"}}, "fair"),
        ({"ip": "203.0.113.9", "device_info": {"http_header_user_agent": "Mozilla"}}, "fair"),
        ({"ip": "203.0.113.9"}, "none"),
        ({}, "none"),
    ],
    ids=["email", "phone", "IDFA", "click id", "external id", "cookie", "IP and agent", "IP alone", "nothing"],
)
def test_an_event_is_matched_as_well_as_its_best_identifier(batch: dict[str, Any], grade: str) -> None:
    """Each alone; an IP address only together with a user agent."""
    assert {name for name, count in matching(batch).grades.items() if count} == {grade}


def test_what_is_left_out_is_counted_with_its_reason() -> None:
    """Three batches: one phone that can be read, one that cannot, none."""
    good, bad = ({"user_identities": {"mobile_number": number}} for number in ("+12133734253", "555 CALL"))
    [phone] = [identifier for identifier in matching(good, bad, {}).identifiers if identifier.kind.name == "phone"]
    assert (phone.sent, sum(phone.omitted.values())) == (1, 1)
    assert "international form" in next(iter(phone.omitted))


def test_an_identifier_that_a_setting_omits_says_so() -> None:
    """And no profile is said to fill it."""
    found = matching({"user_identities": {"email": "a@b.c"}}, omit=("user.email", "user.ip"), enrich_ip_address=True)
    omitted = {identifier.kind.name: identifier.omitted for identifier in found.identifiers if identifier.omitted}
    assert omitted == {name: {"omitted by the setting `omit`": 1} for name in ("email", "IP address")}
    assert not found.may_fill


def test_only_match_keys_of_the_route_are_listed() -> None:
    """The legacy API takes no advertising id, apps have no cookie, and apps' click id has another field."""
    legacy = {identifier.kind.name for identifier in matching({}, enable_web_migration=False).identifiers}
    app = {identifier.kind.code for identifier in matching({}, platform="ios").identifiers}
    assert legacy == {"click id", "email", "phone", "external id", "TikTok's cookie", "IP address", "user agent"}
    assert "ttp" not in app
    assert "ttclid" in app


def test_every_kind_is_a_row_of_the_mapping() -> None:
    """Otherwise a renamed path would silently match no one."""
    assert {path for key in MATCH_KEYS for path in key.paths} <= {row.track for row in FIELDS}


def test_people_get_text(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who matches, what was omitted of how many and why, and one line in sum; each other note once."""
    (tmp_path / "relay.yaml").write_text(
        "inputs: [{id: app, platform: ios, api_key: k, api_secret: s}]\n"
        "connections: [{id: game, inputs: [app], access_token: t, event_source_id: '71234567890123456',"
        " att_withholds_idfa: true, enrich_ip_address: true}]\n"
    )
    monkeypatch.setenv("RELAY_CONFIG", str(tmp_path / "relay.yaml"))
    monkeypatch.setenv("RELAY_DATA_DIR", str(tmp_path / "none"))
    timeless = event()
    del timeless["data"]["timestamp_unixtime_ms"]
    device = {"ios_advertising_id": IDFA, "att_authorization_status": "denied"}
    batches = [
        {"device_info": device, "user_identities": {"email": "a@b.c"}, "events": [timeless, timeless]},
        {"events": [event()]},
    ]
    result = relay("preview", "-", stdin=json.dumps(batches).encode())
    text = " ".join(result.stdout.split())
    assert "Match keys of 3 events" in text
    assert "IDFA (iOS) 0 1 2 the user refused tracking device_info.ios_advertising_id" in text
    assert "Match keys: good for 2 of 3 events (click id, email, phone or advertising id); none for 1" in text
    assert "0, 1 timestamp_unixtime_ms missing: the time of receipt is sent" in text
    assert text.count("refused tracking") == 1
    assert "IP address 0 3 ip, or the profile (--profile)" in text
