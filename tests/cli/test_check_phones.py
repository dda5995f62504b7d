"""`relay check` and `relay preview` warn of phone numbers without country and of shared event ids."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.bench import Bench
from support.events import batch, purchase
from support.terminal import relay

from lanes.ledger import read_ledger
from operations.metrics.samples import PHONES

TRACK = "enable_web_migration: true"


def drained(bench: Bench, phone: Any, *lines: str) -> int:
    """Return how many events were counted after TikTok accepted three with this phone number."""
    bench.configure(TRACK, *lines)
    shared = {**batch(), "user_identities": {"mobile_number": phone}}
    bench.put(
        [purchase(number, custom_flags={"TikTok.URL": "https://shop.example/"}) for number in range(3)], shared=shared
    )
    bench.drain()
    assert bench.count("delivered") == (3,)
    [group] = read_ledger(bench.redis, ["shop"], []).connections
    return group.measures.get(PHONES, 0)


@pytest.mark.parametrize("phone", ["(646) 234-5678", "12133734253"], ids=["omitted", "read by its digits"])
def test_numbers_without_country_are_counted_and_check_warns(bench: Bench, phone: str) -> None:
    """E9: the number of events, and what to do."""
    assert drained(bench, phone) == 3
    findings = relay("check", "--json").json
    [found] = [finding for finding in findings if finding["check"] == "phone numbers"]
    assert found["status"] == "warning"
    assert "has sent 3 events" in found["found"]
    assert "default_region" in found["remedy"]


@pytest.mark.parametrize(
    ("phone", "lines"),
    [("+12133734253", ()), ("(646) 234-5678", ("default_region: US",)), ("not a phone", ()), (None, ())],
    ids=["international", "a region is set", "no number", "none"],
)
def test_other_numbers_are_not_counted(bench: Bench, phone: Any, lines: tuple[str, ...]) -> None:
    """And check does not warn."""
    assert drained(bench, phone, *lines) == 0
    assert not [finding for finding in relay("check", "--json").json if finding["check"] == "phone numbers"]


def without_id(**fields: Any) -> dict[str, Any]:
    """Return a batch of one event without an id."""
    event = purchase(1, custom_flags={"TikTok.URL": "https://shop.example/"}, source_message_id="0", event_id=None)
    return {**batch(event), **fields}


SAME = without_id(source_request_id="r-1")
NOTED = [
    ("a request id that is repeated", [SAME, without_id(source_request_id="r-1", ip="198.51.100.7")], True),
    ("the same bytes", [without_id(), without_id()], True),
    ("request ids of their own", [SAME, without_id(source_request_id="r-2")], False),
    (
        "request ids that can be none",
        [without_id(source_request_id="0", ip="198.51.100.7"), without_id(source_request_id="0")],
        False,
    ),
    ("other bytes", [without_id(), without_id(ip="198.51.100.7")], False),
]


@pytest.mark.parametrize(("batches", "noted"), [row[1:] for row in NOTED], ids=[row[0] for row in NOTED])
def test_events_that_share_a_generated_id_are_noted(
    batches: list[Any], noted: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """E2: the ids are equal on purpose, so that a repeated batch counts once; the operator should know."""
    file = tmp_path / "relay.yaml"
    file.write_text(
        "inputs: [{id: web, platform: web, api_key: key, api_secret: secret}]\n"
        "connections: [{id: c, inputs: [web], access_token: t, event_source_id: CNEW, enable_web_migration: true}]\n"
    )
    monkeypatch.setenv("RELAY_CONFIG", str(file))
    [made] = relay("preview", "-", "--json", stdin=json.dumps(batches).encode()).json
    ids = [event["event_id"] for event in made["requests"][0]["body"]["data"]]
    assert (len(set(ids)) == 1) is noted
    assert bool([note for note in made["notes"] if "same generated id" in note["note"]]) is noted
