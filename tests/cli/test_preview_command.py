"""`relay preview`: exactly what would be posted, without sending anything or needing Redis."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from support.bench import Bench
from support.events import batch, purchase
from support.terminal import relay

CONFIGURATION = """
inputs:
  - {id: web, platform: web, api_key: key, api_secret: secret}
  - {id: blog, platform: web, api_key: key2, api_secret: secret}
connections:
  - {id: new, inputs: [web], access_token: t, event_source_id: CNEW, enable_web_migration: true}
  - {id: old, inputs: [web, blog], access_token: t, event_source_id: COLD, enable_web_migration: true}
  - {id: off, inputs: [blog], access_token: t, event_source_id: COFF, enabled: false}
"""
KEYS = ["connection", "input", "requests", "dead_letters", "unsupported", "withheld", "notes"]
TRACK = "https://business-api.tiktok.com/open_api/v1.3/event/track/"


@pytest.fixture(autouse=True)
def _configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "relay.yaml").write_text(CONFIGURATION)
    monkeypatch.setenv("RELAY_CONFIG", str(tmp_path / "relay.yaml"))
    monkeypatch.setenv("RELAY_DATA_DIR", str(tmp_path / "none"))
    monkeypatch.delenv("RELAY_REDIS_URL", raising=False)


def preview(*arguments: str, stdin: Any = None) -> Any:
    """Return the JSON for these batches from stdin."""
    result = relay("preview", "-", "--json", *arguments, stdin=json.dumps(stdin).encode())
    assert result.exit_code == 0, result.stderr
    return result.json


def odd_events() -> list[Any]:
    """Return one event of each outcome."""
    bad_url = purchase(2, custom_flags={"TikTok.URL": "www.shop.com/x"})
    seconds = purchase(3, timestamp_unixtime_ms=1_795_000_000)
    return [purchase(1), {"event_type": "screen_view", "data": {}}, bad_url, seconds]


def test_one_object_for_every_input_and_connection_in_the_order_of_the_file() -> None:
    """All by default; --input and --connection select."""
    pairs = [(made["input"], made["connection"]) for made in preview(stdin=batch(purchase(1)))]
    assert pairs == [("web", "new"), ("web", "old"), ("blog", "old"), ("blog", "off")]
    of_blog = [(made["input"], made["connection"]) for made in preview("--input", "blog", stdin=batch())]
    assert of_blog == [("blog", "old"), ("blog", "off")]
    assert [made["input"] for made in preview("--connection", "old", stdin=batch())] == ["web", "blog"]


def test_the_object_is_as_designed() -> None:
    """Every key, with the event's index."""
    (made,) = preview("--input", "web", "--connection", "new", stdin=batch(*odd_events()))
    assert list(made) == KEYS
    (request,) = made["requests"]
    assert list(request) == ["url", "body"]
    assert request["url"] == TRACK
    assert [event["event_id"] for event in request["body"]["data"]] == ["e1", "e3"]
    (dead_letter,) = made["dead_letters"]
    assert list(dead_letter) == ["index", "event_id", "reason", "field", "message"]
    assert (dead_letter["index"], dead_letter["event_id"], dead_letter["reason"], dead_letter["field"]) == (
        2,
        "e2",
        "invalid_url",
        "TikTok.URL",
    )
    assert made["unsupported"] == [{"index": 1, "what": "screen_view"}]
    assert made["withheld"] == []
    (note,) = made["notes"]
    assert list(note) == ["index", "field", "note"]
    assert (note["index"], note["field"]) == (3, "timestamp_unixtime_ms")


def test_indexes_count_through_all_batches_of_the_file() -> None:
    """An array of batches is one list of events."""
    bad = purchase(9, custom_flags={"TikTok.URL": "x"})
    (made,) = preview("--input", "web", "--connection", "new", stdin=[batch(purchase(1), purchase(2)), batch(bad)])
    assert [dead_letter["index"] for dead_letter in made["dead_letters"]] == [2]


def test_ndjson_is_as_good_as_an_array() -> None:
    """One batch a line; empty lines are ignored."""
    lines = "\n\n".join(json.dumps(batch(purchase(n), user=n)) for n in range(3)).encode()
    result = relay("preview", "-", "--json", "--input", "web", "--connection", "new", stdin=lines)
    assert len(result.json[0]["requests"][0]["body"]["data"]) == 3


