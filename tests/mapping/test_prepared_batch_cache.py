"""What is kept of a user's batch serves later batches that say the same, and only those."""

import json

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mapping import prepared_batch
from mapping.fields import hashing
from mapping.incoming.batch_fields import Fields, members_decoder, relevant
from mapping.prepared_batch import MOST_KEPT
from mapping.profiles.values import Filling
from mapping.results import Mapped

texts = st.sampled_from(["a", "B ", "", "203.0.113.9", "10.0.0.1", "+12133734253"])
batches = st.fixed_dictionaries(
    {},
    optional={
        "environment": st.sampled_from(["production", "development"]),
        "ip": texts,
        "user_identities": st.dictionaries(st.sampled_from(["email", "customer_id", "mobile_number"]), texts),
        "user_attributes": st.dictionaries(st.sampled_from(["$FirstName", "$City", "campaignId"]), texts),
        "device_info": st.fixed_dictionaries({"http_header_user_agent": texts}) | texts,
        "source_request_id": texts,
    },
)
posted = st.tuples(batches, st.sampled_from([None, "198.51.100.7", "10.1.1.1"]))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(posted, min_size=2, max_size=5))
def test_each_batch_is_mapped_as_if_it_were_the_first(bench, several):
    """With any batches before it, of any user and from any sender."""
    settings_ = {"peer_ip_fallback": True, "enrich_ip_address": True}
    plan = bench.plan(**settings_)
    for fields, address in several:
        batch = {**fields, "events": [bench.purchase()]}
        at = {"peer_ip": address, "filling": Filling((("ip", address),)) if address else None}
        assert bench.results(plan, batch, **at) == bench.results(bench.plan(**settings_), batch, **at)


@pytest.mark.parametrize("route", ["web", "legacy", "app"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(batches, st.sampled_from([{}, {"TikTok.Callback": "E.C.P.1"}]))
def test_each_event_of_a_batch_has_the_same_json(bench, route, fields, flags):
    """The first is encoded as one document; into the others, the batch's fields are spliced."""
    event = bench.purchase(custom_flags={"TikTok.URL": "https://shop.example/", **flags})
    first, *others = bench.results(bench.plan(route), {**fields, "events": [event] * 3})
    assert others == [first, first]


def test_a_user_is_known_again_by_the_beginning_of_the_batch(bench, monkeypatch):
    """By the mpid, else by the identities; a batch of a new user is not decoded to find that out."""
    decoded: list[bytes] = []
    decoder = members_decoder(with_device_id=False)
    monkeypatch.setattr(
        prepared_batch, "members_decoder", lambda **_: lambda shared: (decoded.append(shared), decoder(shared))[1]
    )
    plan = bench.plan()
    users = [{"mpid": 7, "user_identities": {"email": "a@b.example"}}, {"user_identities": {"email": "c@d.example"}}]
    for user in users:
        bench.mapped(plan, bench.purchase(), **user)
    assert decoded == []
    for user in users:
        bench.mapped(plan, bench.purchase(), source_request_id="another", **user)
    assert len(decoded) == len(users)


CUSTOM = {"events": [], "source_request_id": "r-1", "context": {"data_plan": {}}}


def test_batches_that_differ_only_in_what_is_not_read_are_one():
    """A request's own id, and whatever no row reads."""
    same = [relevant(json.dumps({**CUSTOM, "ip": "203.0.113.9", "source_request_id": n}).encode()) for n in range(3)]
    assert set(same) == {b'{"ip":"203.0.113.9"}'}


def test_what_cannot_be_read_is_relevant_as_it_is():
    """It is left to be noted when it is read."""
    assert relevant(b"[1]") == b"[1]"


@pytest.mark.parametrize("events", [1, 3])
def test_a_user_who_came_twice_is_hashed_no_more(bench, monkeypatch, events):
    """From the third batch on, a user costs no hashing; nor do further events of a batch."""
    hashed: list[bytes] = []

    def counting(data: bytes) -> object:
        hashed.append(data)
        return real(data)

    real = hashing.sha256
    monkeypatch.setattr(hashing, "sha256", counting)
    plan = bench.plan()
    for request in ("r-1", "r-2", "r-3", "r-4"):
        batch = {"source_request_id": request, "user_identities": {"email": "a@b.example", "customer_id": "c-1"}}
        mapped = bench.results(plan, {**batch, "events": [bench.purchase()] * events})
        assert all(isinstance(result, Mapped) for [result] in mapped)
    assert sorted(hashed) == [b"a@b.example", b"a@b.example", b"c-1", b"c-1"]


def test_a_user_who_comes_back_after_many_others_is_hashed_again(bench, monkeypatch):
    """A user is kept at the second batch, and sure to be kept for half of `MOST_KEPT` other users."""
    hashed: list[bytes] = []
    monkeypatch.setattr(hashing, "sha256", lambda data, real=hashing.sha256: (hashed.append(data), real(data))[1])
    plan = bench.plan()

    def arrives(user: int) -> int:
        hashed.clear()
        batch = {"mpid": user, "user_identities": {"email": f"a{user}@b.example"}}
        bench.mapped(plan, bench.purchase(), **batch)
        return len(hashed)

    assert [arrives(user) for user in (1, 1, 2, 1)] == [1, 1, 1, 0]
    assert [arrives(user) for user in range(3, 3 + MOST_KEPT // 2 - 1)] == [1] * (MOST_KEPT // 2 - 1)
    assert arrives(1) == 0
    assert sum(arrives(user) for user in range(10_000, 10_000 + MOST_KEPT)) == MOST_KEPT
    assert arrives(1) == 1


def test_relevant_is_all_that_is_read():
    """Every field of a batch that has a type is kept, and none twice; the device id only where it decides."""
    members = {field.name: 1 for field in msgspec.structs.fields(Fields)}
    raw = json.dumps({**members, "else": 1}).encode()
    assert json.loads(relevant(raw, with_device_id=True)) == members
    del members["mp_deviceid"]
    assert json.loads(relevant(raw)) == members
