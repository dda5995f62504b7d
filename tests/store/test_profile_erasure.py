"""What is left of a person's profiles after `relay forget`, or after a no, when links between profiles are gone."""

import time
from itertools import pairwise

import pytest
import redis

from store.records.profiles import INDEX, ProfileStore, Update, Value, profile_usage

DAY_S = 86_400
NOW = time.time_ns() // 1_000_000
JANE = [Value("email", "hash of jane", DAY_S, 0, False)]
DEVICES = [f"mpid:{number}" for number in range(40)]
"""More than a profile names."""


def drop(client: redis.Redis, store: ProfileStore, subject: str) -> None:
    """Remove one profile, as the bound in memory does."""
    name = store.names_of(subject)[0]
    client.delete(f"profiles:{name}")
    client.zrem(INDEX, name)


def test_all_of_many_identities_are_erased(store: ProfileStore) -> None:
    for device in DEVICES:
        store.remember([Update(["email:jane", device], JANE, opted_out=False, answers_for_s=DAY_S)], NOW)
    store.remember([Update(["email:joe"], JANE)], NOW)
    assert store.erase(["email:jane"], dry_run=True) == store.erase(["email:jane"]) == len(DEVICES) + 1
    assert set(store.recall([*DEVICES, "email:jane", "email:joe"])) == {"email:joe"}


@pytest.mark.parametrize("named", ["email:jane", "mpid:1", "customer:7"])
def test_a_profile_that_was_dropped_hides_no_other_one(client: redis.Redis, store: ProfileStore, named: str) -> None:
    """The one between two others went because memory was short."""
    store.remember([Update(["email:jane", "mpid:1"], JANE), Update(["customer:7", "mpid:1"], JANE)], NOW)
    drop(client, store, "mpid:1")
    assert store.erase([named]) == 2
    assert store.recall(["email:jane", "mpid:1", "customer:7"]) == {}


def test_hundreds_of_profiles_are_read_a_page_at_a_time(store: ProfileStore) -> None:
    """In whatever order: each came together with the one before it."""
    chain = [f"n{number}" for number in range(700)]
    for before, after in pairwise(chain):
        store.remember([Update([before, after], JANE)], NOW)
    store.remember([Update(["other"], JANE)], NOW)
    assert store.erase(["n350"]) == len(chain)
    assert set(store.recall([*chain, "other"])) == {"other"}


def test_an_expired_profile_is_subtracted_once(client: redis.Redis, store: ProfileStore) -> None:
    """Else the counted memory would sink, and the bound would not hold."""
    store.remember([Update(["a"], JANE), Update(["b"], JANE)], NOW)
    client.delete(f"profiles:{store.names_of('a')[0]}")
    half = profile_usage(client).bytes // 2
    assert store.erase(["a"]) == 0
    store.sweep(0)
    assert profile_usage(client)[:2] == (1, half)


def test_a_no_leaves_no_values_under_any_identity(store: ProfileStore) -> None:
    """Of more identities than a profile names, the earlier ones have lost their values already."""
    for device in DEVICES:
        store.remember([Update(["email:jane", device], JANE)], NOW)
    store.remember([Update(["email:jane"], opted_out=True, answers_for_s=DAY_S)], NOW)
    assert not any(profile.v for profile in store.recall(DEVICES).values())
