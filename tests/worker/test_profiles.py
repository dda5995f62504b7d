"""A worker fills events from users' profiles, which ingest wrote beside earlier events; in real lanes and Redis."""

import json
from typing import Any

import pytest
import structlog
from support.bench import Bench
from support.events import batch, purchase

from lanes.chunk import Batch, Chunk
from operations.match_keys import match_key_days
from store.client import connect
from store.clocks import now_ms
from store.errors import RedisAway
from store.records.profiles import ProfileCodec, ProfileStore, profile_usage
from worker.steps.profiles import Profiles

WEB = "enable_web_migration: true"
CLICK = "E.C.P.click"
PAGE = {"event_type": "screen_view", "data": {"screen_name": "p", "page_url": f"https://a.example/?ttclid={CLICK}"}}
PROFILE = "profile: {fields: [ttclid, ttp, email, user_agent]}"
USER = {"mpid": 7}
VISIT = {
    **USER,
    "user_identities": {"email": "jane@shop.example"},
    "partner_identities": {"tiktok_cookie_id": "2F7h37YkS1j57AYSKTI7IHhJPYH"},
    "device_info": {"http_header_user_agent": "Mozilla/5.0"},
}


def users(bench: Bench) -> list[dict[str, Any]]:
    """Return the user of each event that arrived, in order of their ids."""
    taken = sorted(bench.sandbox.events(), key=lambda event: event["body"]["event_id"])
    return [event["body"].get("user", {}) for event in taken]


def test_a_purchase_gets_what_the_visit_before_it_had(bench: Bench) -> None:
    bench.configure(WEB, PROFILE)
    bench.put([PAGE], shared=VISIT)
    bench.put([purchase(1)], shared=USER)
    bench.drain()
    [user] = users(bench)
    assert (user["ttclid"], user["ttp"], user["user_agent"]) == (CLICK, "2F7h37YkS1j57AYSKTI7IHhJPYH", "Mozilla/5.0")
    assert len(user["email"]) == 1


def test_own_values_are_never_replaced(bench: Bench) -> None:
    bench.configure(WEB, PROFILE)
    bench.put([PAGE], shared=VISIT)
    own = {"custom_flags": {"TikTok.URL": "https://shop.example/", "TikTok.Callback": "E.C.P.own"}}
    bench.put([purchase(1, **own)], shared={**USER, "device_info": {"http_header_user_agent": "Own/1"}})
    bench.drain()
    [user] = users(bench)
    assert (user["ttclid"], user["user_agent"]) == ("E.C.P.own", "Own/1")


SHARED = [{"user_identities": {"email": "family@shop.example"}}, {"mpid": 9}]


@pytest.mark.parametrize("shared", SHARED, ids=["an address", "a device"])
def test_two_users_who_share_an_identity_get_nothing_of_each_other(bench: Bench, shared: dict[str, Any]) -> None:
    """Not by reading, nor after both have written; each still gets what is their own."""
    bench.configure(WEB, "profile: {fields: [phone, first_name, user_agent, ttclid, consent]}")

    def of(customer: str | None, **more: Any) -> dict[str, Any]:
        identities = dict(shared.get("user_identities", {})) | ({"customer_id": customer} if customer else {})
        return {**shared, "user_identities": identities, **more}

    first = of("1", user_attributes={"$FirstName": "Xenia"}, device_info={"http_header_user_agent": "Xenia/1"})
    bench.put([PAGE], shared=first)
    bench.put([purchase(1)], shared=of("2"))
    bench.drain()
    assert users(bench)[0].keys() <= {"email", "external_id"}
    bench.put([purchase(2)], shared=of("2", device_info={"http_header_user_agent": "Yann/1"}))
    bench.put([purchase(3)], shared=of("2"))
    bench.put([purchase(4)], shared=of("1"))
    bench.put([purchase(5)], shared=of(None))
    bench.drain()
    taken = [{name: user.get(name) for name in ("user_agent", "ttclid", "first_name")} for user in users(bench)]
    nothing = {"user_agent": None, "ttclid": None, "first_name": None}
    of_second = {**nothing, "user_agent": "Yann/1"}
    assert taken[:3] == [nothing, of_second, of_second]
    assert (taken[3]["user_agent"], taken[3]["ttclid"]) == ("Xenia/1", CLICK)
    assert taken[3]["first_name"] is not None
    assert taken[4] == of_second, "what is not known to be another's is the last user's"


