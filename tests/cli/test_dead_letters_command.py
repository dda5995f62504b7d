"""`relay dead-letters`: list, count and show real dead letters; personal data only with --reveal."""

import json
from typing import Any

import pytest
from support.bench import Bench
from support.events import batch, purchase
from support.terminal import relay

from config.secrets import Keyring
from lanes.chunk import ChunkCodec

KEYS = [
    *("id", "connection", "input", "event_id", "tiktok_event", "stage", "reason", "field", "message"),
    *("tiktok_code", "tiktok_request_id", "attempts", "job", "at"),
]
PRIVATE = ("someone@shop.example", "+14155550134", "c-77", "Hidden")


@pytest.fixture
def dead_letters(bench: Bench) -> list[dict[str, Any]]:
    """Return two dead letters of the mapping and one of TikTok, which quotes an address, as the list has them."""
    shared = {
        **batch(),
        "user_identities": {"email": "someone@shop.example", "mobile_number": "+14155550134", "customer_id": "c-77"},
        "user_attributes": {"$LastName": "Hidden"},
    }
    bench.put([purchase(1, custom_flags={"TikTok.URL": "www.shop.com/x"}), purchase(2, custom_flags={})], shared=shared)
    bench.drain()
    bench.put([purchase(3)], shared=shared)
    message = "Invalid value for properties.value: 'someone@shop.example' of +14155550134 is not a number."
    bench.sandbox.fault("code", code=40002, message=message)
    bench.drain()
    result = relay("dead-letters", "list", "--json")
    assert result.exit_code == 0, result.stderr
    return list(result.json)


def test_the_list_is_as_designed(dead_letters: list[dict[str, Any]]) -> None:
    """Every key, in order of time."""
    assert [list(dead_letter) for dead_letter in dead_letters] == [KEYS] * 3
    first, second, third = dead_letters
    assert {first["event_id"], second["event_id"]} == {"e1", "e2"}
    assert (third["event_id"], third["stage"], third["reason"]) == ("e3", "delivery", "rejected_by_tiktok")
    assert (third["tiktok_code"], third["field"], third["attempts"]) == (40002, "properties.value", 1)
    assert third["tiktok_request_id"]
    assert {dead_letter["job"] for dead_letter in dead_letters} == {"job-1"}
    assert all(dead_letter["at"].endswith("Z") for dead_letter in dead_letters)
    mapping = next(dead_letter for dead_letter in dead_letters if dead_letter["event_id"] == "e1")
    assert (mapping["stage"], mapping["reason"], mapping["field"]) == ("mapping", "invalid_url", "TikTok.URL")
    assert (mapping["tiktok_event"], mapping["tiktok_code"], mapping["attempts"]) == ("PlaceAnOrder", None, 0)


def test_values_in_tiktoks_message_are_masked(dead_letters: list[dict[str, Any]]) -> None:
    """In JSON too, because logs are made of it; --reveal shows all."""
    assert dead_letters[2]["message"] == "Invalid value for properties.value: '…' of … is not a number."
    revealed = relay("dead-letters", "list", "--json", "--reveal").json
    assert "someone@shop.example" in revealed[2]["message"]


@pytest.mark.parametrize(
    ("options", "ids"),
    [
        (["--reason", "invalid_url"], ["e1"]),
        (["--reason", "expired"], []),
        (["--connection", "shop", "--job", "job-1", "--reason", "missing_url"], ["e2"]),
        (["--job", "job-2"], []),
        (["--field", "properties.value"], ["e3"]),
        (["--field", "-"], []),
        (["--tiktok-event", "PlaceAnOrder", "--reason", "invalid_url"], ["e1"]),
        (["--tiktok-event", "-"], []),
        (["--search", "e2"], ["e2"]),
        (["--received", "2020-02-29"], []),
        (["--older-than", "1m"], []),
        (["--newer-than", "1m", "--field", "TikTok.URL", "--reason", "missing_url"], ["e2"]),
    ],
    ids=[
        *("Z3 reason", "Z3 none", "Z3 three", "Z3 no such job", "Z3 field", "no field", "TikTok event"),
        *("no TikTok event", "event id", "no such day", "Z3 none is old", "Z3 young"),
    ],
)
def test_the_list_can_be_narrowed(dead_letters: list[dict[str, Any]], options: list[str], ids: list[str]) -> None:
    """By every condition of the query."""
    result = relay("dead-letters", "list", "--json", *options)
    assert [dead_letter["event_id"] for dead_letter in result.json] == ids


