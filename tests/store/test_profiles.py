"""Profiles in a real Redis: values until they expire, users' answers, a bound in memory, nothing left of a person."""

import time
from typing import Any

import pytest
import redis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from config.secrets import Keyring
from store.client import connect
from store.errors import RedisAway
from store.records.profiles import (
    DROPPED,
    INDEX,
    SUM,
    ProfileCodec,
    ProfileStore,
    Update,
    Value,
    budget_of,
    profile_usage,
)

DAY_S = 86_400
NEW, OLD = Keyring.new_key(), Keyring.new_key()
KEYRINGS = [pytest.param(None, id="no key"), pytest.param(Keyring([NEW]), id="key")]
HASH = "81f8f6dde88365f3928796ec7aa53f72820b06db8664f5fe76a7eb13e24546a2"
NOW = time.time_ns() // 1_000_000


def store_of(client: redis.Redis, keyring: Keyring | None = None, most_bytes: int = 1 << 20) -> ProfileStore:
    return ProfileStore(client, ProfileCodec(keyring), most_bytes)


def value(text: str, name: str = "email", for_s: int = DAY_S, age_s: int = 0, *, first: bool = False) -> Value:
    return Value(name, text, for_s, age_s, first)


def texts(store: ProfileStore, *subjects: str) -> dict[str, dict[str, str]]:
    """Return the values of these subjects by name."""
    found = store.recall(subjects)
    return {subject: {name: held[0] for name, held in each.v.items()} for subject, each in found.items()}


@pytest.mark.parametrize("keyring", KEYRINGS)
def test_every_process_finds_what_is_remembered_under_each_name_of_a_user(client: redis.Redis, keyring: Any) -> None:
    store_of(client, keyring).remember([Update(["email:jane", "mpid:7"], [value(HASH), value("Zürich", "city")])])
    found = texts(store_of(client, keyring), "email:jane", "mpid:7", "mpid:8")
    assert found == {name: {"email": HASH, "city": "Zürich"} for name in ("email:jane", "mpid:7")}


@pytest.mark.parametrize("keyring", KEYRINGS)
def test_a_newer_value_replaces_one_and_an_older_one_does_not(client: redis.Redis, keyring: Any) -> None:
    store = store_of(client, keyring)
    store.remember([Update(["a"], [value("one")])], NOW)
    store.remember([Update(["a"], [value("two", age_s=60)])], NOW)
    assert texts(store, "a") == {"a": {"email": "one"}}
    store.remember([Update(["a"], [value("three")])], NOW + 5_000)
    assert texts(store, "a") == {"a": {"email": "three"}}


