"""`relay dead-letters replay`: each delivered once, the ledger exact; it asks only where TikTok may count twice."""

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
from operations.dead_letters.replay import REPLAYED
from worker.drain import drain

HOUR_MS = 3_600_000


def refused(bench: Bench, *numbers: int) -> list[str]:
    """Let TikTok refuse events together and then each alone; return the ids of the dead letters."""
    bench.sandbox.fault("code", code=40002, message="Invalid value for properties.value.")
    for number in numbers:
        bench.put([purchase(number)])
        bench.drain()
    bench.sandbox.clear_faults()
    return [dead_letter.id for dead_letter in bench.dead_letters()]


def expired(bench: Bench, number: int, hours: int = 50) -> str:
    """Dead-letter an event that TikTok never confirmed; return the id."""
    bench.put([purchase(number)], stamp=int(time.time() * 1000) - hours * HOUR_MS)
    bench.drain()
    return next(dead_letter.id for dead_letter in bench.dead_letters() if dead_letter.event_id == f"e{number}")


def deliver(bench: Bench) -> None:
    """Drain every lane, because replays choose any lane."""
    for lane in range(LANES_PER_CONNECTION):
        drain(f"shop:{lane}", bench.runtime, "job-2")


def test_a_dead_letter_is_delivered_once_however_often_it_is_replayed(bench: Bench) -> None:
    """The second time there is nothing to replay, which is an error for a named id."""
    first, second = refused(bench, 1, 2)
    outcome = relay("dead-letters", "replay", first, "--json")
    assert (outcome.exit_code, outcome.json) == (0, {"replayed": [first], "left": []})
    assert bench.count("waiting", "dead_lettered", "replayed") == (1, 2, 1)
    again = relay("dead-letters", "replay", first, "--json")
    assert (again.exit_code, again.json["replayed"], again.json["left"][0]["id"]) == (1, [], first)
    deliver(bench)
    assert bench.count("waiting", "dead_lettered", "replayed", "delivered") == (0, 2, 1, 1)
    assert [dead_letter.id for dead_letter in bench.dead_letters()] == [second]
    assert [event["event_id"] for event in bench.sandbox.events()] == ["e1"]


def test_it_says_what_replayed_means_and_how_to_see_the_end(bench: Bench) -> None:
    """The event is not delivered yet, and may fail again at once. The console uses the same words."""
    refused(bench, 1, 2)
    outcome = relay("dead-letters", "replay", "--all")
    assert outcome.stdout == "replayed: 2 dead letters\n"
    said = " ".join(outcome.stderr.split())
    assert f"{REPLAYED} To see how it ends: relay trace e1 e2" in said


def test_of_many_events_no_id_is_named(bench: Bench) -> None:
    """The command for all of them is."""
    refused(bench, *range(1, 8))
    assert "dead-letters count --newer-than 10m" in " ".join(relay("dead-letters", "replay", "--all").stderr.split())


def test_it_is_replayed_under_the_current_configuration(bench: Bench) -> None:
    """An event that a setting refused is delivered once the setting is corrected."""
    bench.put([purchase(1, custom_flags={"TikTok.URL": "https://shop.example/", "TikTok.Callback": "not a click id!"})])
    bench.drain()
    (dead_letter,) = bench.dead_letters()
    assert dead_letter.reason == "invalid_ttclid"
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
def test_dead_letters_are_selected_by_conditions(bench: Bench, conditions: list[str], number: int) -> None:
    """All conditions must hold."""
    refused(bench, 1, 2)
    bench.put([purchase(3, custom_flags={})])
    bench.drain()
    outcome = relay("dead-letters", "replay", *conditions, "--json")
    assert (outcome.exit_code, len(outcome.json["replayed"])) == (0, number)
    assert bench.count("waiting", "replayed") == (number, number)
    assert len(bench.dead_letters()) == 3 - number


@pytest.mark.parametrize("arguments", [[], ["some-id", "--all"], ["--connection", "shpo"]])
@pytest.mark.parametrize("command", ["replay", "discard"])
def test_the_selection_must_be_clear(bench: Bench, command: str, arguments: list[str]) -> None:
    """Nothing selected, ids with conditions, and an unknown connection are wrong use."""
    refused(bench, 1)
    outcome = relay("dead-letters", command, *arguments, "--yes")
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert len(bench.dead_letters()) == 1


OPTIONS = ["--connection", "--reason", "--field", "--tiktok-event", "--received", "--job", "--search"]


@pytest.mark.parametrize("option", [*OPTIONS, "--older-than", "--newer-than"])
@pytest.mark.parametrize("text", ["", " "])
def test_an_empty_condition_does_not_mean_all(bench: Bench, option: str, text: str) -> None:
    """Every command refuses it, as it would a typing error; nothing is discarded, replayed or shown."""
    refused(bench, 1)
    for command in ("list", "count", "replay", "discard", "export"):
        result = relay("dead-letters", command, option, text, *(["--yes"] if command in ("replay", "discard") else []))
        assert (result.exit_code, result.stdout) == (2, ""), command
        assert option in result.stderr
    assert len(bench.dead_letters()) == 1


@pytest.mark.parametrize("command", ["replay", "discard"])
def test_an_empty_id_is_refused(bench: Bench, command: str) -> None:
    """A script's empty variable selects nothing."""
    ids = refused(bench, 1)
    result = relay("dead-letters", command, *ids, "", "--yes")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "is empty" in result.stderr
    assert len(bench.dead_letters()) == 1


