"""`relay dead-letters edit`: corrected by a command or in an editor, kept once seen, delivered once."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.bench import Bench
from support.events import batch, purchase
from support.terminal import relay

from config.secrets import Keyring
from lanes.chunk import ChunkCodec
from operations.errors import BadNews
from operations.letter_paths import set_value
from worker.drain import drain

URL = "custom_flags.TikTok.URL=https://shop.example/thanks"


@pytest.fixture
def letter(bench: Bench) -> str:
    """The id of a letter with a bad URL."""
    shared = {**batch(), "user_identities": {"email": "someone@shop.example"}}
    bench.put([purchase(1, custom_flags={"TikTok.URL": "www.shop.com/x"})], shared=shared)
    bench.drain()
    return bench.letters()[0].id


def deliver(bench: Bench) -> list[str]:
    """Drain every lane; the ids of the events that TikTok's stand-in took."""
    for lane in range(4):
        drain(f"shop:{lane}", bench.runtime, "job-2")
    return [event["event_id"] for event in bench.sandbox.events()]


def source(letter: str) -> dict[str, Any]:
    """The batch in a letter."""
    inside: dict[str, Any] = relay("dead-letters", "show", letter, "--reveal", "--json").json["source"]["batch"]
    return inside


def test_corrected_and_replayed_it_is_delivered_once(bench: Bench, letter: str) -> None:
    """With the id it always had; of the correction nothing but its own field differs."""
    before = source(letter)
    said = relay("dead-letters", "edit", letter, "--set", URL)
    assert said.exit_code == 0, said.stderr
    assert "then  invalid_url" in said.stderr
    assert "now   would be sent as PlaceAnOrder" in said.stderr
    assert (bench.count("waiting", "replayed"), len(bench.letters())) == ((0, 0), 1)
    before["events"][0]["data"]["custom_flags"]["TikTok.URL"] = "https://shop.example/thanks"
    assert source(letter) == before
    assert relay("dead-letters", "replay", letter).exit_code == 0
    assert deliver(bench) == ["e1"]
    assert relay("dead-letters", "edit", letter, "--set", URL).exit_code == 1
    assert bench.count("delivered", "replayed", "waiting") == (1, 1, 0)


def test_it_can_go_at_once(bench: Bench, letter: str) -> None:
    """With --replay; JSON is alone on stdout."""
    said = relay("dead-letters", "edit", letter, "--set", URL, "--replay", "--json")
    assert (said.exit_code, said.json["replayed"]) == (0, True)
    assert "someone@shop.example" not in said.stdout + said.stderr
    assert deliver(bench) == ["e1"]
    assert bench.letters() == []


def test_a_correction_that_would_die_again_is_asked_about(bench: Bench, letter: str) -> None:
    """With nobody to ask it is not kept; with --yes it is."""
    worse = ("--set", "custom_flags.TikTok.URL=shop.com")
    before = source(letter)
    said = relay("dead-letters", "edit", letter, *worse)
    assert (said.exit_code, said.stdout) == (2, "")
    assert "now   would die again: invalid_url" in said.stderr
    assert source(letter) == before
    assert relay("dead-letters", "edit", letter, *worse, "--yes").exit_code == 0
    assert source(letter) != before


