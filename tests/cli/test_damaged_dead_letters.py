"""A damaged dead letter stops no command: it gets a sentence, and the command continues with the others."""

import json

import pytest
from support.bench import Bench
from support.damaged_dead_letters import SOURCES, put_dead_letters
from support.terminal import relay

from cli.context import settings_here
from config.secrets import Keyring
from operations.dead_letters.edit import find_dead_letter
from operations.dead_letters.store import DeadLetterStore

FIRST, LAST = "good", "good again"
DAMAGED = ("no msgpack", "cut short", "another shape", "nothing")
CANNOT_BE_OPENED = (
    *("no source", "a source cut short", "a source cut to its header", "a source without a batch"),
    *("a source without an event", "an input in no alphabet", "a version to come", *DAMAGED),
)


@pytest.fixture
def ids(bench: Bench) -> dict[str, str]:
    """Store good and damaged dead letters; return their ids."""
    return put_dead_letters(bench)


@pytest.mark.parametrize("reveal", [(), ("--reveal",)], ids=["masked", "revealed"])
def test_export_writes_a_line_for_each(ids: dict[str, str], reveal: tuple[str, ...]) -> None:
    """Good ones complete, a source where it can be decrypted, a sentence where the dead letter cannot be read."""
    result = relay("dead-letters", "export", "--all", *reveal)
    lines = {line["id"]: line for line in map(json.loads, result.stdout.splitlines())}
    assert set(lines) == set(ids.values())
    assert result.exit_code == 1
    assert f"{len(CANNOT_BE_OPENED)} dead letters without a source" in result.stderr
    for what, dead_letter_id in ids.items():
        line = lines[dead_letter_id]
        assert (line["source"] is None) == (what in CANNOT_BE_OPENED), what
        assert (line["reason"] == "unreadable") == (what in DAMAGED), what
        if what in DAMAGED:
            assert "damaged" in line["message"]
    assert lines[ids[LAST]]["source"]["batch"]["events"][0]["data"]["product_action"]["total_amount"] == 21


@pytest.mark.parametrize("reveal", [(), ("--reveal",)], ids=["masked", "revealed"])
@pytest.mark.parametrize("as_json", [(), ("--json",)], ids=["for people", "JSON"])
def test_list_and_dry_run_show_all(ids: dict[str, str], as_json: tuple[str, ...], reveal: tuple[str, ...]) -> None:
    """Damaged ones too."""
    for command in (("list",), ("replay", "--all", "--dry-run")):
        result = relay("dead-letters", *command, *as_json, *reveal)
        assert result.exit_code == 0, result.stderr
        assert all(dead_letter_id in result.stdout for dead_letter_id in ids.values())


def test_count_counts_all(ids: dict[str, str]) -> None:
    """Unreadable ones have a reason of their own."""
    rows = relay("dead-letters", "count", "--json").json
    assert sum(row["dead_letters"] for row in rows) == len(ids)
    assert {row["reason"]: row["dead_letters"] for row in rows} == {
        "invalid_url": len(ids) - len(DAMAGED),
        "unreadable": len(DAMAGED),
    }


@pytest.mark.parametrize("reveal", [(), ("--reveal",)], ids=["masked", "revealed"])
@pytest.mark.parametrize("as_json", [(), ("--json",)], ids=["for people", "JSON"])
def test_show_shows_each(ids: dict[str, str], as_json: tuple[str, ...], reveal: tuple[str, ...]) -> None:
    """Exit code 0 with its event, or 1 with a sentence."""
    for what, dead_letter_id in ids.items():
        result = relay("dead-letters", "show", dead_letter_id, *as_json, *reveal)
        assert result.exit_code == (what in CANNOT_BE_OPENED), (what, result.stderr)
        assert dead_letter_id in result.stdout
        assert ("cannot be decrypted" in result.stderr) == (what in CANNOT_BE_OPENED), what