def test_people_get_a_table(dead_letters: list[dict[str, Any]]) -> None:
    """The newest dead letters, masked."""
    result = relay("dead-letters", "list")
    for fact in (dead_letters[0]["id"], "invalid_url", "TikTok.URL", "rejected_by_tiktok 40002", "missing_url"):
        assert fact in result.stdout
    assert not any(private in result.stdout for private in PRIVATE)
    newest = relay("dead-letters", "list", "--limit", "1")
    assert "invalid_url" not in newest.stdout
    assert "the newest 1 of 3" in newest.stderr


def test_counts_by_connection_stage_and_reason(dead_letters: list[dict[str, Any]]) -> None:
    """As JSON and as a table."""
    rows = relay("dead-letters", "count", "--json").json
    refused = {"connection": "shop", "stage": "delivery", "reason": "rejected_by_tiktok", "field": "properties.value"}
    assert {**refused, "dead_letters": 1} in rows
    assert sum(row["dead_letters"] for row in rows) == 3
    assert "missing_url" in relay("dead-letters", "count").stdout
    assert [
        row["dead_letters"] for row in relay("dead-letters", "count", "--json", "--reason", "missing_url").json
    ] == [1]
    assert relay("dead-letters", "count", "--older-than", "yesterday").exit_code == 2
    assert "write a day as 2026-11-24" in relay("dead-letters", "count", "--received", "yesterday").stderr


def test_show_opens_the_source_and_masks_it(dead_letters: list[dict[str, Any]]) -> None:
    """Names, types, actions and amounts stay; personal values become a shape."""
    dead_letter = next(found for found in dead_letters if found["event_id"] == "e1")
    result = relay("dead-letters", "show", dead_letter["id"], "--json")
    assert list(result.json) == [*KEYS, "source"]
    inside = result.json["source"]["batch"]
    assert inside["user_identities"]["email"] == "s…@… (20 characters)"
    data = inside["events"][0]["data"]
    assert (inside["events"][0]["event_type"], data["product_action"]["action"]) == ("commerce_event", "purchase")
    assert (data["product_action"]["total_amount"], data["product_action"]["products"][0]["price"]) == (21, 10)
    assert data["custom_flags"] == {"TikTok.URL": "… (14 characters)"}
    for shown in (result.stdout, relay("dead-letters", "show", dead_letter["id"]).stdout):
        assert not any(private in shown for private in PRIVATE)


def test_show_says_what_to_do_and_who_does_it(dead_letters: list[dict[str, Any]]) -> None:
    """As the catalogue of reasons has it."""
    dead_letter = next(found for found in dead_letters if found["event_id"] == "e1")
    shown = " ".join(relay("dead-letters", "show", dead_letter["id"]).stdout.split())
    assert "the developer of the website" in shown


def test_show_reveals_when_asked(dead_letters: list[dict[str, Any]]) -> None:
    """The event itself."""
    dead_letter = next(found for found in dead_letters if found["event_id"] == "e1")
    revealed = relay("dead-letters", "show", dead_letter["id"], "--reveal", "--json").json["source"]["batch"]
    assert revealed["events"] == [json.loads(json.dumps(purchase(1, custom_flags={"TikTok.URL": "www.shop.com/x"})))]
    assert revealed["user_attributes"] == {"$LastName": "Hidden"}
    assert "someone@shop.example" in relay("dead-letters", "show", dead_letter["id"], "--reveal").stdout


def test_a_source_that_cannot_be_decrypted_says_what_is_missing(bench: Bench) -> None:
    """The rest of the dead letter is shown; exit code 1."""
    bench.runtime.codec = ChunkCodec(Keyring.from_text(Keyring.new_key()))
    bench.put([purchase(1, custom_flags={})])
    bench.drain()
    (dead_letter,) = relay("dead-letters", "list", "--json").json
    result = relay("dead-letters", "show", dead_letter["id"], "--json")
    assert (result.exit_code, result.json["source"], result.json["reason"]) == (1, None, "missing_url")
    assert "RELAY_ENCRYPTION_KEY" in result.stderr


def test_an_unknown_id_is_named(bench: Bench) -> None:
    """An unknown dead letter is an error, an unknown connection is wrong use, and no dead letters are fine."""
    missing = relay("dead-letters", "show", "nothing")
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert "Unknown dead letter nothing." in missing.stderr
    wrong = relay("dead-letters", "list", "--connection", "shpo")
    assert wrong.exit_code == 2
    assert 'Did you mean "shop"?' in wrong.stderr
    assert relay("dead-letters", "list", "--json").json == []
    assert relay("dead-letters", "list") == (0, "", "no dead letters\n")


def test_dead_letters_can_be_read_with_a_refused_configuration(bench: Bench) -> None:
    """They help to find what is wrong."""
    bench.put([purchase(1, custom_flags={})])
    bench.drain()
    bench.path.write_text("inputs: [")
    assert [dead_letter["reason"] for dead_letter in relay("dead-letters", "list", "--json").json] == ["missing_url"]
