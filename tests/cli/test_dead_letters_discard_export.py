"""`relay dead-letters discard` and `export`: discarded only after confirmation, and counted; exported masked."""

import json
import os
import pty
import subprocess
import sys

import pytest
from support.bench import Bench
from support.events import batch, purchase
from support.terminal import relay

from config.secrets import Keyring
from lanes.chunk import ChunkCodec

PRIVATE = ("someone@shop.example", "www.shop.com/x")


@pytest.fixture
def ids(bench: Bench) -> list[str]:
    """Return the ids of two dead letters: one with a bad URL, one without a URL."""
    shared = {**batch(), "user_identities": {"email": "someone@shop.example"}}
    bench.put([purchase(1, custom_flags={"TikTok.URL": "www.shop.com/x"}), purchase(2, custom_flags={})], shared=shared)
    bench.drain()
    return [dead_letter.id for dead_letter in bench.dead_letters()]


def test_a_discarded_dead_letter_is_gone_and_counted(bench: Bench, ids: list[str]) -> None:
    """The other stays; a second run discards nothing."""
    result = relay("dead-letters", "discard", ids[0], "--yes", "--json")
    assert (result.exit_code, result.json) == (0, {"discarded": [ids[0]], "left": []})
    assert bench.count("dead_lettered", "dead_letters_discarded", "waiting") == (2, 1, 0)
    again = relay("dead-letters", "discard", ids[0], "--yes", "--json")
    assert (again.exit_code, again.json["discarded"], again.json["left"][0]["id"]) == (1, [], ids[0])
    assert relay("dead-letters", "discard", "--reason", "missing_url", "--yes").stdout == "discarded: 1 dead letter\n"
    assert relay("dead-letters", "discard", "--all").stdout == "discarded: 0 dead letters\n"


def test_discarding_asks(bench: Bench, ids: list[str]) -> None:
    """Outside a terminal it is wrong use and nothing happens."""
    result = relay("dead-letters", "discard", "--all")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--yes" in result.stderr
    assert bench.count("dead_letters_discarded") == (0,)


@pytest.mark.parametrize(("answer", "code", "left"), [(b"n\n", 1, 2), (b"y\n", 0, 0)], ids=["no", "yes"])
def test_at_a_terminal_the_answer_counts(bench: Bench, ids: list[str], answer: bytes, code: int, left: int) -> None:
    """The question is on stderr, so that stdout has only the answer."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from cli.main import main; main()", "dead-letters", "discard", "--all", "--json"]
    process = subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.close(theirs)
    os.write(ours, answer)
    stdout, stderr = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == code, stderr
    assert b"Discard 2 dead letters for good?" in stderr
    assert (json.loads(stdout)["discarded"] == sorted(ids)) if left == 0 else stdout == b""
    assert len(bench.dead_letters()) == left


def test_an_export_has_a_line_for_each_with_its_event(bench: Bench, ids: list[str]) -> None:
    """Masked; unmasked with --reveal, which the audit log records."""
    result = relay("dead-letters", "export", "--all")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    assert (result.exit_code, sorted(line["id"] for line in lines)) == (0, sorted(ids))
    assert not any(private in result.stdout for private in PRIVATE)
    assert bench.redis.llen("audit:reveals") == 0
    revealed = relay("dead-letters", "export", "--reason", "invalid_url", "--reveal")
    (line,) = (json.loads(line) for line in revealed.stdout.splitlines())
    assert all(private in revealed.stdout for private in PRIVATE)
    assert line["source"]["batch"]["events"][0]["data"]["source_message_id"] == "e1"
    kept = json.loads(bench.redis.lindex("audit:reveals", 0) or b"")
    assert (kept["command"], kept["number"], kept["dead_letters"]) == ("export", 1, [line["id"]])
    assert kept["who"]
    assert "personal_data_revealed" in revealed.stderr
    assert not any(private in revealed.stderr for private in PRIVATE)


def test_an_export_says_what_it_could_not_decrypt(bench: Bench) -> None:
    """Its line has no source; exit code 1."""
    bench.runtime.codec = ChunkCodec(Keyring.from_text(Keyring.new_key()))
    bench.put([purchase(1, custom_flags={})])
    bench.drain()
    result = relay("dead-letters", "export", "--all")
    assert (result.exit_code, json.loads(result.stdout)["source"]) == (1, None)
    missing = relay("dead-letters", "export", "nothing")
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert relay("dead-letters", "export").exit_code == 2


def test_reveals_can_be_listed(bench: Bench, ids: list[str]) -> None:
    """Newest first, of every command."""
    assert relay("dead-letters", "reveals", "--json").json == []
    for arguments in (["show", ids[0]], ["list"], ["export", "--all"], ["replay", "--all", "--dry-run"]):
        assert relay("dead-letters", *arguments, "--reveal").exit_code == 0
    commands = [(one["command"], one["number"]) for one in relay("dead-letters", "reveals", "--json").json]
    assert commands == [("replay --dry-run", 2), ("export", 2), ("list", 2), ("show", 1)]
    assert "export" in relay("dead-letters", "reveals").stdout


def test_at_maxmemory_a_reveal_is_in_the_log_alone(bench: Bench, ids: list[str]) -> None:
    """A full Redis must not keep an operator from looking at what fills it."""
    bench.redis.config_set("maxmemory", 1)
    try:
        result = relay("dead-letters", "show", ids[0], "--reveal")
    finally:
        bench.redis.config_set("maxmemory", 0)
    assert result.exit_code == 0
    assert "personal_data_revealed" in result.stderr
    assert "reveal_not_stored" in result.stderr
