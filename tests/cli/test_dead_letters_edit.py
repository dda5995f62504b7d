"""`relay dead-letters edit`: corrected by a command or in an editor, previewed, stored and delivered once."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.bench import Bench
from support.events import batch, purchase
from support.terminal import relay

from config.model import Connection, CustomMapping, Match, Parameter
from config.secrets import Keyring
from delivery.dead_letter import DeadLetter
from lanes.chunk import ChunkCodec
from lanes.names import LANES_PER_CONNECTION
from operations.dead_letters.field_names import path_of_field
from operations.dead_letters.paths import set_value
from operations.errors import OperatorError
from worker.drain import drain

URL = "custom_flags.TikTok.URL=https://shop.example/thanks"


@pytest.fixture
def dead_letter(bench: Bench) -> str:
    """Return the id of a dead letter with a bad URL."""
    shared = {**batch(), "user_identities": {"email": "someone@shop.example"}}
    bench.put([purchase(1, custom_flags={"TikTok.URL": "www.shop.com/x"})], shared=shared)
    bench.drain()
    return bench.dead_letters()[0].id


def deliver(bench: Bench) -> list[str]:
    """Drain every lane; return the ids of the events that the stand-in received."""
    for lane in range(LANES_PER_CONNECTION):
        drain(f"shop:{lane}", bench.runtime, "job-2")
    return [event["event_id"] for event in bench.sandbox.events()]


def source(dead_letter: str) -> dict[str, Any]:
    """Return the batch in a dead letter."""
    inside: dict[str, Any] = relay("dead-letters", "show", dead_letter, "--reveal", "--json").json["source"]["batch"]
    return inside


def test_corrected_and_replayed_it_is_delivered_once(bench: Bench, dead_letter: str) -> None:
    """With its original id; only the corrected field differs."""
    before = source(dead_letter)
    result = relay("dead-letters", "edit", dead_letter, "--set", URL)
    assert result.exit_code == 0, result.stderr
    assert "then  invalid_url" in result.stderr
    assert "now   would be sent as PlaceAnOrder" in result.stderr
    assert (bench.count("waiting", "replayed"), len(bench.dead_letters())) == ((0, 0), 1)
    before["events"][0]["data"]["custom_flags"]["TikTok.URL"] = "https://shop.example/thanks"
    assert source(dead_letter) == before
    assert relay("dead-letters", "replay", dead_letter).exit_code == 0
    assert deliver(bench) == ["e1"]
    assert relay("dead-letters", "edit", dead_letter, "--set", URL).exit_code == 1
    assert bench.count("delivered", "replayed", "waiting") == (1, 1, 0)


def test_replay_sends_it_at_once(bench: Bench, dead_letter: str) -> None:
    """With --replay; JSON is alone on stdout."""
    result = relay("dead-letters", "edit", dead_letter, "--set", URL, "--replay", "--json")
    assert (result.exit_code, result.json["replayed"]) == (0, True)
    assert "someone@shop.example" not in result.stdout + result.stderr
    assert deliver(bench) == ["e1"]
    assert bench.dead_letters() == []


def test_a_correction_that_would_be_dead_lettered_again_is_confirmed(bench: Bench, dead_letter: str) -> None:
    """Outside a terminal it is not stored; with --yes it is."""
    worse = ("--set", "custom_flags.TikTok.URL=shop.com")
    before = source(dead_letter)
    result = relay("dead-letters", "edit", dead_letter, *worse)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "now   would be dead-lettered again: invalid_url" in result.stderr
    assert source(dead_letter) == before
    assert relay("dead-letters", "edit", dead_letter, *worse, "--yes").exit_code == 0
    assert source(dead_letter) != before


def test_an_editor_keeps_numbers_exact(
    bench: Bench, dead_letter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file after EDITOR is the correction; the audit log records the reveal."""
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i 's|www.shop.com/x|https://shop.example/y|' \"$1\"\n")
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)
    result = relay("dead-letters", "edit", dead_letter)
    assert result.exit_code == 0, result.stderr
    assert "personal_data_revealed" in result.stderr
    assert source(dead_letter)["events"][0]["data"]["custom_flags"] == {"TikTok.URL": "https://shop.example/y"}


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 0", "Nothing was changed."),
        ("exit 3", "pass --set"),
        ('echo "{" > "$1"', "not saved"),
        ('sed -i \'s|"events"|"event"|\' "$1"', "has `event`, and no `events`"),
        ('echo "{}" > "$1"', "a dead letter has one event, and there are 0"),
    ],
    ids=["unchanged", "fails", "no JSON", "no events", "no event"],
)
def test_an_invalid_edit_is_not_stored(
    bench: Bench, dead_letter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    """The dead letter stays unchanged; exit code 1."""
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\n{script}\n")
    editor.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(editor))
    monkeypatch.delenv("VISUAL", raising=False)
    stored = bench.redis.hget("dead_letters:shop", dead_letter)
    result = relay("dead-letters", "edit", dead_letter)
    assert (result.exit_code, result.stdout) == (1, "")
    assert words in result.stderr
    assert bench.redis.hget("dead_letters:shop", dead_letter) == stored