def test_requests_are_as_large_as_the_workers() -> None:
    """At most 1000 events and 1 MB."""
    (many,) = preview("--input", "web", "--connection", "new", stdin=batch(*map(purchase, range(1001))))
    assert [len(request["body"]["data"]) for request in many["requests"]] == [1000, 1]
    url = {"TikTok.URL": "https://shop.example/" + "x" * 100_000}
    (large,) = preview(
        "--input", "web", "--connection", "new", stdin=batch(*(purchase(n, custom_flags=url) for n in range(12)))
    )
    assert [len(request["body"]["data"]) for request in large["requests"]] == [9, 3]


def test_withheld_events_have_the_reason() -> None:
    """Another environment, or a disabled connection."""
    development = {**batch(purchase(1)), "environment": "Development"}
    (made,) = preview("--input", "web", "--connection", "new", stdin=development)
    assert made["withheld"] == [
        {"index": 0, "why": "environment development, and this connection sends production only"}
    ]
    (disabled,) = preview("--connection", "off", stdin=batch(purchase(1)))
    assert disabled["withheld"] == [{"index": 0, "why": "the connection is disabled (enabled: false)"}]
    assert disabled["requests"] == []


def test_a_withheld_event_names_its_rule(tmp_path: Path) -> None:
    """In JSON under `withheld`; for people with the events that it is about."""
    rules = "forward: {never_if: [{user_attribute: internal, is: 'true'}]}, native_events: {view_detail: off}"
    (tmp_path / "relay.yaml").write_text(CONFIGURATION.replace("CNEW,", f"CNEW, {rules},"))
    view = purchase(2, product_action={"action": "view_detail"})
    staff = {**batch(purchase(1), view), "user_attributes": {"internal": True}}
    (made,) = preview("--input", "web", "--connection", "new", stdin=[staff, batch(view)])
    rule = "never_if 1: user_attribute internal is true"
    assert made["withheld"] == [
        {"index": 0, "why": rule},
        {"index": 1, "why": rule},
        {"index": 2, "why": "native_events: view_detail off"},
    ]
    result = relay("preview", "-", "--connection", "new", stdin=json.dumps([staff, batch(view)]).encode())
    assert f"Withheld: 2 × {rule} (0, 1); 1 × native_events: view_detail off (2)" in " ".join(result.stdout.split())


def test_a_generated_id_is_the_same_every_time() -> None:
    """For a batch that says when its events happened."""
    event = purchase(1, source_message_id=None)
    first, second = (preview("--connection", "new", stdin=batch(event)) for _ in range(2))
    assert first == second
    assert len(first[0]["requests"][0]["body"]["data"][0]["event_id"]) == 32


def test_people_get_text() -> None:
    """The same facts; brackets in an event are no markup, and escapes move no cursor."""
    events = [*odd_events(), purchase(5, source_message_id="[/red]\x1b[2J", custom_flags={})]
    result = relay("preview", "-", "--connection", "new", stdin=json.dumps(batch(*events)).encode())
    assert result.exit_code == 0
    for fact in (
        "web → new",
        TRACK,
        "2 events",
        "invalid_url",
        "1 × screen_view (1)",
        "timestamp_unixtime_ms",
        "[/red]",
    ):
        assert fact in result.stdout
    assert "\x1b[2J" not in result.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--input", "wep"], 'Unknown input "wep". Did you mean "web"? Known: web, blog.'),
        (["--connection", "shop"], 'Unknown connection "shop". Known: new, old, off.'),
        (
            ["--input", "blog", "--connection", "new"],
            "Connection new has no input blog. Its inputs: web.",
        ),
    ],
    ids=["input", "connection", "both"],
)
def test_unknown_ids_are_wrong_use(arguments: list[str], sentence: str) -> None:
    """With what is allowed."""
    answer = relay("preview", "-", *arguments, stdin=b"{}")
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert sentence in answer.stderr


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "stdin is empty"),
        (b'{"events": [}', "stdin is not JSON: "),
        (b'[{"events": [}]', "stdin: The body must be a JSON array of batches, or one batch a line"),
        (b"[]", "stdin: The array holds no batch"),
        (b'[3, {"events": 3}]', "batch 1: A batch must be a JSON object"),
        (b'{"events": 3}', '"events" of a batch must be an array'),
        (b"[" * 100_000, "nested too deeply"),
        (b'"\xff"', "not UTF-8 (byte 1)"),
        (gzip.compress(b"[]")[:-9], "ends before its end"),
    ],
    ids=["empty", "syntax", "syntax in an array", "no batch", "no object", "no list", "depth", "no UTF-8", "cut gzip"],
)
def test_anything_but_json_is_an_error(content: bytes, sentence: str) -> None:
    """A sentence and exit code 1, no traceback."""
    answer = relay("preview", "-", "--json", stdin=content)
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert sentence in answer.stderr