@pytest.mark.parametrize("keyring", KEYRINGS)
def test_a_click_keeps_the_time_of_its_first_sight(client: redis.Redis, keyring: Any) -> None:
    """Its page views go on for days; a new click begins a new window."""
    store = store_of(client, keyring)
    clicked = store_of(client, keyring).recall
    store.remember([Update(["a"], [value("E.C.P.1", "ttclid", 7 * DAY_S, first=True)])], NOW)
    first = clicked(["a"])["a"].v["ttclid"]
    store.remember([Update(["a"], [value("E.C.P.1", "ttclid", 7 * DAY_S, first=True)])], NOW + 3 * DAY_S * 1000)
    assert clicked(["a"])["a"].v["ttclid"] == first
    store.remember([Update(["a"], [value("E.C.P.2", "ttclid", 7 * DAY_S, first=True)])], NOW + 4 * DAY_S * 1000)
    later = clicked(["a"], now_ms=NOW + 4 * DAY_S * 1000)["a"]
    assert later.v["ttclid"][:2] == ("E.C.P.2", NOW // 1000 + 4 * DAY_S)


def test_other_values_live_from_their_last_sight(client: redis.Redis) -> None:
    store = store_of(client)
    store.remember([Update(["a"], [value("one")])], NOW)
    store.remember([Update(["a"], [value("one")])], NOW + 7_200_000)
    assert store.recall(["a"], now_ms=NOW + 7_200_000)["a"].v["email"][1] == NOW // 1000 + 7_200


def test_an_unchanged_value_is_not_written_again_within_the_hour(client: redis.Redis) -> None:
    store = store_of(client)
    store.remember([Update(["a", "b"], [value("one")])], NOW)
    [key] = [name for name in client.scan_iter("profiles:*") if len(name) == len("profiles:") + 22][:1]
    client.expire(key, 100)
    store.remember([Update(["a", "b"], [value("one")])], NOW + 60_000)
    assert 0 < int(client.ttl(key)) <= 100


def test_each_value_has_its_own_time_to_live(client: redis.Redis) -> None:
    """A sweep removes it from Redis, too, while others stay; and what Redis itself has dropped is not counted."""
    store = store_of(client)
    store.remember([Update(["keep"], [value("long"), value("E.C.P.1", "ttclid", 60)])], NOW)
    store.remember([Update(["gone"], [value("short", for_s=60)]), Update(["dropped"], [value("x")])], NOW)
    dropped = store.recall(["dropped"]) and next(
        name for name in client.scan_iter("profiles:*") if _is(client, name, b"x")
    )
    client.delete(dropped)
    before = profile_usage(client)
    assert store.sweep(0, NOW + 59_000) == 0
    assert (profile_usage(client).names, before.names) == (2, 3)
    store.sweep(0, NOW + 61_000)
    assert texts(store, "keep", "gone") == {"keep": {"email": "long"}}
    assert not any(b"E.C.P.1" in raw for raw in _raw(client))
    assert profile_usage(client).names == 1
    assert 0 < profile_usage(client).bytes < before.bytes / 2


def _is(client: redis.Redis, name: bytes, text: bytes) -> bool:
    raw = client.get(name) if name not in (INDEX.encode(), SUM.encode()) else None
    return raw is not None and b"\xa5email\x94\xa1" + text in raw


def _raw(client: redis.Redis) -> list[bytes]:
    names = [name for name in client.scan_iter("profiles:*") if name not in (INDEX.encode(), SUM.encode())]
    return [found for name in names if (found := client.get(name))]


def test_a_sweep_goes_page_by_page(client: redis.Redis) -> None:
    store = store_of(client)
    store.remember([Update([f"user-{n}"], [value("x")]) for n in range(250)])
    places, place = [], 0
    while True:
        place = store.sweep(place)
        places.append(place)
        if not place:
            break
    assert places == [100, 200, 0]


YES, NO = {"purpose": "ads", "consented": True}, {"purpose": "ads", "consented": False}
ANSWERS = [
    ("nothing asked", [{}], True),
    ("opted out", [{"opted_out": True}], False),
    ("opted out, and in again", [{"opted_out": True}, {"opted_out": False}], True),
    ("opted out, then a batch that says nothing", [{"opted_out": True}, {}], False),
    ("no stored consent", [{"purpose": "ads"}], False),
    ("consented", [YES], True),
    ("consented, then a batch that says nothing", [YES, {"purpose": "ads"}], True),
    ("consented and withdrawn", [YES, NO], False),
    ("withdrawn, then a batch that says nothing", [NO, {"purpose": "ads"}], False),
    ("consented to another purpose", [{"purpose": "email", "consented": True}, {"purpose": "ads"}], None),
]


@pytest.mark.parametrize(("answers", "stored"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS])
def test_the_newest_answer_decides_what_is_stored(client: redis.Redis, answers: Any, stored: bool | None) -> None:
    store = store_of(client, Keyring([NEW]))
    for number, answer in enumerate(answers):
        given = {"answers_for_s": DAY_S, **answer}
        store.remember([Update(["a", "b"], [value(f"{number}")], **given)], NOW + 1000 * number)
    held = texts(store, "a", "b")
    if stored is None:  # what the first purpose permitted is there, the second added nothing
        assert held == {"a": {"email": "0"}, "b": {"email": "0"}}
    else:
        assert all(bool(values) is stored for values in held.values()), held


def test_an_opt_out_removes_what_is_stored_under_every_name_that_came_with_it(client: redis.Redis) -> None:
    store = store_of(client)
    store.remember([Update(["email:jane", "mpid:7"], [value(HASH)]), Update(["email:joe"], [value("joe")])], NOW)
    store.remember([Update(["mpid:7"], [], opted_out=True, answers_for_s=DAY_S)], NOW + 1000)
    assert texts(store, "email:jane", "mpid:7", "email:joe") == {
        "email:jane": {}, "mpid:7": {}, "email:joe": {"email": "joe"}
    }  # fmt: skip
    store.remember([Update(["email:jane"], [value(HASH)])], NOW + 2000)
    assert texts(store, "email:jane") == {"email:jane": {}}


@pytest.mark.parametrize("no", [{"opted_out": True}, NO], ids=["opted out", "withdrawn"])
def test_a_no_holds_for_names_that_come_later(client: redis.Redis, no: Any) -> None:
    """An anonymous user opts out and signs in afterwards: nothing is stored or left of who signed in."""
    store, purpose = store_of(client), no.get("purpose")
    yes = {"purpose": purpose, "consented": True, "answers_for_s": DAY_S} if purpose else {}
    store.remember([Update(["email:jane", "phone:jane"], [value(HASH)], **yes)], NOW)
    store.remember([Update(["mpid:7"], [], answers_for_s=DAY_S, **no)], NOW + 1000)
    store.remember([Update(["email:jane", "mpid:7"], [value(HASH)], purpose=purpose)], NOW + 2000)
    names = "email:jane", "phone:jane", "mpid:7"
    assert texts(store, *names) == {name: {} for name in names}
    store.remember([Update([name], [value(HASH)], purpose=purpose) for name in names], NOW + 3000)
    assert texts(store, *names) == {name: {} for name in names}
    said = {"purpose": purpose, "consented": True} if purpose else {"opted_out": False}
    store.remember([Update(["email:jane"], [value(HASH)], answers_for_s=DAY_S, **said)], NOW + 4000)
    assert texts(store, "email:jane") == {"email:jane": {"email": HASH}}
    store.remember([Update(["email:jane", "mpid:7"], [value(HASH)], purpose=purpose)], NOW + 5000)
    assert texts(store, "mpid:7") == {"mpid:7": {"email": HASH}}, "the newest answer is a yes"


def test_a_yes_and_a_no_in_the_same_second_are_a_no(client: redis.Redis) -> None:
    store = store_of(client)
    answers = [Update(["a"], [], answers_for_s=DAY_S, **NO), Update(["b"], [], answers_for_s=DAY_S, **YES)]
    store.remember([*answers, Update(["a", "b"], [value(HASH)], purpose="ads")], NOW)
    assert texts(store, "a", "b") == {"a": {}, "b": {}}


def test_a_former_key_finds_values_and_answers(client: redis.Redis) -> None:
    store_of(client, Keyring([OLD])).remember([Update(["a"], [value("x")])], NOW)
    store_of(client, Keyring([OLD])).remember([Update(["b"], [], opted_out=True, answers_for_s=DAY_S)], NOW)
    both = store_of(client, Keyring([NEW, OLD]))
    assert texts(both, "a") == {"a": {"email": "x"}}
    both.remember([Update(["b"], [value("y")])], NOW + 1000)
    assert texts(both, "b") == {"b": {}}
    assert both.erase(["a"]) == 1
    assert texts(both, "a") == {}


def test_under_a_new_key_values_keep_their_owner(client: redis.Redis) -> None:
    """Two users share an email address: what one left is not joined to what the other one leaves."""
    shared, first, second = "email:family", "customer:1", "customer:2"
    store_of(client, Keyring([OLD])).remember([Update([first, shared], [value(HASH)], owner="customer")])
    store = store_of(client, Keyring([NEW, OLD]))
    held = store.recall([shared])[shared]
    assert held.is_of("customer", store.names_of(first))
    assert not held.is_of("customer", store.names_of(second))
    store.remember([Update([second, shared], [value("Zürich", "city")], owner="customer")])
    assert texts(store, shared) == {shared: {"city": "Zürich"}}
    assert store.recall([shared])[shared].is_of("customer", store.names_of(second))


def test_the_bound_holds_and_the_least_recently_used_go_first(client: redis.Redis) -> None:
    store = store_of(client, most_bytes=100_000)
    for number in range(0, 1_000, 20):
        updates = [Update([f"user-{each}"], [value("x" * 100)]) for each in range(number, number + 20)]
        store.remember(updates, NOW + number * 1000)
    usage = profile_usage(client)
    used = sum(client.memory_usage(key, samples=0) or 0 for key in client.scan_iter("profiles:*", count=1_000))
    assert used <= usage.bytes <= 100_000
    assert 150 < usage.names < 300
    assert usage.dropped == 1_000 - usage.names
    assert set(texts(store, "user-999")) == {"user-999"}
    assert texts(store, "user-0") == {}


def test_a_profile_that_is_read_is_used(client: redis.Redis) -> None:
    store = store_of(client)
    store.remember([Update(["a"], [value("a")]), Update(["b"], [value("b")])], NOW - 3 * 3_600_000)
    store.recall(["a"])
    store.most_bytes = profile_usage(client).bytes - 1
    store.sweep(0)
    assert set(texts(store, "a", "b")) == {"a"}
    assert profile_usage(client).dropped == 1


def test_an_opt_out_outlasts_other_profiles_when_memory_is_short(client: redis.Redis) -> None:
    store = store_of(client, most_bytes=20_000)
    store.remember([Update(["out"], [], opted_out=True, answers_for_s=DAY_S)], NOW)
    store.remember([Update([f"user-{n}"], [value("x" * 100)]) for n in range(500)], NOW + 5000)
    assert store.recall(["out"])["out"].o is not None
    assert profile_usage(client).bytes <= 20_000


def test_a_smaller_bound_takes_effect_with_the_next_sweeps(client: redis.Redis) -> None:
    store = store_of(client)
    store.remember([Update([f"user-{n}"], [value("x" * 100)]) for n in range(200)])
    store.most_bytes = 0
    store.sweep(0)
    assert profile_usage(client) == (0, 0, 200)
    assert {*client.scan_iter("profiles:*")} == {SUM.encode(), DROPPED.encode()}


@pytest.mark.parametrize("keyring", KEYRINGS)
def test_keys_name_no_person(client: redis.Redis, keyring: Any) -> None:
    store_of(client, keyring).remember([Update(["email:jane@shop.example"], [value(HASH)])])
    assert not any(b"jane" in name for name in client.scan_iter())


def test_with_a_key_no_value_is_readable(client: redis.Redis) -> None:
    store_of(client, Keyring([NEW])).remember([Update(["a"], [value(HASH), value("203.0.113.9", "ip:web")])])
    assert not any(HASH.encode() in raw or b"203.0.113.9" in raw for raw in _raw(client))


def test_a_value_that_no_key_decrypts_is_absent(client: redis.Redis) -> None:
    store_of(client, Keyring([OLD])).remember([Update(["a"], [value("x")])])
    assert texts(store_of(client, Keyring([NEW])), "a") == {}


@pytest.mark.parametrize("stored", [b"", b"\xff", b"\x81\xa1v\x01", b"\x81\xa1v\x81\xa1x\x93\x01\x02\x03"])
def test_what_is_no_profile_counts_as_absent_and_is_replaced(client: redis.Redis, stored: bytes) -> None:
    store = store_of(client)
    store.remember([Update(["a"], [value("x")])])
    [name] = [key for key in client.scan_iter("profiles:*") if len(key) == len("profiles:") + 22]
    client.set(name, stored)
    assert texts(store, "a") in ({}, {"a": {}})
    store.remember([Update(["a"], [value("y")])], NOW + 10_000)
    assert texts(store, "a") == {"a": {"email": "y"}}


def test_many_subjects_take_one_command(client: redis.Redis) -> None:
    store = store_of(client)
    store.remember([Update([f"user-{n}"], [value("x")]) for n in range(300)])
    store.recall(["user-0"])
    client.config_resetstat()
    assert len(store.recall([f"user-{n}" for n in range(300)])) == 300
    assert client.info("commandstats")["cmdstat_evalsha"]["calls"] == 1


def test_an_unreachable_redis_is_named() -> None:
    away = store_of(connect("redis://127.0.0.1:1/0"))
    with pytest.raises(RedisAway):
        away.recall(["a"])


@pytest.mark.parametrize(("setting", "limit", "most"), [(64, 0, 64), (64, 100, 25), (64, 1000, 64), (0, 100, 0)])
def test_profiles_leave_three_quarters_of_redis_to_events(setting: int, limit: int, most: int) -> None:
    assert budget_of(setting, limit) == most


NAMES = st.lists(st.sampled_from([f"n{n}" for n in range(8)]), min_size=1, max_size=4, unique=True)


@given(batches=st.lists(NAMES, min_size=1, max_size=12), person=NAMES)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_erasing_a_person_leaves_nothing_that_came_together_with_them(
    client: redis.Redis, batches: list[list[str]], person: list[str]
) -> None:
    """Whatever names came together in whatever order: no profile is left that any chain of batches joins to them."""
    client.flushdb()
    store = store_of(client)
    store.remember([Update(names, [value("+".join(names))]) for names in batches])
    reached = set(person)
    for _ in batches:
        for names in batches:
            if reached & set(names):
                reached |= set(names)
    every = {name for names in batches for name in names}
    assert store.erase(person, dry_run=True) == store.erase(person) == len(every & reached)
    assert set(store.recall([f"n{n}" for n in range(8)])) == every - reached
    assert profile_usage(client).names == len(every - reached)


def test_an_opt_out_from_before_there_was_a_key_still_holds(client: redis.Redis) -> None:
    store_of(client).remember([Update(["a"], [], opted_out=True, answers_for_s=DAY_S)], NOW)
    keyed = store_of(client, Keyring([NEW]))
    keyed.remember([Update(["a"], [value("x")])], NOW + 1000)
    assert texts(keyed, "a") == {"a": {}}