def test_a_corrected_source_is_encrypted(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Like the original."""
    key = Keyring.new_key()
    monkeypatch.setenv("RELAY_ENCRYPTION_KEY", key)
    bench.runtime.codec = ChunkCodec(Keyring.from_text(key))
    bench.put([purchase(1, custom_flags={"TikTok.URL": "www.shop.com/x"})])
    bench.drain()
    (dead_letter,) = bench.dead_letters()
    assert relay("dead-letters", "edit", dead_letter.id, "--set", URL, "--set", "event.note=marked").exit_code == 0
    stored = bench.redis.hget("dead_letters:shop", dead_letter.id) or b""
    assert b"marked" not in stored
    assert (
        bench.runtime.codec.decode(bench.dead_letters()[0].source)
        .batches[0]
        .entries[0]
        .raw.endswith(b'"note":"marked"}')
    )


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
def test_a_path_may_start_anywhere(assignment: str, path: tuple[Any, ...], value: object) -> None:
    """In the event's data first; names may contain dots."""
    whole = {**batch(), "events": [purchase(1)]}
    set_value(whole, assignment)
    at = whole["events"][0]
    for name in path:
        at = at[name]
    assert at == value


def test_fields_of_the_batch_are_set_there() -> None:
    """Identities, the address, and everything after `batch.`."""
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
def test_a_path_through_a_value_is_refused(assignment: str) -> None:
    """In a sentence."""
    with pytest.raises(OperatorError, match="--set"):
        set_value({"events": [purchase(1)]}, assignment)


SHOWN_NAMES = [
    ("TikTok.URL", "https://a.example/", "custom_flags.TikTok.URL"),
    ("tiktok.url", "https://a.example/", "custom_flags.TikTok.URL"),
    ("TikTok.Callback", "E.C.P.x", "custom_flags.TikTok.Callback"),
    ("custom_flags.tiktok.referrer", "https://a.example/", "custom_flags.TikTok.Referrer"),
    ("total_amount", "20", "product_action.total_amount"),
    ("transaction_id", "T-1", "product_action.transaction_id"),
    ("products[0].price", "3", "product_action.products.0.price"),
    ("products.0.quantity", "3", "product_action.products.0.quantity"),
    ("currency_code", "EUR", "currency_code"),
    ("timestamp_unixtime_ms", "1795000000000", "timestamp_unixtime_ms"),
    ("page_url", "https://a.example/", "page_url"),
    ("properties.value", "20", "product_action.total_amount"),
    ("properties.contents[0].price", "3", "product_action.products.0.price"),
    ("Batch.0.properties.contents.0.content_id", "s", "product_action.products.0.id"),
    ("properties.currency", "EUR", "currency_code"),
    ("page.url", "https://a.example/", "custom_flags.TikTok.URL"),
    ("context.page.url", "https://a.example/", "custom_flags.TikTok.URL"),
    ("event_time", "1795000000000", "timestamp_unixtime_ms"),
    ("custom_attributes.Any.Name", "x", "custom_attributes.Any.Name"),
    ("custom_attributes.lead_id", "7309", "custom_attributes.lead_id"),
    ("properties.origin_airport", "TXL", "custom_attributes.origin_airport"),
    ("properties.mileage.unit", "KM", "custom_attributes.mileage_unit"),
    ("properties.contents[0].brand", "Acme", "product_action.products.0.brand"),
]


@pytest.mark.parametrize(("shown", "value", "path"), SHOWN_NAMES, ids=[row[0] for row in SHOWN_NAMES])
def test_a_name_in_a_dead_letter_is_a_path(shown: str, value: str, path: str) -> None:
    """The incoming or TikTok's name sets what the full path sets, and adds nothing else."""
    by_name, by_path = ({**batch(), "events": [purchase(1)]} for _ in range(2))
    set_value(by_name, f"{shown}={value}")
    set_value(by_path, f"{path}={value}")
    assert by_name == by_path != {**batch(), "events": [purchase(1)]}


CONNECTION = Connection(
    id="shop",
    inputs=("web",),
    access_token="t",
    event_source_id="P",
    email_identity_type="other",
    custom_mappings=(
        CustomMapping(
            "Search",
            Match("custom_event"),
            {
                "query": Parameter("attribute", "search term", required=True),
                "description": Parameter("product", "name"),
                "content_id": Parameter("product_attribute", "sku"),
                "content_name": Parameter("promotion", "name"),
                "content_category": Parameter("field", "screen_name"),
                "status": Parameter("identity_present", "email"),
                "shop_id": Parameter("field", "checkout_step"),
            },
        ),
    ),
)


@pytest.mark.parametrize(
    ("stage", "field", "reason", "path"),
    [
        ("mapping", "TikTok.URL", "missing_url", "custom_flags.TikTok.URL"),
        ("mapping", "products[2].price", "invalid_value", "product_action.products.2.price"),
        ("mapping", "query", "missing_parameter", "custom_attributes.search term"),
        ("mapping", "description", "missing_parameter", "product_action.products.0.name"),
        ("mapping", "content_id", "missing_parameter", "product_action.products.0.custom_attributes.sku"),
        ("mapping", "content_name", "missing_parameter", "promotion_action.promotions.0.name"),
        ("mapping", "content_category", "missing_parameter", "screen_name"),
        ("mapping", "status", "missing_parameter", "user_identities.email"),
        ("mapping", "shop_id", "missing_parameter", "product_action.checkout_step"),
        ("mapping", "products[].price", "invalid_value", "product_action.products.0.price"),
        (
            "mapping",
            "products[1].custom_attributes.sku",
            "invalid_value",
            "product_action.products.1.custom_attributes.sku",
        ),
        ("mapping", "promotions[].position", "invalid_value", "promotion_action.promotions.0.position"),
        ("mapping", "custom_attributes.cents", "invalid_value", "custom_attributes.cents"),
        ("delivery", "properties.value", "rejected_by_tiktok", "product_action.total_amount"),
        ("delivery", "user.email", "rejected_by_tiktok", "user_identities.other"),
        ("delivery", "something.new", "rejected_by_tiktok", "something.new"),
        ("delivery", None, "rejected_by_tiktok", ""),
    ],
)
def test_the_field_of_a_dead_letter_has_a_path(stage: str, field: str | None, reason: str, path: str) -> None:
    """A required parameter is where its mapping reads it; an identity has the type that the connection sends."""
    dead_letter = DeadLetter(
        id="1", connection="shop", input="web", at_ms=1, stage=stage, reason=reason, field=field, tiktok_event="Search"
    )
    assert path_of_field(dead_letter, CONNECTION) == path


NOTHING = [
    ("TikTok.URI", "TikTok.URL"),
    ("custom_flags.TikTok.UR", "custom_flags.TikTok.URL"),
    ("total_amonut", "product_action.total_amount"),
    ("product_action.total_amont", "product_action.total_amount"),
    ("product_action.products.0.prise", "product_action.products.0.price"),
    ("curency_code", "currency_code"),
    ("user_identities.emial", "user_identities.email"),
    ("device_info.user_agent", "device_info."),
    ("events.0.data.currency_code", "currency_code"),
    ("xyzzy", "relay dead-letters show"),
]


READ_BY_MAPPINGS = [
    "product_action.products.0.custom_attributes.sku",
    "product_action.products.0.total_product_amount",
    "promotion_action.promotions.0.name",
    "promotions[0].id",
    "products[0].custom_attributes.size",
    "product_action.checkout_step",
    "product_action.product_list_source",
    "screen_name",
]


@pytest.mark.parametrize("path", READ_BY_MAPPINGS)
def test_what_only_mappings_read_can_be_set(path: str) -> None:
    whole = {**batch(), "events": [purchase(1)]}
    set_value(whole, f"{path}=new")
    assert '"new"' in json.dumps(whole)


@pytest.mark.parametrize(("path", "near"), NOTHING, ids=[row[0] for row in NOTHING])
def test_an_unknown_path_is_refused_with_the_nearest(path: str, near: str) -> None:
    """Before, it became a new member that nothing reads, and the event was dead-lettered again."""
    whole = {**batch(), "events": [purchase(1)]}
    with pytest.raises(OperatorError, match="relay reads no such field") as refused:
        set_value(whole, f"{path}=1")
    assert near in str(refused.value)
    assert whole == {**batch(), "events": [purchase(1)]}


def test_existing_fields_and_explicit_paths_can_be_set() -> None:
    """Even fields that relay does not read."""
    whole = {**batch(), "events": [{**purchase(1), "data": {**purchase(1)["data"], "session_uuid": "s"}}]}
    for assignment in ("session_uuid=t", "event.note=marked", "event.data.extra.deep=1", "batch.note=2"):
        set_value(whole, assignment)
    data = whole["events"][0]["data"]
    assert (data["session_uuid"], data["extra"], whole["note"]) == ("t", {"deep": 1}, 2)
    assert whole["events"][0]["note"] == "marked"


def test_a_product_is_added_after_the_last() -> None:
    """A missing list is created."""
    whole: dict[str, Any] = {"events": [{"data": {}}]}
    set_value(whole, "products[0].id=a")
    set_value(whole, "products[1].id=b")
    assert whole["events"][0]["data"]["product_action"]["products"] == [{"id": "a"}, {"id": "b"}]


def test_the_name_in_the_dead_letter_corrects_it(bench: Bench, dead_letter: str) -> None:
    """As an operator tries first: read the dead letter, set its field, replay it."""
    field = relay("dead-letters", "show", dead_letter, "--json").json["field"]
    result = relay("dead-letters", "edit", dead_letter, "--set", f"{field}=https://shop.example/thanks", "--replay")
    assert result.exit_code == 0, result.stderr
    assert "now   would be sent as PlaceAnOrder" in result.stderr
    assert deliver(bench) == ["e1"]


def test_a_mistake_is_explained_and_nothing_stored(bench: Bench, dead_letter: str) -> None:
    """In a sentence, with exit code 1."""
    before = source(dead_letter)
    result = relay("dead-letters", "edit", dead_letter, "--set", "TikTok.ULR=https://shop.example/thanks", "--yes")
    assert result.exit_code == 1
    assert "Did you mean" in result.stderr
    assert "TikTok.URL" in result.stderr
    assert source(dead_letter) == before
