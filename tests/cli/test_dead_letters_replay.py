"""`relay dead-letters replay`: each delivered once, the books exact; asks only where TikTok may count twice."""

import json
import subprocess
import sys
import time

import pytest
from support.bench import Bench
from support.events import purchase
from support.terminal import relay

from config.secrets import Keyring
from lanes.chunk import ChunkCodec, read_header
from lanes.names import LANES_PER_CONNECTION
from worker.drain import drain

HOUR_MS = 3_600_000


def refused(bench: Bench, *numbers: int) -> list[str]:
    """Events that TikTok refused as one and then each alone; their letters' ids."""
    bench.sandbox.fault("code", code=40002, message="Invalid value for properties.value.")
    for number in numbers:
        bench.put([purchase(number)])
        bench.drain()
    bench.sandbox.clear_faults()
    return [letter.id for letter in bench.dead_letters()]


def expired(bench: Bench, number: int, hours: int = 50) -> str:
    """An event of which nobody learnt for so long whether TikTok took it; its letter's id."""
    bench.put([purchase(number)], stamp=int(time.time() * 1000) - hours * HOUR_MS)
    bench.drain()
    return next(letter.id for letter in bench.dead_letters() if letter.event_id == f"e{number}")


def deliver(bench: Bench) -> None:
    """Drain every lane, for replays choose any."""
    for lane in range(LANES_PER_CONNECTION):
        drain(f"shop:{lane}", bench.runtime, "job-2")


def test_a_letter_is_delivered_once_however_often_it_is_replayed(bench: Bench) -> None:
    """The second time there is nothing to replay, which is bad news for whoever named it."""
    first, second = refused(bench, 1, 2)
    said = relay("dead-letters", "replay", first, "--json")
    assert (said.exit_code, said.json) == (0, {"replayed": [first], "left": []})
    assert bench.count("waiting", "dead_lettered", "replayed") == (1, 2, 1)
    again = relay("dead-letters", "replay", first, "--json")
    assert (again.exit_code, again.json["replayed"], again.json["left"][0]["id"]) == (1, [], first)
    deliver(bench)
    assert bench.count("waiting", "dead_lettered", "replayed", "delivered") == (0, 2, 1, 1)
    assert [letter.id for letter in bench.dead_letters()] == [second]
    assert [event["event_id"] for event in bench.sandbox.events()] == ["e1"]


def test_it_is_replayed_under_todays_configuration(bench: Bench) -> None:
    """What died of a setting goes once the setting is mended."""
    bench.put([purchase(1, custom_flags={"TikTok.URL": "https://shop.example/", "TikTok.Callback": "not a click id!"})])
    bench.drain()
    (letter,) = bench.dead_letters()
    assert letter.reason == "invalid_ttclid"
    assert (
        "would be dead-lettered again: invalid_ttclid" in relay("dead-letters", "replay", "--all", "--dry-run").stdout
    )
    bench.configure("enable_web_migration: true", "invalid_ttclid: drop_field")
    assert "would be sent as PlaceAnOrder" in relay("dead-letters", "replay", "--all", "--dry-run").stdout
    assert bench.count("waiting", "replayed") == (0, 0)
    assert relay("dead-letters", "replay", "--all").stdout == "replayed: 1 dead letter\n"
    deliver(bench)
    assert bench.count("delivered", "waiting") == (1, 0)
    assert bench.dead_letters() == []


@pytest.mark.parametrize(
    ("conditions", "number"),
    [
        (["--reason", "missing_url"], 1),
        (["--reason", "missing_url", "--connection", "shop"], 1),
        (["--job", "job-1"], 3),
        (["--job", "job-9"], 0),
        (["--all"], 3),
    ],
    ids=["reason", "reason and connection", "job", "none has it", "all"],
)
def test_letters_are_chosen_by_what_they_have_in_common(bench: Bench, conditions: list[str], number: int) -> None:
    """Several conditions must all hold."""
    refused(bench, 1, 2)
    bench.put([purchase(3, custom_flags={})])
    bench.drain()
    said = relay("dead-letters", "replay", *conditions, "--json")
    assert (said.exit_code, len(said.json["replayed"])) == (0, number)
    assert bench.count("waiting", "replayed") == (number, number)
    assert len(bench.dead_letters()) == 3 - number


@pytest.mark.parametrize("arguments", [[], ["some-id", "--all"], ["--connection", "shpo"]])
@pytest.mark.parametrize("command", ["replay", "discard"])
def test_what_is_meant_must_be_said(bench: Bench, command: str, arguments: list[str]) -> None:
    """Nothing chosen, chosen twice over, or no such connection: wrong use."""
    refused(bench, 1)
    said = relay("dead-letters", command, *arguments, "--yes")
    assert (said.exit_code, said.stdout) == (2, "")
    assert len(bench.dead_letters()) == 1


def test_what_tiktok_may_count_twice_is_asked_about(bench: Bench) -> None:
    """With nobody to ask it is wrong use; --yes sends it, and it does not expire again."""
    late, soon = expired(bench, 1), refused(bench, 2)
    assert [letter.reason for letter in bench.dead_letters()] == ["expired", "rejected_by_tiktok"]
    said = relay("dead-letters", "replay", "--all")
    assert (said.exit_code, said.stdout) == (2, "")
    assert "1 event may have reached TikTok over 47 hours ago" in said.stderr
    assert bench.count("replayed") == (0,)
    assert relay("dead-letters", "replay", *(one for one in soon if one != late)).exit_code == 0
    assert relay("dead-letters", "replay", late, "--yes").exit_code == 0
    deliver(bench)
    assert bench.count("delivered", "waiting") == (2, 0)
    assert bench.dead_letters() == []