GOOD = json.dumps(batch(purchase(1))).encode()


@pytest.mark.parametrize(
    "content",
    [
        b"[" + GOOD + b", 3]",
        b'\xef\xbb\xbf[{"events": {"0": {}}},' + GOOD + b"]",
        GOOD + b'\r\n{"events"',
        gzip.compress(b"[null," + GOOD + b"]"),
        b"[" + GOOD + b"," + b"[" * 5_000 + b"]" * 5_000 + b"]",
        b'["\xff",' + GOOD + b"]",
    ],
    ids=["a number", "events in an object", "half a line", "null, compressed", "depth", "no UTF-8"],
)
def test_an_invalid_batch_costs_only_itself(content: bytes) -> None:
    """It is a dead letter, as at ingest; the batch beside it is previewed."""
    answer = relay("preview", "-", "--connection", "new", "--json", stdin=content)
    assert answer.exit_code == 0, answer.stderr
    [made] = answer.json
    [dead_letter] = made["dead_letters"]
    assert dead_letter["reason"] == "invalid_batch"
    assert {dead_letter["index"]} | {0, 1} == {0, 1}
    assert "batch must be" in dead_letter["message"]
    assert sum(len(request["body"]["data"]) for request in made["requests"]) == 1


def test_a_file_too_large_for_one_request_is_previewed_with_a_note() -> None:
    """A month in one file is worth a look, although no client could post it so."""
    answer = relay("preview", "-", "--connection", "new", "--json", stdin=b"{}\n" * 1_001)
    assert answer.exit_code == 0
    assert "ingest would answer 413: The request has 1001 batches; at most 1000 are taken at once." in answer.stderr


def test_each_file_is_a_request_of_its_own(tmp_path: Path) -> None:
    """A file without any valid batch would be refused, whatever the others hold."""
    (tmp_path / "good.json").write_bytes(GOOD)
    (tmp_path / "bad.json").write_text("[7]")
    answer = relay("preview", str(tmp_path / "good.json"), str(tmp_path / "bad.json"))
    assert answer.exit_code == 1
    assert "Ingest would answer 400" in answer.stderr


def test_an_object_without_events_is_described_by_its_members() -> None:
    """With a wrapped batch or a typing error, the operator sees why nothing would be sent."""
    result = relay("preview", "-", stdin=json.dumps([batch(purchase(1)), {"body": {}, "url": ""}]).encode())
    assert result.exit_code == 0
    assert result.stderr == "batch 2 has no `events`; it has body, url\n"


def test_a_wrong_configuration_is_named_with_file_and_line(tmp_path: Path) -> None:
    """And nothing else."""
    (tmp_path / "relay.yaml").write_text("inputs: 3\n")
    answer = relay("preview", "-", stdin=b"{}")
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert "relay.yaml:1: " in answer.stderr


def test_bodies_are_those_that_the_worker_posts(bench: Bench) -> None:
    """Event by event, as the stand-in received them."""
    events = [purchase(1), purchase(2, custom_flags={}), purchase(3)]
    shared = batch(user=7)
    (made,) = preview(stdin={**shared, "events": events})
    bench.put(events, shared=shared)
    bench.drain()
    taken = bench.sandbox.events()
    assert [event["body"] for event in taken] == made["requests"][0]["body"]["data"]
    assert {bench.sandbox.url + event["endpoint"] for event in taken} == {made["requests"][0]["url"]}
    assert [dead_letter["event_id"] for dead_letter in made["dead_letters"]] == [
        dead_letter.event_id for dead_letter in bench.dead_letters()
    ]
