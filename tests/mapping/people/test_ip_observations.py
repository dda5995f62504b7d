"""I1: the address that a batch shows for its user, and the keys of the user, which are no raw identities."""

import json
from hashlib import sha256

import pytest

from mapping.people.ip_observations import NO_OBSERVATION

IP = "203.0.113.9"
WITH_ID = {"user_identities": {"customer_id": "user_123"}}


def observe(bench, batch, route="web", **settings):
    plan = bench.plan(route, **{"enrich_ip_address": True, **settings})
    return plan.ip_observer.observe(json.dumps(batch).encode())


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
    assert observe(bench, batch).subjects == subjects


def test_other_identity_types_are_the_connections(bench):
    """C4, C5: an email has the same key in any field; an external id only under its own type."""
    batch = {"user_identities": {"other": "a@b.c", "other_id_2": "x"}}
    seen = observe(bench, batch, email_identity_type="other", external_identity_type="other_id_2")
    assert seen.subjects == (f"other_id_2:{sha('x')}", f"email:{sha('a@b.c')}")


@pytest.mark.parametrize(
    ("ip", "seen"),
    [(IP, IP), (f" {IP} ", IP), ("10.0.0.1", None), ("", None), (None, None), (7, None), ("nonsense", None)],
)
def test_only_explicit_public_addresses_are_seen(bench, ip, seen):
    """The batch's own address, by the rule of E4."""
    assert observe(bench, {**WITH_ID, "ip": ip}).ip == seen


@pytest.mark.parametrize(
    ("batch", "settings"),
    [
        ({"environment": "development"}, {}),
        ({"consent_state": {"gdpr": {"marketing": {"consented": False}}}}, {"gdpr_purpose": "marketing"}),
    ],
    ids=["environment", "consent"],
)
def test_nothing_is_seen_of_a_batch_that_is_withheld(bench, batch, settings):
    """No address is remembered of a user whose events may not be sent."""
    assert observe(bench, {**WITH_ID, "ip": IP, **batch}, **settings) == NO_OBSERVATION


def test_connections_that_do_not_enrich_see_nothing(bench):
    """C9 off costs nothing."""
    assert bench.plan().ip_observer is None


def test_any_bytes_can_be_seen(bench):
    """An unreadable batch has no user."""
    assert bench.plan(enrich_ip_address=True).ip_observer.observe(b"\xff[") == NO_OBSERVATION
