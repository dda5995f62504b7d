"""mParticle's own id as external id (C5): the only id of anonymous web users."""

import json
from hashlib import sha256

import pytest

from mapping.people.identity_keys import Identity, IdentityKeys


def of(mpid):
    return sha256(str(mpid).encode()).hexdigest()


IDS = [
    ("a number", -7346244611012968789, of(-7346244611012968789)),
    ("text", "7346244611012968789", of("7346244611012968789")),
    ("zero is no user", 0, None),
    ("zero as text", "0", None),
    ("minus one is no user", -1, None),
    ("a placeholder", "null", None),
    ("a float that lost digits", 7.3e18, None),
    ("a truth value", True, None),
    ("absent", None, None),
]


@pytest.mark.parametrize("route", ["legacy", "web", "app", "offline"])
@pytest.mark.parametrize(("mpid", "expected"), [row[1:] for row in IDS], ids=[row[0] for row in IDS])
def test_mpid_is_the_external_id(bench, at, route, mpid, expected):
    """C5, E9: on every route; an mpid that names no user is omitted."""
    plan = bench.plan(route, external_identity_type="mpid")
    batch = {"mpid": mpid, "user_identities": {"customer_id": "c-1"}}
    body = bench.body(plan, **batch)
    sent = at(body, "context.user.external_id" if route == "legacy" else "user.external_id")
    assert sent == (None if expected is None else expected if route == "legacy" else [expected])


def test_a_profile_knows_a_user_by_it_once(bench):
    """I1: and erasure finds the profile."""
    plan = bench.plan("web", external_identity_type="mpid", enrich_ip_address=True)
    raw = json.dumps({"mpid": 7, "ip": "198.51.100.7"}).encode()
    seen = plan.profile_observer.observe(raw, [], 0)
    assert seen.subjects == ("mpid:7",)
    assert set(seen.subjects) == IdentityKeys(None).names([Identity("mpid", "7")])
