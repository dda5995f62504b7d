"""Redis's clock is set back: what profiles have from the future outlasts no newer answer and no newer value."""

import time
from typing import Any

import pytest
import redis

from store.records.profiles import INDEX, ProfileStore, Stored, Update, Value
from store.records.source_states import SourceState, _encode, read_states

DAY_S = 86_400
NOW = time.time_ns() // 1_000_000
LATER = NOW + DAY_S * 1000


def update(text: str = "x", **answers: Any) -> Update:
    return Update(["a", "b"], [Value("email", text, DAY_S, 0, False)], answers_for_s=365 * DAY_S, **answers)


def found(store: ProfileStore, subject: str = "a") -> Stored:
    return store.recall([subject])[subject]


@pytest.mark.parametrize(
    ("yes", "no"),
    [
        ({"opted_out": False}, {"opted_out": True}),
        ({"purpose": "ads", "consented": True}, {"purpose": "ads", "consented": False}),
    ],
    ids=["opting out", "consent"],
)
def test_a_no_counts_although_a_yes_is_from_the_future(
    store: ProfileStore, yes: dict[str, Any], no: dict[str, Any]
) -> None:
    store.remember([update(**yes)], LATER)
    store.remember([update(**no)], NOW)
    store.remember([update(purpose=yes.get("purpose"))], NOW)
    for subject in ("a", "b"):
        profile = found(store, subject)
        assert not profile.v
        assert [answer[:2] for answer in (profile.o, profile.g.get("ads")) if answer] == [
            (int("opted_out" in no), NOW // 1000)
        ]


def test_a_no_under_one_name_is_newer_than_a_yes_from_the_future_under_another(store: ProfileStore) -> None:
    """Also for those who read: they compare the times of several names."""
    store.remember([Update(["b"], opted_out=False, answers_for_s=9 * DAY_S)], LATER)
    store.remember([Update(["a"], opted_out=True, answers_for_s=9 * DAY_S)])
    yes, no = found(store, "b").o, found(store, "a").o
    assert yes is not None
    assert no is not None
    assert yes[1] <= no[1] + 60


def test_a_value_of_the_future_is_replaced_and_lives_no_longer_than_its_time(store: ProfileStore) -> None:
    store.remember([update("old")], LATER)
    assert 0 < found(store).v["email"][2] - time.time() <= DAY_S + 60
    store.remember([update("new")], NOW)
    assert found(store).v["email"][0] == "new"


def test_a_sweep_lets_profiles_of_the_future_go_like_others(client: redis.Redis, store: ProfileStore) -> None:
    """Else new users would find no room for a day."""
    store.remember([update()], LATER)
    store.sweep(0, NOW)
    store.remember([Update(["c"], [Value("email", "y", DAY_S, 0, False)])], NOW + 1000)
    assert client.zrange(INDEX, -1, -1) == [store.names_of("c")[0].encode()]


def test_a_process_of_the_future_is_not_shown_as_running(client: redis.Redis) -> None:
    """It ended while the clock was ahead."""
    ahead = time.time_ns() // 1_000_000 + 3_000_000
    client.hset("sources:states", "batches p", _encode(SourceState("batches", "p", "taking", at_ms=ahead)))
    assert read_states(client) == {}
    assert client.hlen("sources:states") == 1
    client.hset("sources:states", "batches p", _encode(SourceState("batches", "p", "taking", at_ms=ahead + 3_000_000)))
    assert read_states(client) == {}
    assert client.hlen("sources:states") == 0
