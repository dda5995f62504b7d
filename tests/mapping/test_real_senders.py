"""Everything real senders do (mparticle-input.md §2, §3): none of it may cost an event or an identity."""

import json
from hashlib import sha256

import pytest

from mapping.people.identities import Identity
from mapping.people.identity_keys import IdentityKeys
from mapping.results import Mapped


def sha(text: str) -> str:
    return sha256(text.encode()).hexdigest()


IDENTITIES = [
    ("an object", {"customer_id": "c-1"}),
    ("what the Python, Node and Ruby SDKs write", {"customerid": "c-1"}),
    ("both, one null", {"customer_id": None, "customerid": "c-1"}),
    ("a webhook's list", [{"identity_type": "customer_id", "identity": "c-1", "timestamp_unixtime_ms": 1}]),
    ("a list without times, in capitals", [{"identity_type": "CUSTOMER_ID", "identity": "c-1"}, None]),
    ("an object in capitals", {"CUSTOMER_ID": "c-1"}),
    ("an object as Java writes names", {"customerId": "c-1"}),
    ("an object with a space", {" Customer_Id ": "c-1", "email": None}),
    ("both, one blank", {"customer_id": " ", "CUSTOMER_ID": "c-1"}),
    ("its own name before another case", {"Customer_ID": "c-2", "customer_id": "c-1", "CUSTOMER_ID": "c-3"}),
    ("a list with gaps", {"0": {"identity_type": "customer_id", "identity": "c-1"}, "2": []}),
    ("a list with an empty entry", [[], {"identity_type": "Customer_ID", "identity": "c-1"}]),
    ("a list with the SDKs' name", [{"identity_type": "customerid", "identity": "c-1"}]),
]


@pytest.mark.parametrize("identities", [case[1] for case in IDENTITIES], ids=[case[0] for case in IDENTITIES])
def test_identities_come_in_two_forms_and_several_names(bench, at, identities):
    """E9: an identity is read in each form that a sender uses."""
    body = bench.body(bench.plan(), user_identities=identities)
    assert at(body, "user.external_id") == [sha("c-1")]


@pytest.mark.parametrize("identities", [case[1] for case in IDENTITIES], ids=[case[0] for case in IDENTITIES])
def test_each_person_who_is_sent_is_found_for_erasure(identities):
    """Erasure knows a person by every name and form that mapping reads."""
    identity_keys = IdentityKeys(None)
    batch = json.dumps({"user_identities": identities}).encode()
    assert identity_keys.names([Identity("customer_id", "c-1")]) <= identity_keys.of_batch(batch)


NEAR = [
    ("e-mail", "email"), ("Email Address", "email"), ("emial", "email"), ("phone", "mobile_number"),
    ("mobileNumber", "mobile_number"), ("Mobile-Number", "mobile_number"), ("user_id", "customer_id"),
    ("customer", "customer_id"),
]  # fmt: skip


@pytest.mark.parametrize("form", ["object", "list"])
@pytest.mark.parametrize(("name", "meant"), NEAR)
def test_an_identity_with_a_nearly_right_name_is_noted(bench, name, meant, form):
    """E9: relay reads no other name, and does not lose an identity in silence; its value is not quoted."""
    identities = {name: "jane"} if form == "object" else [{"identity_type": name, "identity": "jane"}]
    [note] = bench.mapped(bench.plan(), user_identities=identities).notes
    assert note.field == f"user_identities.{meant}"
    assert f"name it `{meant}`" in note.note
    assert "jane" not in note.note
    assert bench.mapped(bench.plan(), user_identities=[*_as_list(identities), *_as_list({meant: "+12133734253"})])


def _as_list(identities):
    if isinstance(identities, list):
        return identities
    return [{"identity_type": name, "identity": value} for name, value in identities.items()]


@pytest.mark.parametrize("name", ["google", "other_id_11", "loyalty_card", "mpid", "x" * 60])
def test_other_identities_are_nobodys_business(bench, name):
    """Their names stay unsaid."""
    assert bench.mapped(bench.plan(), user_identities={name: "x"}).notes == ()


def test_other_names_of_other_identities(bench, at):
    """The web SDK writes other2 where the server SDKs write other_id_2."""
    plan = bench.plan(external_identity_type="other_id_2")
    assert at(bench.body(plan, user_identities={"other2": "x"}), "user.external_id") == [sha("x")]


