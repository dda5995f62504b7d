"""Erasure reads exactly what the mapping reads: each person hashed into a request is found."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from config.model import Connection
from mapping.incoming.body import replace_lone_surrogates
from mapping.people.identities import Identity, identities_in, identities_in_anything, mentions
from mapping.people.identity_keys import IdentityKeys
from mapping.results import Mapped

TOO_LARGE = "1e400"  # no JSON library of Python writes it; it stands for a text that is replaced
KINDS = ["email", "customer_id", "mobile_number", "other", "other_id_2", "facebook"]
NAMES = [*KINDS, "Email", "customerid", "CustomerId", "other2", "MOBILE_NUMBER", "phone_number_2", "nonsense", " email"]
PLAIN = Connection(id="c", inputs=("in",), access_token="t", event_source_id="P")

people = st.sampled_from(
    [
        *("jane@shop.example", " Jane@Shop.Example ", "c-7", "7", "+12133734253", "0049 171 5550123", "0171 5550123"),
        *(
            "9" * 64,
            "ab" * 32,
            "",
            " ",
            "0",
            "-1",
            "null",
            "\ud83d",
            "ｊ@x.example",
            "\u200bjane@shop.example",
            TOO_LARGE,
        ),
    ]
)
scalars = people | st.none() | st.booleans() | st.integers(-9, 2**70) | st.floats() | st.text(max_size=8)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["0", "x"]), inner, max_size=2),
    max_leaves=4,
)
entries = st.fixed_dictionaries(
    {"identity_type": st.sampled_from(NAMES) | scalars, "identity": values}, optional={"identity_encoding": scalars}
)
identities = (
    st.dictionaries(st.sampled_from(NAMES), values, max_size=5)
    | st.lists(entries | values, max_size=4)
    | st.dictionaries(st.sampled_from(["0", "1", "email"]), entries | values, max_size=3)
    | values
)
batches = st.fixed_dictionaries(
    {"user_identities": identities}, optional={"mpid": values, "user_attributes": values, "ip": scalars}
)


def as_raw(batch: Any) -> bytes:
    """Its JSON as ingest stores it, with numbers that are too large to be read."""
    return replace_lone_surrogates(json.dumps(batch).replace(f'"{TOO_LARGE}"', TOO_LARGE).encode())


@settings(max_examples=600, deadline=None)
@given(
    batches,
    st.sampled_from(KINDS),
    st.sampled_from([*KINDS, "mpid"]),
    st.sampled_from(KINDS),
    st.sampled_from(["web", "legacy"]),
)
@example(
    {"mpid": TOO_LARGE, "user_identities": {"email": "jane@shop.example"}},
    "email",
    "customer_id",
    "mobile_number",
    "web",
)
@example(
    {"user_identities": {"email": ["jane@shop.example", TOO_LARGE]}}, "email", "customer_id", "mobile_number", "web"
)
@example({"user_identities": {"email": "\U0001f400"}}, "email", "email", "email", "web")
def test_each_person_hashed_into_a_request_is_found(
    bench: Any, batch: dict[str, Any], email: str, external: str, phone: str, route: str
) -> None:
    """By the hash that is sent to TikTok, in any form of the identities."""
    named = {"email_identity_type": email, "external_identity_type": external, "phone_identity_type": phone}
    plan = bench.plan(route, default_region="DE", **named)
    raw = as_raw(batch)
    mapper = plan.batch(raw, bench.received_ms)
    [result] = mapper.map(json.dumps(bench.purchase()).encode(), None)
    assert isinstance(result, Mapped), result
    body = json.loads(result.body)
    user = body.get("user") or body.get("context", {}).get("user", {})
    sent = [
        Identity(kind, digest)
        for kind, field in ((email, "email"), (external, "external_id"), (phone, "phone"), (phone, "phone_number"))
        for digest in ([user[field]] if isinstance(user.get(field), str) else user.get(field, []))
    ]
    settings_of = {"inputs": ("in",), "access_token": "t", "event_source_id": "P", "default_region": "DE", **named}
    identity_keys = IdentityKeys(Connection(id="c", **settings_of))
    found = identity_keys.of_batch(raw)
    assert found is not None
    for identity in sent:
        if identity.kind == "mpid":  # the value itself is searched, not a hash
            assert any(name.startswith("mpid:") for name in found), raw
            continue
        assert identity_keys.names([identity]) & found, (identity.kind, raw)


ENTRY = '{"identity_type": "email", "identity": "%s@a.example"}'
FOUND = [
    ("beside an mpid too large", '{"mpid": 1e400, "user_identities": {"email": "jane@a.example"}}'),
    ("beside a number too large in a list", '{"user_identities": {"email": ["jane@a.example", 1e400]}}'),
    ("beside another identity too large", '{"user_identities": {"other": 1e400, "email": "jane@a.example"}}'),
    ("beside 5,000 digits", '{"user_identities": {"other": ' + "9" * 5_000 + ', "email": "jane@a.example"}}'),
    ("in a webhook beside what is no entry", '{"user_identities": [7, ' + ENTRY % "jane" + "]}"),
    ("the first of two entries", '{"user_identities": [' + ENTRY % "jane" + "," + ENTRY % "joe" + "]}"),
    ("in an object where text belongs", '{"user_identities": {"email": {"value": "jane@a.example"}}}'),
    ("in a list of lists", '{"user_identities": {"email": [["jane@a.example"]]}}'),
    ("in a list with gaps", '{"user_identities": {"1": ' + ENTRY % "jane" + "}}"),
    ("under no name", '{"user_identities": "jane@a.example"}'),
    ("under a name of no type", '{"user_identities": {"e-mail": "jane@a.example"}}'),
]  # fmt: skip


@pytest.mark.parametrize("shared", [row[1] for row in FOUND], ids=[row[0] for row in FOUND])
def test_an_identity_is_found_in_every_shape(shared: str) -> None:
    """Also where the mapping omits it: the batch still holds it."""
    identity_keys = IdentityKeys(PLAIN)
    found = identity_keys.of_batch(shared.encode())
    assert found is not None
    assert identity_keys.names([Identity("email", "Jane@a.example")]) & found
    assert not identity_keys.names([Identity("email", "mary@a.example")]) & found


def test_a_number_too_large_is_an_identity_as_it_is_written() -> None:
    """It belongs to no user, and the other identities are read."""
    assert identities_in(b'{"mpid": 1e400, "user_identities": {"customer_id": 12345678901234567890123}}') == {
        Identity("mpid", "1e400"),
        Identity("customer_id", "12345678901234567890123"),
    }


@pytest.mark.parametrize("shared", [b'{"a":' + b"[" * 20_000 + b"]" * 20_000 + b"}", b"{", b"[]", b""])
def test_an_unreadable_batch_is_not_a_batch_without_people(shared: bytes) -> None:
    """None means that the person may be in there."""
    assert identities_in(shared) is None
    assert IdentityKeys(PLAIN).of_batch(shared) is None
    assert identities_in(b"{}") == set()


MENTIONED = [
    (b'"jane@a.example"', "email", "Jane@a.example", True),
    (b'{"events":{},"user_identities":{"email":"JANE@a.example"}}', "email", "jane@a.example", True),
    (rb'"jane\u0040a.example"', "email", "jane@a.example", True),
    (rb'{"x":"https:\/\/a.example\/?m=jane@a.example"}', "email", "jane@a.example", True),
    (b'{"broken": "jane@a.example", ', "email", "jane@a.example", True),
    (b'"\xff jane@a.example"', "email", "jane@a.example", True),
    (b"[77]", "customer_id", "77", True),
    (b"[777]", "customer_id", "77", False),
    (b'"mary-jane@a.example"', "email", "jane@a.example", True),  # a word of it: rather too much than too little
    (b'"xjane@a.example"', "email", "jane@a.example", False),
    (b"null", "email", "jane@a.example", False),
]


@pytest.mark.parametrize(("raw", "kind", "value", "there"), MENTIONED, ids=[repr(row[0]) for row in MENTIONED])
def test_an_invalid_batch_is_searched_as_text(raw: bytes, kind: str, value: str, there: bool) -> None:
    """For the value as a word, escaped or not, whatever its case."""
    assert mentions(raw, Identity(kind, value)) is there


def test_what_is_no_batch_is_read_value_by_value_too() -> None:
    """So a number in another form, and the hash of an address, are found."""
    raw = b'{"events": "x", "user_identities": {"mobile_number": "0049 171 5550123", "email": "Jane@a.example"}}'
    assert {Identity("mobile_number", "0049 171 5550123"), Identity("", "Jane@a.example")} <= identities_in_anything(
        raw
    )
    assert identities_in_anything(b"{") == set()