def test_edit_sets_a_field_or_says_why_not(bench: Bench, ids: dict[str, str]) -> None:
    """Large numbers beside the field stay exact."""
    can_be_set = (
        *("good", "a number too large in the batch", "a number too large in the event", "a whole number too large"),
        *("half a surrogate pair", "a time that is none", "a time before all", "good again"),
    )
    for what, dead_letter_id in ids.items():
        result = relay(
            "dead-letters", "edit", dead_letter_id, "--set", "custom_flags.TikTok.URL=https://a.example/", "--yes"
        )
        assert result.exit_code == (what not in can_be_set), (what, result.stderr)
        assert "Traceback" not in result.stderr
    for what, number in (("a number too large in the batch", "1e400"), ("a whole number too large", "9" * 5_000)):
        shown = relay("dead-letters", "show", ids[what], "--reveal", "--json").json
        assert shown["source"]["batch"]["mpid"] == f"{number} (a number too large to be read)"
        kept = find_dead_letter(DeadLetterStore(settings_here(), bench.redis), ids[what])
        assert f'"mpid":{number}'.encode() in kept.source.batches[0].shared


def test_replay_sends_what_can_be_sent(bench: Bench, ids: dict[str, str]) -> None:
    """The others stay, each with its reason."""
    result = relay("dead-letters", "replay", "--all", "--json")
    assert result.exit_code == 1
    left = {one["id"]: one["why"] for one in result.json["left"]}
    assert set(left) == {ids[what] for what in CANNOT_BE_OPENED}
    assert set(result.json["replayed"]) == set(ids.values()) - set(left)
    bench.drain_all()
    assert bench.reading().waiting == 0


def test_forget_counts_what_it_cannot_read_and_continues(ids: dict[str, str]) -> None:
    """Good ones are erased; exit code 1."""
    result = relay("forget", "--identity", "email=user0@shop.example", "--json")
    [shop] = result.json["connections"]
    assert result.exit_code == 1
    assert shop["unreadable"] == len(CANNOT_BE_OPENED) + 3  # and batches of which no JSON can be read
    assert shop["dead_letters"] >= 2
    assert relay("dead-letters", "show", ids[LAST]).exit_code == 1


def test_secrets_usage_and_re_encrypt_continue(ids: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """No key decrypts a damaged dead letter."""
    monkeypatch.setenv("RELAY_ENCRYPTION_KEY", Keyring.new_key())
    for command in (("usage",), ("re-encrypt",)):
        result = relay("secrets", *command)
        assert result.exit_code in (0, 1), result.stderr
        assert "Traceback" not in result.stderr


def test_discard_removes_any_of_them(ids: dict[str, str]) -> None:
    """Unreadable ones too."""
    result = relay("dead-letters", "discard", "--all", "--yes", "--json")
    assert result.exit_code == 0, result.stderr
    assert set(result.json["discarded"]) == set(ids.values())


def test_every_damage_of_the_table_is_stored(ids: dict[str, str]) -> None:
    """Otherwise a row of the table would prove nothing."""
    assert set(SOURCES) <= set(ids)


@pytest.mark.parametrize(
    ("deed", "command"), [("reveals", ("dead-letters", "reveals")), ("erasures", ("forget", "--past"))]
)
@pytest.mark.parametrize("entry", [b"", b"{", b'{"at": 7}', b'{"number": 1e400}', b"\xff"])
def test_an_unreadable_audit_entry_stops_no_list(
    bench: Bench, ids: dict[str, str], deed: str, command: tuple[str, ...], entry: bytes
) -> None:
    """A sentence stands in its place."""
    relay("dead-letters", "show", ids[FIRST], "--reveal")
    relay("forget", "--identity", "email=nobody@shop.example")
    bench.redis.lpush(f"audit:{deed}", entry)
    result = relay(*command, "--json")
    assert result.exit_code == 0
    assert len(result.json) == 2
    assert "this entry cannot be read" in result.stdout
    assert "cannot be read" in relay(*command).stdout