def test_match_keys_tell_filled_from_carried(bench: Bench) -> None:
    bench.configure(WEB, PROFILE)
    bench.put([PAGE], shared=VISIT)
    bench.put([purchase(1)], shared=USER)
    bench.put([purchase(2)], shared=VISIT)
    bench.drain()
    [day] = match_key_days(bench.redis, ["shop"], 1, now_ms(bench.redis))
    counts = day.together()
    assert (counts.carried("email"), counts.filled["email"], counts.absent("email")) == (1, 1, 0)
    assert (counts.carried("ttclid"), counts.filled["ttclid"]) == (0, 2)
    assert counts.as_object()["match_keys"]["ttp"] == {"carried": 1, "filled": 1, "lost": {}, "absent": 0}


@pytest.mark.parametrize(("days_ago", "filled"), [(6, True), (8, False)])
def test_a_click_outside_the_attribution_window_is_not_sent(bench: Bench, days_ago: int, filled: bool) -> None:
    bench.configure(WEB, PROFILE)
    at_ms = now_ms(bench.redis) - days_ago * 86_400_000
    page = {"event_type": "screen_view", "data": {**PAGE["data"], "timestamp_unixtime_ms": at_ms}}
    bench.put([page], shared=VISIT)
    bench.put([purchase(1)], shared=USER)
    bench.drain()
    assert ("ttclid" in users(bench)[0]) is filled


def test_a_click_after_the_event_is_not_sent_with_it(bench: Bench) -> None:
    """The event waited; the click came later and did not bring it."""
    bench.configure(WEB, PROFILE)
    bench.put([purchase(1)], shared=USER, days_ago=1)
    bench.put([PAGE], shared=VISIT)
    bench.drain()
    [user] = users(bench)
    assert ("ttclid" in user, "ttp" in user) == (False, True)


def opted_out(answer: bool) -> dict[str, Any]:
    return {"consent_state": {"ccpa": {"data_sale_opt_out": {"consented": answer}}}}


def test_nothing_is_filled_after_an_opt_out_and_nothing_is_left(bench: Bench) -> None:
    bench.configure(WEB, PROFILE)
    bench.put([PAGE], shared=VISIT)
    bench.put([PAGE], shared={**USER, **opted_out(True)})
    bench.put([purchase(1)], shared=USER)
    bench.drain()
    assert "ttclid" not in users(bench)[0]
    raw = b"".join(bench.redis.get(name) or b"" for name in bench.redis.scan_iter("profiles:*") if len(name) > 20)
    assert CLICK.encode() not in raw


def test_an_event_of_a_batch_that_opts_out_is_not_filled(bench: Bench) -> None:
    bench.configure(WEB, PROFILE)
    bench.put([PAGE], shared=VISIT)
    bench.put([purchase(1)], shared={**USER, **opted_out(True)})
    bench.drain()
    assert "ttclid" not in users(bench)[0]


def gdpr(answer: bool) -> dict[str, Any]:
    return {"consent_state": {"gdpr": {"ads": {"consented": answer}}}}


CONSENT = "profile: {fields: [ttclid, consent]}"


@pytest.mark.parametrize(
    ("profile", "visit", "sent"),
    [(CONSENT, gdpr(True), True), (CONSENT, gdpr(False), False), (CONSENT, {}, False), (PROFILE, gdpr(True), False)],
    ids=["consented", "refused", "never asked", "consent is no field of the profile"],
)
def test_a_remembered_consent_answers_for_a_batch_without_one(
    bench: Bench, profile: str, visit: Any, sent: bool
) -> None:
    """X2: and without a stored consent, nothing is stored or sent."""
    bench.configure(WEB, "gdpr_purpose: ads", profile)
    bench.put([PAGE], shared={**VISIT, **visit})
    bench.put([purchase(1)], shared=USER)
    bench.drain()
    assert [user.get("ttclid") for user in users(bench)] == ([CLICK] if sent else [])
    assert bench.count("waiting") == (0,)