def test_in_an_editor_numbers_stay_as_they_were_written(
    bench: Bench, letter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever EDITOR does to the file is the correction; that it was shown is logged."""
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i 's|www.shop.com/x|https://shop.example/y|' \"$1\"\n")
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)
    said = relay("dead-letters", "edit", letter)
    assert said.exit_code == 0, said.stderr
    assert "personal data revealed" in said.stderr
    assert source(letter)["events"][0]["data"]["custom_flags"] == {"TikTok.URL": "https://shop.example/y"}


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 0", "nothing was changed"),
        ("exit 3", "use --set"),
        ('echo "{" > "$1"', "nothing was kept"),
        ('sed -i \'s|"events"|"event"|\' "$1"', "a letter is of one event, and there are 0"),
    ],
    ids=["unchanged", "fails", "no JSON", "no event"],
)
def test_what_an_editor_spoils_is_not_kept(
    bench: Bench, letter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    """The letter is as it was, the exit code is 1."""
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\n{script}\n")
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)
    stored = bench.redis.hget("letters:shop", letter)
    said = relay("dead-letters", "edit", letter)
    assert (said.exit_code, said.stdout) == (1, "")
    assert words in said.stderr
    assert bench.redis.hget("letters:shop", letter) == stored


def test_a_corrected_source_is_sealed_with_the_key(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The correction lies in Redis encrypted, like what it corrects."""
    key = Keyring.new_key()
    monkeypatch.setenv("RELAY_ENCRYPTION_KEY", key)
    bench.runtime.codec = ChunkCodec(Keyring.from_text(key))
    bench.put([purchase(1, custom_flags={"TikTok.URL": "www.shop.com/x"})])
    bench.drain()
    (letter,) = bench.letters()
    assert relay("dead-letters", "edit", letter.id, "--set", URL, "--set", "event.note=marked").exit_code == 0
    stored = bench.redis.hget("letters:shop", letter.id) or b""
    assert b"marked" not in stored
    assert bench.runtime.codec.open(bench.letters()[0].source).batches[0].entries[0].raw.endswith(b'"note":"marked"}')


@pytest.mark.parametrize(
    ("assignment", "path", "value"),
    [
        (
            "custom_flags.TikTok.URL=https://a.example/?b=c",
            ("data", "custom_flags", "TikTok.URL"),
            "https://a.example/?b=c",
        ),
        ("custom_flags.TikTok.Callback=1", ("data", "custom_flags", "TikTok.Callback"), "1"),
        ("custom_attributes.some.name=2", ("data", "custom_attributes", "some.name"), "2"),
        ("product_action.total_amount=20.5", ("data", "product_action", "total_amount"), 20.5),
        ("product_action.products.0.price=3", ("data", "product_action", "products", 0, "price"), 3),
        ("product_action.transaction_id=T-1", ("data", "product_action", "transaction_id"), "T-1"),
        ("currency_code=EUR", ("data", "currency_code"), "EUR"),
        ("event_type=screen_view", ("event_type",), "screen_view"),
        ("event.data.currency_code=EUR", ("data", "currency_code"), "EUR"),
    ],
    ids=[
        "a dotted flag",
        "a new flag is text",
        "attributes",
        "a number",
        "a product",
        "text",
        "data",
        "type",
        "event.",
    ],
)
def test_a_path_means_what_people_mean(assignment: str, path: tuple[Any, ...], value: object) -> None:
    """The event's data first; names may have dots in them."""
    whole = {**batch(), "events": [purchase(1)]}
    set_value(whole, assignment)
    at = whole["events"][0]
    for name in path:
        at = at[name]
    assert at == value


def test_what_a_batch_holds_is_set_there() -> None:
    """Identities, the address, and whatever `batch.` says."""
    whole: dict[str, Any] = {"events": [purchase(1)]}
    for assignment in ("user_identities.email=a@b.example", "ip=203.0.113.9", "batch.application_info.package=x.y"):
        set_value(whole, assignment)
    assert whole == {
        "events": [json.loads(json.dumps(purchase(1)))],
        "user_identities": {"email": "a@b.example"},
        "ip": "203.0.113.9",
        "application_info": {"package": "x.y"},
    }


@pytest.mark.parametrize(
    "assignment", ["no-value", "=x", "product_action.products.7.price=1", "currency_code.deeper=1"]
)
def test_a_path_that_leads_nowhere_is_said(assignment: str) -> None:
    """In a sentence."""
    with pytest.raises(BadNews, match="--set"):
        set_value({"events": [purchase(1)]}, assignment)