ODD_BATCHES = [
    {"user_identities": 5},
    {"user_identities": [5]},
    {"user_identities": "x"},
    {"user_attributes": [1]},
    {"partner_identities": [1]},
    {"device_info": "phone"},
    {"application_info": 0},
]


@pytest.mark.parametrize("odd", ODD_BATCHES, ids=str)
def test_oddity_of_a_batch_is_absent_with_a_note(bench, at, odd):
    """What the batch says wrongly costs that field; its other fields go out."""
    [name] = odd
    other = {"user_identities": {"email": "a@b.c"}} if name != "user_identities" else {"ip": "203.0.113.9"}
    mapped = bench.mapped(bench.plan(), **odd, **other)
    assert [note.field for note in mapped.notes] == [name]
    assert at(json.loads(mapped.body), "user") is not None


def test_shared_part_that_is_no_object_costs_no_event(bench):
    """Not even this raises."""
    for raw in (b"", b"5", b"{", b"[]", b'{"ip": "\xff"}'):
        mapper = bench.plan().batch(raw, bench.received_ms)
        assert isinstance(mapper.map(json.dumps(bench.purchase()).encode(), None)[0], Mapped)


def test_nulls_are_absent_everywhere(bench):
    """The Java SDK writes every unset field as null, and unset lists and objects as empty ones."""
    batch = dict.fromkeys(
        (
            "ip",
            "user_identities",
            "user_attributes",
            "partner_identities",
            "device_info",
            "application_info",
            "environment",
        )
    )
    event = bench.purchase(
        currency_code=None,
        event_id=None,
        custom_attributes=None,
        promotion_action=None,
        product_impressions=None,
        product_action={
            "total_amount": None,
            "products": [dict.fromkeys(("id", "name", "price", "quantity", "category"))],
        },
        custom_flags={"TikTok.Callback": None, "TikTok.Referrer": None},
    )
    for route in ("legacy", "web", "app", "offline"):
        mapped = bench.mapped(bench.plan(route), event, **batch)
        assert b"null" not in mapped.body
        assert {note.field for note in mapped.notes} == ({"application_info.package"} if route == "app" else set())


def test_integers_beyond_doubles_stay_exact(bench):
    """int64 ids are never read as floats."""
    event = bench.purchase(source_message_id=None, event_id=9223372036854775807)
    assert bench.mapped(bench.plan(), event).event_id == "9223372036854775807"


def test_webhook_batch_with_text_integers(bench):
    """Outgoing batches may write every int64 as text."""
    event = bench.purchase(
        source_message_id=None, event_id="-109840007014118971", timestamp_unixtime_ms="1595542763908"
    )
    body = bench.body(bench.plan(), event, batch_id="1", message_type="events", schema_version=1)
    assert (body["event_id"], body["event_time"]) == ("-109840007014118971", 1595542763)


def test_unknown_fields_are_ignored(bench):
    """mParticle's own schemas forbid what its SDKs send."""
    event = bench.purchase(
        session_id=1, location={"latitude": 1}, is_goal_defined="x", product_action={"checkout_step": "a"}
    )
    assert bench.mapped(bench.plan(), event, mpid="x", consent_state=[], integration_attributes=5, job_id={})


MANY = ["a@b.c", "A@B.C ", "d@e.f", "", True]


def test_list_of_identities_is_a_list_without_repeats(bench, at):
    """E9, 2.0: every entry that is of use, and a note on the others."""
    mapped = bench.mapped(bench.plan(), user_identities={"email": MANY})
    assert at(json.loads(mapped.body), "user.email") == [sha("a@b.c"), sha("d@e.f")]
    assert [note.field for note in mapped.notes] == ["user_identities.email"]


def test_legacy_takes_the_first_identity_and_says_so(bench, at):
    """E9, legacy: one text."""
    mapped = bench.mapped(bench.plan("legacy"), user_identities={"email": MANY, "customer_id": ["x", "y"]})
    assert at(json.loads(mapped.body), "context.user.email") == sha("a@b.c")
    assert at(json.loads(mapped.body), "context.user.external_id") == sha("x")
    assert [note.field for note in mapped.notes] == ["user_identities.email", "user_identities.customer_id"]


@pytest.mark.parametrize("empty", [[], [None], [""], [[]]], ids=str)
def test_list_without_identities_is_none(bench, at, empty):
    """E9: an empty list is never sent."""
    assert at(bench.body(bench.plan(), user_identities={"email": empty}), "user") is None