def test_a_remembered_opt_out_limits_the_use_of_data(bench: Bench) -> None:
    """X1."""
    bench.configure(WEB, "ccpa_limited_data_use: true", CONSENT)
    bench.put([PAGE], shared={**VISIT, **opted_out(True)})
    bench.put([purchase(1)], shared=USER)
    bench.drain()
    assert bench.sandbox.events()[0]["body"]["limited_data_use"] is True


def test_a_job_sends_the_remembered_address(bench: Bench) -> None:
    """I1: from the first request to a later one; no key or name holds a raw identity or address."""
    bench.configure(WEB, "enrich_ip_address: true")
    bench.put([purchase(1)], shared=batch(user=7))
    bench.put([purchase(2)], shared={**batch(user=7), "ip": None})
    bench.put([purchase(3)], shared={**batch(user=8), "ip": None})
    bench.drain()
    assert [user.get("ip") for user in users(bench)] == ["203.0.113.7", "203.0.113.7", None]
    assert not any(b"shop.example" in name or b"c-7" in name for name in bench.redis.scan_iter())


def test_a_connection_without_the_setting_remembers_and_reads_nothing(bench: Bench) -> None:
    bench.configure(WEB)
    bench.put([purchase(1)], shared=batch(user=7))
    bench.redis.config_resetstat()
    bench.drain()
    assert profile_usage(bench.redis) == (0, 0, 0)
    assert "cmdstat_get" not in bench.redis.info("commandstats") or not bench.redis.keys("profiles:*")


def test_many_users_are_read_in_one_command(bench: Bench) -> None:
    bench.configure(WEB, PROFILE)
    for number in range(1, 30):
        bench.put([PAGE], shared={**VISIT, "mpid": number, "user_identities": {}})
        bench.put([purchase(number)], shared={"mpid": number})
    configuration = bench.runtime.file.current
    plan = bench.runtime.plan(configuration.connections["shop"], "web", configuration)
    assert plan is not None
    chunks = [
        (Chunk("web", now_ms(bench.redis), [Batch(json.dumps({"mpid": number}).encode(), [])]), plan)
        for number in range(1, 30)
    ]
    bench.runtime.profiles.recall(chunks)
    bench.redis.config_resetstat()
    found = bench.runtime.profiles.recall(chunks)
    assert all(filling.get("ttclid") == CLICK for [filling] in found)
    assert bench.redis.info("commandstats")["cmdstat_evalsha"]["calls"] == 1


def unreachable() -> Profiles:
    return Profiles(ProfileStore(connect("redis://127.0.0.1:1/0"), ProfileCodec(None)))


def test_unreachable_profiles_keep_no_event_back_and_are_logged_once(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.configure(WEB, PROFILE)
    bench.put([purchase(1)], shared=VISIT)
    bench.put([purchase(2)], shared=VISIT)
    monkeypatch.setattr(bench.runtime, "profiles", unreachable())
    with structlog.testing.capture_logs() as logs:
        assert bench.drain().failure("j") is None
        bench.put([purchase(3)], shared=VISIT)
        bench.drain()
    assert bench.count("delivered", "waiting") == (3, 0)
    assert [log["event"] for log in logs if log["event"] == "profiles_unavailable"] == ["profiles_unavailable"]


def test_an_event_that_needs_a_remembered_consent_waits_for_redis(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It would be withheld for ever."""
    bench.configure(WEB, "gdpr_purpose: ads", CONSENT)
    bench.put([PAGE], shared={**VISIT, **gdpr(True)})
    bench.put([purchase(1)], shared=USER)
    working = bench.runtime.profiles
    monkeypatch.setattr(bench.runtime, "profiles", unreachable())
    with pytest.raises(RedisAway):
        bench.drain()
    monkeypatch.setattr(bench.runtime, "profiles", working)
    bench.redis.delete("lanes:held")
    bench.redis.hdel("lane:shop:0:meta", "token")
    bench.drain()
    assert len(users(bench)) == 1
