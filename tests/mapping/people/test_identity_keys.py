"""Erasure: the people of a batch, compared as they are hashed for TikTok."""

import json
import re
import time
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.model import Connection
from mapping.people.identities import Identity
from mapping.people.identity_keys import _ADDRESSES, IdentityKeys

SETTINGS = {"inputs": ("web",), "access_token": "t", "event_source_id": "P"}
US = Connection(id="us", default_region="US", **SETTINGS)
DE = Connection(id="de", default_region="DE", **SETTINGS)
PLAIN = Connection(id="plain", **SETTINGS)
ODD = Connection(id="odd", email_identity_type="other", phone_identity_type="other_id_2", **SETTINGS)


def sha(value: str) -> str:
    return sha256(value.encode()).hexdigest()


CASES = [
    ("the same email", PLAIN, ("email", "jane@a.example"), {"email": "jane@a.example"}, True),
    ("case and spaces", PLAIN, ("email", " Jane@A.example "), {"email": "JANE@a.example"}, True),
    ("hashed by the sender", PLAIN, ("email", "Jane@a.example"), {"email": sha("jane@a.example").upper()}, True),
    ("given as a hash", PLAIN, ("email", sha("jane@a.example")), {"email": "Jane@a.example"}, True),
    ("under another type", PLAIN, ("email", "jane@a.example"), {"customer_id": "Jane@a.example"}, True),
    ("hashed, where emails stand here", ODD, ("email", "jane@a.example"), {"other": sha("jane@a.example")}, True),
    ("another person", PLAIN, ("email", "jane@a.example"), {"email": "jan@a.example"}, False),
    (
        "a phone however it is written",
        PLAIN,
        ("mobile_number", "+49 171 1234567"),
        {"mobile_number": "0049171/1234567"},
        True,
    ),
    ("a second number", PLAIN, ("mobile_number", "+491711234567"), {"phone_number_3": "+491711234567"}, True),
    ("a national number", DE, ("mobile_number", "+491711234567"), {"mobile_number": "0171 1234567"}, True),
    ("given nationally", DE, ("mobile_number", "0171 1234567"), {"mobile_number": "+491711234567"}, True),
    ("another country's", US, ("mobile_number", "0171 1234567"), {"mobile_number": "+491711234567"}, False),
    ("unreadable, but the same", PLAIN, ("mobile_number", "0171 1234567"), {"mobile_number": "0171 1234567"}, True),
    ("where phones stand here", ODD, ("mobile_number", "+491711234567"), {"other2": "0049 1711234567"}, True),
    ("an id that looks like a phone", DE, ("mobile_number", "+491711234567"), {"customer_id": "491711234567"}, False),
    ("an id", PLAIN, ("customer_id", "c-7"), {"customerid": "c-7"}, True),
    ("an id as a number", PLAIN, ("customer_id", "7"), {"customer_id": 7}, True),
    ("ids keep their case", PLAIN, ("customer_id", "c-7"), {"customer_id": "C-7"}, False),
    ("an id of another kind", PLAIN, ("customer_id", "c-7"), {"other": "c-7"}, False),
    ("one of several", PLAIN, ("customer_id", "b"), {"customer_id": ["a", "b"]}, True),
    ("in a webhook", PLAIN, ("email", "a@b.c"), [None, {"identity_type": "Email", "identity": "A@b.c"}], True),
    ("beside what cannot be read", PLAIN, ("email", "a@b.c"), {"email": "a@b.c", "other": {"x": [1]}}, True),
    ("nobody", PLAIN, ("email", "a@b.c"), None, False),
    ("blank is no user", PLAIN, ("email", " "), {"email": ""}, False),
]


@pytest.mark.parametrize(
    ("connection", "wanted", "identities", "same"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_identities_are_compared_as_they_are_hashed(connection, wanted, identities, same) -> None:
    """By type, region, case and hash as the row says."""
    identity_keys = IdentityKeys(connection)
    batch = json.dumps({"user_identities": identities, "user_attributes": {"x": "jane@a.example"}}).encode()
    assert bool(identity_keys.names([Identity(*wanted)]) & identity_keys.of_batch(batch)) is same


@pytest.mark.parametrize(
    ("mpid", "batch", "same"),
    [
        ("-5", b'{"mpid":-5}', True),
        ("-5", b'{"mpid":"-5"}', True),
        ("0", b'{"mpid":0}', False),
        ("1", b'{"mpid":true}', False),
    ],
)
def test_an_mpid_names_a_person_unless_it_is_a_placeholder(mpid: str, batch: bytes, same: bool) -> None:
    """As number or text."""
    assert bool(IdentityKeys(PLAIN).names([Identity("mpid", mpid)]) & IdentityKeys(PLAIN).of_batch(batch)) is same


def test_names_are_those_of_profiles(bench) -> None:
    """Otherwise the profile of a person could not be found."""
    batch = {"mpid": 7, "user_identities": {"customer_id": "c", "email": "A@b.c", "mobile_number": "+12133734253"}}
    raw = json.dumps(batch).encode()
    seen = bench.plan("web", enrich_ip_address=True).profiles.subjects(raw)
    assert len(seen) == 4
    assert set(seen) <= IdentityKeys(PLAIN).of_batch(raw)


def test_an_identity_does_not_print_its_value() -> None:
    """A traceback would."""
    assert "jane" not in repr(Identity("email", "jane@a.example"))


def test_a_long_text_costs_no_more_than_its_length() -> None:
    """Else one such identity would keep `relay forget` for hours."""
    keys, began = IdentityKeys(PLAIN), time.process_time()
    for text in ("a" * 400_000, "a@" * 200_000, "@" * 400_000):
        keys.names([Identity("email", text)])
    assert time.process_time() - began < 60


@given(st.text(alphabet="ab@ ,\\", max_size=12))
def test_every_address_in_a_text_is_found(text: str) -> None:
    assert _ADDRESSES(text) == re.findall(r"[ab]+@[ab]+", text)
