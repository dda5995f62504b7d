"""Ingest adds to users' profiles in the append of the events: from every batch, at no further command."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.events import purchase
from support.site import WEB, Site, running_site

from config.model import Connection, Input, Profile
from ingest.redis.profiles import MOST_UPDATES, observe
from lanes.appends.arrivals import Arrival
from lanes.appends.contents import LARGEST_SCRIPT, append_contents
from lanes.errors import ArrivalTooLarge
from mapping.incoming.batch import split_batch
from mapping.plan import compile_plan
from store.records.profiles import ProfileCodec, ProfileStore, profile_usage

CONNECTIONS = """
inputs:
  - {id: web, platform: web, api_key: web-key, api_secret: web-secret}
connections:
  - {id: shop, inputs: [web], access_token: token, event_source_id: PIXEL1, enable_web_migration: true, MORE}
"""
PROFILE = "profile: {fields: [ttclid, ttp]}"
CLICK = "E.C.P.click"
PAGE = {"event_type": "screen_view", "data": {"screen_name": "p", "page_url": f"https://a.example/?ttclid={CLICK}"}}


@pytest.fixture
def remembering(redis_url: str, tmp_path: Path) -> Iterator[Site]:
    """Run an ingest whose connection has a profile."""
    with running_site(tmp_path, redis_url, CONNECTIONS.replace("MORE", PROFILE)) as site:
        yield site


def batch(*events: Any, user: int = 7, **more: Any) -> dict[str, Any]:
    cookie = {"partner_identities": {"tiktok_cookie_id": "2F7h37YkS1j57AYSKTI7IHhJPYH"}}
    return {"mpid": user, **cookie, **more, "events": list(events)}


def remembered(site: Site, user: int = 7) -> dict[str, str]:
    found = ProfileStore(site.redis, ProfileCodec(None)).recall([f"mpid:{user}"])
    return {name: text for stored in found.values() for name, (text, *_) in stored.v.items()}


@pytest.mark.parametrize(
    ("events", "values"),
    [
        ([purchase(1)], {"ttp"}),
        ([PAGE], {"ttp", "ttclid"}),
        ([PAGE, purchase(1)], {"ttp", "ttclid"}),
        ([], {"ttp"}),
    ],
    ids=["wanted", "unwanted", "both", "a batch without events"],
)
def test_every_batch_is_read(remembering: Site, events: list[Any], values: set[str]) -> None:
    assert remembering.post(batch(*events), auth=WEB).status_code == 202
    assert remembered(remembering).keys() == values


def test_it_takes_no_further_command(remembering: Site) -> None:
    remembering.post(batch(purchase(1)), auth=WEB)
    remembering.redis.config_resetstat()
    remembering.post(batch(purchase(2), PAGE), auth=WEB)
    assert remembering.redis.info("commandstats")["cmdstat_evalsha"]["calls"] == 1
    assert remembered(remembering)["ttclid"] == CLICK


def test_a_batch_in_a_bulk_request_is_its_own_users(remembering: Site) -> None:
    remembering.post([batch(PAGE, user=1), batch(purchase(2), user=2)], "/v2/bulkevents", auth=WEB)
    assert remembered(remembering, 1).keys() == {"ttp", "ttclid"}
    assert remembered(remembering, 2).keys() == {"ttp"}


def test_without_memory_nothing_is_remembered(redis_url: str, tmp_path: Path) -> None:
    with running_site(tmp_path, redis_url, CONNECTIONS.replace("MORE", PROFILE), profiles_memory=0) as site:
        assert site.post(batch(PAGE), auth=WEB).status_code == 202
        assert profile_usage(site.redis) == (0, 0, 0)


def test_a_profile_that_is_no_profile_costs_no_event(remembering: Site) -> None:
    """A key of another type, as another program may leave it."""
    remembering.post(batch(PAGE), auth=WEB)
    [name] = [name for name in remembering.redis.scan_iter("profiles:*") if len(name) == len("profiles:") + 22]
    remembering.redis.delete(name)
    remembering.redis.rpush(name, "x")
    assert remembering.post(batch(purchase(1)), auth=WEB).status_code == 202
    assert [entry for chunk in remembering.chunks("shop") for each in chunk.batches for entry in each.entries]


def plan_of(profile: Profile | None) -> Any:
    connection = Connection(
        id="shop", inputs=("in",), access_token="t", event_source_id="P", enable_web_migration=True, profile=profile
    )
    return compile_plan(connection, Input("in", "web", "k", "s"))


def test_a_request_makes_each_update_once_and_at_most_a_thousand() -> None:
    plan = plan_of(Profile({"ttp": 60}))
    splits = [split_batch(b'{"mpid":%d,"partner_identities":{"tiktok_cookie_id":"abcdef"}}' % n) for n in range(1500)]
    updates = observe([plan], [*splits, *splits], 0)
    assert len(updates) == MOST_UPDATES
    assert updates[-1].subjects == ("mpid:1499",)
    assert observe([plan_of(None)], splits, 0) == []


def test_of_any_number_of_updates_every_no_is_made() -> None:
    """Otherwise what is remembered of a user who opted out would still be filled."""
    plan = plan_of(Profile({"ttp": 60}))
    out = b'{"mpid":%d,"consent_state":{"ccpa":{"data_sale_opt_out":{"consented":true}}}}'
    splits = [split_batch(out % n) for n in range(1, 6)]
    splits += [
        split_batch(b'{"mpid":%d,"partner_identities":{"tiktok_cookie_id":"abcdef"}}' % n) for n in range(1, 1500)
    ]
    updates = observe([plan], splits, 0)
    assert [update.subjects[0] for update in updates if update.opted_out] == [f"mpid:{n}" for n in range(1, 6)]
    assert len(updates) == 5 + MOST_UPDATES


def test_a_no_is_never_left_away() -> None:
    """Where even these do not fit beside the events, the request is too large, and a message is split."""
    value: Any = {"names": ["n"], "values": [["email", "x" * 1000, 1, 0, "", 0]]}
    noes = [{"names": ["out"], "values": [], "opted_out": 1}, {"names": ["no"], "values": [], "consented": 0}]
    yes = {**value, "opted_out": 0, "consented": 1}
    contents = append_contents([Arrival("web", 1)], lambda: 0, profiles=[*noes, *[value, yes] * 2500])
    packed, *_ = contents.arguments(max_backlog_bytes=0, profile_bytes=1)
    assert msgspec.msgpack.decode(packed)["profiles"] == noes
    many = append_contents([Arrival("web", 1)], lambda: 0, profiles=noes * 100_000)
    with pytest.raises(ArrivalTooLarge):
        many.arguments(max_backlog_bytes=0, profile_bytes=1)


def test_profiles_that_do_not_fit_beside_the_events_are_left_away() -> None:
    """The events are appended all the same."""
    update = {"names": ["n"], "values": [["email", "x" * 1000, 1, 0, "", 0]]}
    contents = append_contents([Arrival("web", 1)], lambda: 0, profiles=[update] * 5000)
    packed, *_ = contents.arguments(max_backlog_bytes=0, profile_bytes=1)
    assert len(packed) < LARGEST_SCRIPT
    assert b"profiles" not in packed