def test_a_stamp_that_is_not_late_stays(bench: Bench) -> None:
    """The 47 hours run on from the first request whose outcome nobody learnt."""
    stamp = int(time.time() * 1000) - 10 * HOUR_MS
    bench.sandbox.fault("code", code=40002, message="Invalid value for properties.value.")
    bench.put([purchase(1)], stamp=stamp)
    bench.drain()
    assert relay("dead-letters", "replay", "--all").exit_code == 0
    (chunk,) = [
        chunk for lane in range(LANES_PER_CONNECTION) for chunk in bench.redis.lrange(f"lane:shop:{lane}", 0, -1)
    ]
    assert read_header(chunk).first_unknown_ms == stamp


def test_at_maxmemory_a_replay_still_works(bench: Bench) -> None:
    """It takes away before it adds."""
    refused(bench, 1, 2)
    bench.redis.config_set("maxmemory", 1)
    try:
        assert relay("dead-letters", "replay", "--all").exit_code == 0
    finally:
        bench.redis.config_set("maxmemory", 0)
    assert bench.count("waiting", "replayed") == (2, 2)


def test_a_connection_that_is_no_more_takes_nothing_back(bench: Bench) -> None:
    """Its letters stay, and what to do is said."""
    (letter,) = refused(bench, 1)
    bench.path.write_text(bench.path.read_text().replace("id: shop", "id: other"))
    said = relay("dead-letters", "replay", letter, "--json")
    assert (said.exit_code, said.json["replayed"]) == (1, [])
    assert "not in the configuration file" in said.json["left"][0]["why"]
    (dry,) = relay("dead-letters", "replay", letter, "--dry-run", "--json").json
    assert "put it back" in dry["now"]["blocked"]
    assert len(bench.dead_letters()) == 1


def test_a_source_that_cannot_be_opened_stays_a_letter(bench: Bench) -> None:
    """The others go."""
    (readable,) = refused(bench, 1)
    bench.runtime.codec = ChunkCodec(Keyring.from_text(Keyring.new_key()))
    bench.put([purchase(2, custom_flags={})])
    bench.drain()
    said = relay("dead-letters", "replay", "--all", "--json")
    assert (said.exit_code, said.json["replayed"]) == (1, [readable])
    assert "set RELAY_ENCRYPTION_KEY" in said.json["left"][0]["why"]
    assert bench.count("replayed") == (1,)


def test_a_dry_run_shows_the_request_masked(bench: Bench) -> None:
    """And as it is when asked, which is logged and kept."""
    bench.put([purchase(1)], shared={"user_identities": {"email": "someone@shop.example"}, "ip": "203.0.113.7"})
    bench.sandbox.fault("code", code=40002, message="Invalid value for properties.value.")
    bench.drain()
    (one,) = relay("dead-letters", "replay", "--all", "--dry-run", "--json").json
    (event,) = one["now"]["request"]["body"]["data"]
    assert one["now"]["request"]["url"] == f"{bench.sandbox.url}/open_api/v1.3/event/track/"
    assert (one["reason"], event["event"], event["event_id"]) == ("rejected_by_tiktok", "PlaceAnOrder", "e1")
    assert event["user"]["email"] == ["… (64 characters)"] or event["user"]["email"] == "… (64 characters)"
    assert bench.redis.llen("audit:reveals") == 0
    revealed = relay("dead-letters", "replay", "--all", "--dry-run", "--json", "--reveal")
    assert "https://shop.example/thanks" in revealed.stdout
    assert "personal_data_revealed" in revealed.stderr
    assert bench.redis.llen("audit:reveals") == 1


def test_many_go_in_pages(bench: Bench) -> None:
    """Each once, however many there are; stdout has the answer alone."""
    bench.put([purchase(number, custom_flags={}) for number in range(700)])
    while bench.count("waiting") != (0,):
        bench.drain()
    assert len(bench.dead_letters()) == 700
    said = relay("dead-letters", "replay", "--reason", "missing_url", "--json")
    assert (said.exit_code, len(set(said.json["replayed"]))) == (0, 700)
    assert bench.count("waiting", "replayed") == (700, 700)


def test_two_operators_replay_the_same_letters_once(bench: Bench) -> None:
    """Whoever comes second to a letter leaves it alone; together they replay them all."""
    bench.put([purchase(number, custom_flags={}) for number in range(200)])
    while bench.count("waiting") != (0,):
        bench.drain()
    command = [sys.executable, "-c", "from cli.main import main; main()", "dead-letters", "replay", "--all", "--json"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    replayed = [json.loads(one.communicate(timeout=60)[0])["replayed"] for one in both]
    assert sorted(map(len, map(set, replayed))) == sorted(map(len, replayed))
    assert not set(replayed[0]) & set(replayed[1])
    assert bench.count("waiting", "replayed") == (200, 200)
    assert bench.dead_letters() == []