def test_events_that_tiktok_may_count_twice_are_confirmed(bench: Bench) -> None:
    """Outside a terminal it is wrong use; --yes sends them, and they do not expire again."""
    late, soon = expired(bench, 1), refused(bench, 2)
    assert [dead_letter.reason for dead_letter in bench.dead_letters()] == ["expired", "rejected_by_tiktok"]
    outcome = relay("dead-letters", "replay", "--all")
    assert (outcome.exit_code, outcome.stdout) == (2, "")
    assert "1 event may have reached TikTok over 47 hours ago" in outcome.stderr
    assert bench.count("replayed") == (0,)
    assert relay("dead-letters", "replay", *(each for each in soon if each != late)).exit_code == 0
    assert relay("dead-letters", "replay", late, "--yes").exit_code == 0
    deliver(bench)
    assert bench.count("delivered", "waiting") == (2, 0)
    assert bench.dead_letters() == []


def test_a_stamp_that_is_not_late_stays(bench: Bench) -> None:
    """The 47 hours count from the first request without a known outcome."""
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
    """It removes before it adds."""
    refused(bench, 1, 2)
    bench.redis.config_set("maxmemory", 1)
    try:
        assert relay("dead-letters", "replay", "--all").exit_code == 0
    finally:
        bench.redis.config_set("maxmemory", 0)
    assert bench.count("waiting", "replayed") == (2, 2)


def test_a_removed_connection_replays_nothing(bench: Bench) -> None:
    """Its dead letters stay, and a sentence says what to do."""
    (dead_letter,) = refused(bench, 1)
    bench.path.write_text(bench.path.read_text().replace("id: shop", "id: other"))
    outcome = relay("dead-letters", "replay", dead_letter, "--json")
    assert (outcome.exit_code, outcome.json["replayed"]) == (1, [])
    assert "not in the configuration file" in outcome.json["left"][0]["why"]
    (dry,) = relay("dead-letters", "replay", dead_letter, "--dry-run", "--json").json
    assert "put it back" in dry["now"]["blocked"]
    assert len(bench.dead_letters()) == 1


def test_a_source_that_cannot_be_decrypted_stays_a_dead_letter(bench: Bench) -> None:
    """The others are replayed."""
    (readable,) = refused(bench, 1)
    bench.runtime.codec = ChunkCodec(Keyring.from_text(Keyring.new_key()))
    bench.put([purchase(2, custom_flags={})])
    bench.drain()
    outcome = relay("dead-letters", "replay", "--all", "--json")
    assert (outcome.exit_code, outcome.json["replayed"]) == (1, [readable])
    assert "set RELAY_ENCRYPTION_KEY" in outcome.json["left"][0]["why"]
    assert bench.count("replayed") == (1,)


def test_a_dry_run_shows_the_request_masked(bench: Bench) -> None:
    """Unmasked with --reveal, which the audit log records."""
    bench.put([purchase(1)], shared={"user_identities": {"email": "someone@shop.example"}, "ip": "203.0.113.7"})
    bench.sandbox.fault("code", code=40002, message="Invalid value for properties.value.")
    bench.drain()
    (each,) = relay("dead-letters", "replay", "--all", "--dry-run", "--json").json
    (event,) = each["now"]["request"]["body"]["data"]
    assert each["now"]["request"]["url"] == f"{bench.sandbox.url}/open_api/v1.3/event/track/"
    assert (each["reason"], event["event"], event["event_id"]) == ("rejected_by_tiktok", "PlaceAnOrder", "e1")
    assert event["user"]["email"] == ["… (64 characters)"] or event["user"]["email"] == "… (64 characters)"
    assert bench.redis.llen("audit:reveals") == 0
    revealed = relay("dead-letters", "replay", "--all", "--dry-run", "--json", "--reveal")
    assert "https://shop.example/thanks" in revealed.stdout
    assert "personal_data_revealed" in revealed.stderr
    assert bench.redis.llen("audit:reveals") == 1


def test_many_are_replayed_in_pages(bench: Bench) -> None:
    """Each once; stdout has only the answer."""
    bench.put([purchase(number, custom_flags={}) for number in range(700)])
    while bench.count("waiting") != (0,):
        bench.drain()
    assert len(bench.dead_letters()) == 700
    outcome = relay("dead-letters", "replay", "--reason", "missing_url", "--json")
    assert (outcome.exit_code, len(set(outcome.json["replayed"]))) == (0, 700)
    assert bench.count("waiting", "replayed") == (700, 700)


def test_two_operators_replay_the_same_dead_letters_once(bench: Bench) -> None:
    """The second leaves what the first replayed; together they replay all."""
    bench.put([purchase(number, custom_flags={}) for number in range(200)])
    while bench.count("waiting") != (0,):
        bench.drain()
    command = [sys.executable, "-c", "from cli.main import main; main()", "dead-letters", "replay", "--all", "--json"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    replayed = [json.loads(each.communicate(timeout=60)[0])["replayed"] for each in both]
    assert sorted(map(len, map(set, replayed))) == sorted(map(len, replayed))
    assert not set(replayed[0]) & set(replayed[1])
    assert bench.count("waiting", "replayed") == (200, 200)
    assert bench.dead_letters() == []


def test_a_replay_under_a_new_rule_ends_as_withheld(bench: Bench) -> None:
    """A dry run names the rule; the ledger balances."""
    refused(bench, 1)
    bench.configure("forward: {never_if: [{attribute: channel, exists: false}]}")
    rule = "never_if 1: attribute channel does not exist"
    assert rule in " ".join(relay("dead-letters", "replay", "--all", "--dry-run").stdout.split())
    assert relay("dead-letters", "replay", "--all").exit_code == 0
    deliver(bench)
    assert bench.count("withheld", "delivered", "waiting") == (1, 0, 0)
    assert bench.dead_letters() == []
