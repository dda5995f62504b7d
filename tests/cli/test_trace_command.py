"""`relay trace`: what became of events; ids of the command line, of a list and of a CSV file."""

import json
from pathlib import Path
from typing import Any

import pytest
from support.bench import Bench
from support.events import batch, purchase
from support.terminal import relay

BAD_URL = {"TikTok.URL": "www.no-scheme.example"}
KEYS = [
    *("event_id", "connection", "input", "tiktok_event", "outcome", "reason", "received_at", "ended_at"),
    *("tiktok_code", "tiktok_request_id", "attempts", "match_keys", "notes"),
]


@pytest.fixture
def ended(bench: Bench) -> Bench:
    """Deliver e1, dead-letter e2, and let e3 wait behind e4."""
    bench.configure("enable_web_migration: true")
    bench.put([purchase(1), purchase(2, custom_flags=BAD_URL)])
    bench.drain()
    bench.put([purchase(4), purchase(3)])
    return bench


def test_json_is_as_designed(ended: Bench) -> None:
    """Every key of every item, in the order asked for; exit code 0 when all were seen."""
    result = relay("trace", "e2", "e1", "e3", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert [list(item) for item in result.json] == [KEYS] * 3
    dead, delivered, waiting = result.json
    assert (dead["event_id"], dead["outcome"], dead["reason"]) == ("e2", "dead_lettered", "invalid_url")
    assert (delivered["outcome"], delivered["tiktok_code"], delivered["attempts"]) == ("delivered", 0, 1)
    assert delivered["match_keys"] == ["email", "external_id", "ip", "user_agent"]
    assert (waiting["outcome"], waiting["ended_at"], waiting["connection"]) == ("waiting", None, "shop")


def test_an_unknown_id_says_since_when_receipts_reach(ended: Bench) -> None:
    """On stderr, with exit code 1; the others are shown all the same."""
    result = relay("trace", "e1", "e99", "--json")
    assert result.exit_code == 1
    assert [item["event_id"] for item in result.json] == ["e1"]
    unknown = json.loads(result.stderr)
    assert unknown["unknown"] == ["e99"]
    assert unknown["receipts_since"].endswith("Z")
    completed = relay("trace", "e99")
    assert (completed.exit_code, completed.stdout.strip()) == (1, "")
    assert f"Not seen: e99\nReceipts were read from {unknown['receipts_since']} to now." in completed.stderr
    assert "Unsupported events are only counted" in completed.stderr


def test_people_get_a_timeline(ended: Bench) -> None:
    """When, what, and why; the dead letter with its message; the lane with the place."""
    text = " ".join(relay("trace", "e1", "e2", "e3").stdout.split())
    [request_id] = {event["request_id"] for event in ended.sandbox.events()}
    dead_letter = ended.dead_letters()[0]
    assert f"delivered shop PlaceAnOrder TikTok's code 0, request id {request_id} attempt 1" in text
    assert "match keys: email, external_id, ip, user_agent" in text
    assert "dead-lettered shop PlaceAnOrder invalid_url: The page's address does not start with" in text
    assert f"dead letter {dead_letter.id}" in text
    assert "waiting shop in lane shop:0, 1 event before it; shop is healthy" in text


def test_a_timeline_is_in_the_order_of_time(bench: Bench) -> None:
    """An event that came twice: each arrival stands before its own end."""
    bench.put([purchase(1)], days_ago=1)
    bench.drain()
    bench.put([purchase(1, custom_flags=BAD_URL)])
    bench.drain()
    relay("dead-letters", "replay", "--all", "--yes")
    bench.drain()
    ends = [line.split()[1] for line in relay("trace", "e1").stdout.splitlines() if line[:2] == "20"]
    assert ends[:5] == ["received", "delivered", "received", "dead-lettered", "replayed"]


@pytest.mark.parametrize(
    ("content", "options"),
    [
        ("e1\ne2\n\n e1 \n", ()),
        ("\ufefforder_id,total\ne1,5\ne2,6\n,7\n", ("--column", "order_id")),
        ('total;order_id\r\n"5,0";e1\r\n"6";"e2"\r\n', ("--column", "order_id")),
        ("total\torder_id\n5\te1\n6\te2\n7\n", ("--column", "order_id")),
    ],
    ids=["a list", "commas", "semicolons", "tabs"],
)
def test_ids_come_from_a_file(content: str, options: tuple[str, ...], ended: Bench, tmp_path: Path) -> None:
    """One a line, or a column of a CSV file; each once, blank ones omitted."""
    file = tmp_path / "orders.csv"
    file.write_text(content, encoding="utf-8", newline="")
    result = relay("trace", "--file", str(file), *options, "--json")
    assert result.exit_code == 0, result.stderr
    assert [item["event_id"] for item in result.json] == ["e1", "e2"]


@pytest.mark.parametrize(
    ("arguments", "content", "sentence"),
    [
        ((), "", "Pass event ids, or a file of them with --file."),
        (("--column", "id"), "", "--column names a column of a file"),
        (("--file", "-", "--column", "order"), "order_id,x\n1,2\n", 'no column "order". Did you mean "order_id"?'),
        (("--file", "-", "--column", "order"), "", "Its columns: none."),
    ],
    ids=["nothing", "column without file", "wrong column", "empty file"],
)
def test_wrong_use_is_refused(arguments: tuple[str, ...], content: str, sentence: str) -> None:
    """Exit code 2, with what is allowed."""
    result = relay("trace", *arguments, stdin=content.encode())
    assert result.exit_code == 2
    assert sentence in " ".join(result.stderr.split())


def test_a_csv_file_without_a_column_is_refused(tmp_path: Path) -> None:
    """Its rows would be looked up as ids."""
    file = tmp_path / "orders.csv"
    file.write_text("order_id,total\ne1,5\n")
    result = relay("trace", "--file", str(file))
    assert result.exit_code == 2
    assert "say with --column which has the ids. Columns: order_id, total." in " ".join(result.stderr.split())


def test_many_events_have_a_line_each_and_a_sum(bench: Bench) -> None:
    """As the orders of a month."""
    bench.configure("enable_web_migration: true")
    bench.put([purchase(number, **({"custom_flags": BAD_URL} if number == 7 else {})) for number in range(30)])
    bench.drain()
    result = relay("trace", *(f"e{number}" for number in range(31)))
    assert result.stdout.strip().endswith("31 events: 29 delivered, 1 dead-lettered, 1 not seen")
    assert sum(line.startswith("e") and "delivered" in line for line in result.stdout.splitlines()) == 29


def test_tiktoks_message_is_masked(bench: Bench) -> None:
    """It may quote the event."""
    bench.configure("enable_web_migration: true")
    bench.sandbox.fault("code", code=40002, message="Invalid value for properties.value: 'jane@shop.example'")
    bench.put([purchase(1)])
    bench.drain()
    result = relay("trace", "e1")
    assert "Invalid value for properties.value" in result.stdout
    assert "jane" not in result.stdout


def test_status_shows_match_keys_and_receipts(ended: Bench) -> None:
    """Today's, by connection and TikTok event, with what was omitted and why; and how far back receipts reach."""
    phone: dict[str, Any] = {**batch(user=3), "user_identities": {"mobile_number": "555 CALL"}}
    ended.put([purchase(5)], shared=phone)
    for _ in range(2):
        ended.drain()
    [shown] = relay("status", "--match-keys", "--json").json
    assert (shown["connection"], shown["tiktok_event"], shown["events"]) == ("shop", "PlaceAnOrder", 4)
    assert shown["match_keys"]["email"] == {"carried": 3, "filled": 0, "lost": {}, "absent": 1}
    [(why, number)] = shown["match_keys"]["phone"]["lost"].items()
    assert ("international form" in why, number) == (True, 1)
    text = " ".join(relay("status", "--match-keys").stdout.split())
    assert "shop PlaceAnOrder" in text
    assert f"phone 0 0 0% 3 1 {why}"[:42] in text
    receipts = relay("status", "--json").json["receipts"]
    assert (receipts["receipts"], receipts["since"][-1]) == (5, "Z")
    assert "5 receipts in" in relay("status").stdout
    assert relay("status", "--match-keys", "--watch").exit_code == 2
