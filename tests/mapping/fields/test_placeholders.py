"""Text that stands for no value is omitted with a note, in each field that identifies a person (E5, E9–E12, U1–U13)."""

import json
from hashlib import sha256
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mapping.fields import normalise, placeholders, places
from mapping.fields.hashing import hash_identity
from mapping.fields.placeholders import is_no_id, is_no_user, is_placeholder
from mapping.results import OmitField

NO_VALUE = [
    *("undefined", "null", "(null)", "none", "nil", "<nil>", "nan", "n/a", "n.a.", "#N/A", "#NULL!", "unknown", "-"),
    *("--", "[object Object]", "[object HTMLInputElement]", "Array", "\\N", "not set", "(not set)", "not_available"),
    *("N/D", "''", "[]", "{}", "?", ".", "{{customer.id}}", "${email}", "%%EMAIL%%", "__USER_ID__", "*|EMAIL|*"),
    *("<email>", "undefined undefined", "null, null", "<User object at 0x7f3af5c5adc0>"),
]
NIL = "00000000-0000-0000-0000-000000000000"
NO_USER = [
    *("0", "-1", "-1.0", "0.0", "000000", "0" * 32, NIL, f"{{{NIL}}}", f"urn:uuid:{NIL}", NIL.replace("0", "f")),
    *("guest", "anonymous", "false"),
]
REAL_IDS = [
    *("u-1", "1", "10", "-10", "007", "nullable", "unionist", "Nana", "noneya", "array-of-hope", "x", "guest-7"),
    *("F" * 31, "3f2504e0-4f89-11d3-9a0c-0305e82c3301", "{3F2504E0-4F89-11D3-9A0C-0305E82C3301}", NIL[:-1] + "1"),
]
SPELT = (
    str,
    str.upper,
    str.title,
    lambda text: f" {text}\t",
    lambda text: f"\ufeff{text}\u200b",
    lambda text: f'"{text}"',
)


@pytest.mark.parametrize("spell", SPELT, ids=["as it is", "capitals", "title", "spaces", "invisible", "quoted"])
@pytest.mark.parametrize("text", NO_VALUE + NO_USER)
def test_a_placeholder_is_no_identity(text, spell):
    """E9: in any case, in quotes, with invisible characters."""
    assert isinstance(hash_identity(spell(text), normalise.external_id), OmitField)


@pytest.mark.parametrize("text", REAL_IDS)
def test_a_real_id_is_an_identity(text):
    """E9: text that only looks similar is hashed unchanged."""
    assert hash_identity(text, normalise.external_id) == sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "text", [*NO_VALUE[:12], "0", "-1", "00000000-0000-0000-0000-000000000000", "NULL", "None", "NaN"]
)
def test_hash_of_a_placeholder_is_no_identity(text):
    """E9: senders that hash also hash placeholders."""
    assert isinstance(hash_identity(sha256(text.encode()).hexdigest(), normalise.email), OmitField)


KEPT = [
    ("Namibia", places.country, "NA", "na"),
    ("Namibia in small letters", places.country, "na", "na"),
    ("Naples", places.state, "NA", "na"),
    ("a province of Thailand", places.state, "Nan", "nan"),
    ("a name", normalise.name, "Nan", "nan"),
    ("a name of Catalonia", normalise.name, "Nil", "nil"),
    ("a surname of Korea", normalise.name, "Na", "na"),
    ("a surname", normalise.name, "Guest", "guest"),
    ("another surname", normalise.name, "True", "true"),
    ("a postal code that starts with zeros", normalise.zip_code, "00184", "00184"),
]
OMITTED = [
    *((name, rule, text) for text in ("undefined", "null", "N/A", "n.a.", "None", "-", "unknown") for name, rule in (
        ("name", normalise.name), ("city", places.city), ("state", places.state), ("country", places.country),
        ("zip", normalise.zip_code), ("advertising id", normalise.advertising_id),
    )),
    ("country", places.country, "N. A."),
    ("country", places.country, "N/A."),
    ("name", normalise.name, "nan"),
    ("name", normalise.name, "NaN"),
    ("name", normalise.name, "nil"),
    ("zip", normalise.zip_code, "00000"),
    ("advertising id", normalise.advertising_id, "ffffffff-ffff-ffff-ffff-ffffffffffff"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "text", "expected"), [row[1:] for row in KEPT], ids=[row[0] for row in KEPT])
def test_real_value_that_looks_like_none_is_kept(rule, text, expected):
    """U1–U6: where the field has such values."""
    assert rule(text) == expected


@pytest.mark.parametrize(("rule", "text"), [row[1:] for row in OMITTED], ids=[f"{row[0]} {row[2]}" for row in OMITTED])
def test_text_that_means_nothing_is_omitted(rule, text):
    """E10, U1–U6: with a reason."""
    assert isinstance(rule(text), OmitField)


FIELDS = [
    ("E5", "user_agent", {"device_info": {"http_header_user_agent": "-"}}, "device_info.http_header_user_agent"),
    ("E9 email", "email", {"user_identities": {"email": "undefined"}}, "user_identities.email"),
    ("E9 id", "external_id", {"user_identities": {"customer_id": 0}}, "user_identities.customer_id"),
    ("E9 id, a float", "external_id", {"user_identities": {"customer_id": -1.0}}, "user_identities.customer_id"),
    ("E9 id, rounded", "external_id", {"user_identities": {"customer_id": 7.3e18}}, "user_identities.customer_id"),
    ("E9 phone", "phone", {"user_identities": {"mobile_number": "null"}}, "user_identities.mobile_number"),
    ("E10", "gaid", {"device_info": {"android_advertising_id": "null"}}, "device_info.android_advertising_id"),
    ("E11", "ttp", {"partner_identities": {"tiktok_cookie_id": "undefined"}}, "partner_identities.tiktok_cookie_id"),
    ("E11 zero", "ttp", {"partner_identities": {"tiktok_cookie_id": "0"}}, "partner_identities.tiktok_cookie_id"),
    ("U1", "first_name", {"user_attributes": {"$FirstName": "undefined"}}, "user_attributes.$FirstName"),
    ("U3", "city", {"user_attributes": {"$City": ["null"]}}, "user_attributes.$City"),
    ("U5", "country", {"user_attributes": {"$Country": "N/A"}}, "user_attributes.$Country"),
    ("U6", "zip_code", {"user_attributes": {"$Zip": "None"}}, "user_attributes.$Zip"),
]


@pytest.mark.parametrize(("field", "batch", "incoming"), [row[1:] for row in FIELDS], ids=[row[0] for row in FIELDS])
def test_event_goes_without_the_field_and_says_so(bench, field, batch, incoming):
    """E5, E9–E11, U1–U6: the event is sent, its note names the incoming field."""
    result = bench.mapped(bench.plan("web"), **batch)
    assert f'"{field}"' not in result.body.decode()
    assert [note.field for note in result.notes if note.note.startswith("omitted")] == [incoming]


OTHERS = [
    ("E12", "app_id", {"application_info": {"package": "undefined"}}),
    ("E12", "app_name", {"application_info": {"application_name": "null"}}),
    ("U7", "campaign_id", {"user_attributes": {"campaignId": "0"}}),
    ("U8", "ad_id", {"user_attributes": {"adId": "undefined"}}),
    ("U9", "creative_id", {"user_attributes": {"creativeId": "{{ad.id}}"}}),
    ("U12", "attribution_type", {"user_attributes": {"attributionType": "n/a"}}),
    ("U13", "attribution_provider", {"user_attributes": {"attributionProvider": "(not set)"}}),
]


@pytest.mark.parametrize(("field", "batch"), [row[1:] for row in OTHERS], ids=[row[0] for row in OTHERS])
def test_ids_and_words_that_are_none_are_omitted(bench, field, batch):
    """E12, U7–U13."""
    assert f'"{field}"' not in bench.mapped(bench.plan("web"), **batch).body.decode()


def test_list_keeps_its_good_entries(bench, at):
    """E9: with a note on the others."""
    batch = {"user_identities": {"customer_id": ["null", "u-1", 0, "N/A"], "email": ["a@b.example", "undefined"]}}
    result = bench.mapped(bench.plan("web"), **batch)
    assert result.body.decode().count(sha256(b"u-1").hexdigest()) == 1
    assert {note.note for note in result.notes} == {
        "3 of its 4 entries are not usable and omitted",
        "1 of its 2 entries are not usable and omitted",
    }


@pytest.mark.parametrize("nobody", [0, "0", -1, "-1", -1.0, "null", "undefined", "guest", str(UUID(int=0)), "N/A"])
def test_a_placeholder_has_no_profile(bench, nobody):
    """I1: all guests would share the last address of one."""
    plan = bench.plan("web", enrich_ip_address=True)
    batch = {"ip": "198.51.100.7", "mpid": nobody, "user_identities": {"customer_id": nobody, "email": nobody}}
    assert plan.profile_observer.observe(json.dumps(batch).encode(), [], 0) is None
    assert plan.profiles.subjects(json.dumps(batch).encode()) == ()


@settings(deadline=None)
@given(st.text(min_size=1, max_size=45) | st.sampled_from(NO_VALUE + NO_USER + REAL_IDS))
def test_quick_check_agrees_with_the_full_check(text):
    """A text whose beginning is not in STARTS or ODD is no placeholder for the full check either."""
    trimmed = text.strip()
    if trimmed and trimmed[0] not in placeholders.ODD and trimmed[:3].casefold() not in placeholders.STARTS:
        assert not placeholders._is_placeholder(trimmed)
        assert trimmed.strip(placeholders._ZEROS)
        assert not is_no_user(trimmed)


@settings(deadline=None)
@given(st.uuids(version=4).map(str) | st.integers(1, 2**63).map(str) | st.emails())
def test_usual_ids_are_ids(text):
    """UUIDs, numbers and addresses."""
    assert not is_no_id(text)
    assert not is_placeholder(text)


@settings(deadline=None)
@given(st.sampled_from(NO_VALUE), st.sampled_from(SPELT))
def test_placeholder_is_one_in_every_field(text, spell):
    """As a user's id, as an event's, as a place."""
    trimmed = spell(text).replace("\ufeff", "").replace("\u200b", "").strip()
    assert is_placeholder(trimmed)
    assert is_no_id(trimmed)
    assert is_no_user(trimmed)
