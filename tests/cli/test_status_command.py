"""`relay status`: the ledger of real lanes, as JSON and for people."""

import contextlib
import os
import pty
import select
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.bench import Bench
from support.events import purchase
from support.product import RELAY
from support.terminal import relay
from support.waiting import DEADLINE_S, until

from cli.status.command import _interrupted

CONNECTION_KEYS = [
    *(
        "id",
        "state",
        "accepted",
        "extra",
        "replayed",
        "delivered",
        "dead_lettered",
        "unsupported",
        "withheld",
        "erased",
        "discarded",
    ),
    *("waiting", "dead_letters", "dead_letter_bytes", "oldest_waiting_s", "last_error", "next_attempt_at"),
]


def connection() -> dict[str, object]:
    """Return the bench's only connection, as status has it."""
    result = relay("status", "--json")
    assert result.exit_code == 0, result.stderr
    (shop,) = result.json["connections"]
    assert list(shop) == CONNECTION_KEYS
    return dict(shop)


def test_it_names_its_cell(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """With RELAY_CELL only."""
    assert relay("status", "--json").json["cell"] is None
    assert "cell" not in relay("status").stdout
    monkeypatch.setenv("RELAY_CELL", "eu-1")
    assert relay("status", "--json").json["cell"] == "eu-1"
    assert "cell eu-1 · 0 events waiting" in relay("status").stdout


def test_without_events_all_is_zero_and_healthy(bench: Bench) -> None:
    """Configured inputs and connections are there from the start."""
    result = relay("status", "--json")
    assert list(result.json) == [
        "cell",
        "inputs",
        "connections",
        "sources",
        "processes",
        "receipts",
        "drift",
        "redis",
        "a_202_means",
        "archive",
        "profiles",
    ]
    assert result.json["redis"] is None
    assert result.json["receipts"] == {"receipts": 0, "bytes": 0, "since": None}
    assert result.json["inputs"] == [{"id": "web", "accepted": 0, "unrouted": 0}]
    assert connection() == {
        **dict.fromkeys(CONNECTION_KEYS, 0),
        "id": "shop",
        "state": "healthy",
        "oldest_waiting_s": None,
        "last_error": None,
        "next_attempt_at": None,
    }


def test_it_counts_received_waiting_and_ended_events(bench: Bench) -> None:
    """From accepted to delivered and dead-lettered."""
    bench.put([purchase(1), purchase(2, custom_flags={}), {"event_type": "screen_view"}])
    waiting = connection()
    assert (waiting["accepted"], waiting["waiting"]) == (3, 3)
    assert isinstance(waiting["oldest_waiting_s"], float)
    assert 0 <= waiting["oldest_waiting_s"] < 60
    bench.drain()
    done = connection()
    counts = {
        name: done[name]
        for name in ("delivered", "dead_lettered", "unsupported", "waiting", "dead_letters", "oldest_waiting_s")
    }
    assert counts == {
        "delivered": 1,
        "dead_lettered": 1,
        "unsupported": 1,
        "waiting": 0,
        "dead_letters": 1,
        "oldest_waiting_s": None,
    }


def test_a_refused_token_shows_as_paused_with_who_must_do_what(bench: Bench) -> None:
    """And when relay tries again."""
    bench.put([purchase(1)])
    bench.sandbox.fault("refuse_token")
    bench.drain()
    paused = connection()
    assert paused["state"] == "paused"
    assert isinstance(paused["next_attempt_at"], str)
    assert paused["next_attempt_at"].endswith("Z")
    error = paused["last_error"]
    assert isinstance(error, dict)
    assert list(error) == ["at", "error", "who", "what_to_do"]
    assert error["error"] == "token refused (40105)"
    result = relay("status")
    assert "To do" in result.stdout
    assert "an admin of the TikTok advertiser account" in result.stdout


@pytest.mark.parametrize("fault", ["http_503", "http_429"])
def test_an_outage_and_a_throttle_show_as_backing_off(bench: Bench, fault: str) -> None:
    """The lane's backoff and the connection's."""
    bench.put([purchase(1)])
    bench.sandbox.fault(fault, retry_after="30")
    bench.drain()
    shop = connection()
    assert (shop["state"], shop["waiting"]) == ("backing_off", 1)
    assert shop["next_attempt_at"] is not None


def test_a_disabled_connection_is_shown_as_disabled_in_every_state(bench: Bench) -> None:
    """The configuration decides."""
    bench.put([purchase(1)])
    bench.configure("enabled: false")
    assert connection()["state"] == "disabled"


def test_a_connection_missing_in_the_file_is_removed_while_it_holds_events(bench: Bench) -> None:
    """Without events it is not listed."""
    bench.put([purchase(1)])
    text = bench.path.read_text()
    bench.path.write_text(text.replace("id: shop", "id: other"))
    result = relay("status", "--json")
    assert [(shop["id"], shop["state"]) for shop in result.json["connections"]] == [
        ("other", "healthy"),
        ("shop", "removed"),
    ]
    bench.path.write_text(text)
    bench.drain()
    bench.path.write_text(text.replace("id: shop", "id: other"))
    assert [shop["id"] for shop in relay("status", "--json").json["connections"]] == ["other"]


def test_a_refused_configuration_is_named_and_the_ledger_is_shown(bench: Bench) -> None:
    """From Redis alone."""
    bench.put([purchase(1)])
    bench.path.write_text("inputs: [")
    result = relay("status", "--json")
    assert result.exit_code == 0
    assert result.json["inputs"] == [{"id": "web", "accepted": 1, "unrouted": 0}]
    assert [(shop["id"], shop["waiting"]) for shop in result.json["connections"]] == [("shop", 1)]
    assert "relay.yaml:1: " in result.stderr
    assert "relay.yaml:1: " in relay("status").stdout


def test_people_see_that_the_ledger_balances(bench: Bench) -> None:
    """In one line that adds up."""
    bench.put([purchase(1), purchase(2, custom_flags={})])
    bench.drain()
    bench.put([purchase(3)])
    result = relay("status")
    assert "ledger balances" in result.stdout
    assert "3 accepted = 1 delivered + 1 dead-lettered + 1 waiting  ✓" in result.stdout
    assert "1 dead letter: relay dead-letters list" in result.stdout


def test_verify_counts_the_chunks(bench: Bench) -> None:
    """It finds no difference where there is none."""
    bench.put([purchase(1)], [purchase(2), purchase(3)])
    result = relay("status", "--verify", "--json")
    assert result.exit_code == 0
    assert result.json["connections"][0]["waiting"] == 3
    assert "counted 3 events waiting, as in the ledger" in result.stderr


def test_verify_finds_a_missing_chunk(bench: Bench) -> None:
    """Exit code 1, and how many events are missing."""
    bench.put([purchase(1)], [purchase(2), purchase(3)])
    bench.redis.lpop("lane:shop:0")
    result = relay("status", "--verify")
    assert result.exit_code == 1
    assert "lane shop:0 has 1 chunks and 2 sizes" in result.stderr
    assert "the chunks have 2" in result.stderr
    assert "ledger does NOT balance" in result.stdout


def test_verify_finds_a_missing_dead_letter(bench: Bench) -> None:
    """Dead letters are counted too."""
    bench.put([purchase(1, custom_flags={})])
    bench.drain()
    bench.redis.delete("dead_letters:shop")
    result = relay("status", "--verify")
    assert (result.exit_code, "1 dead letter missing" in result.stderr) == (1, True)


def test_an_unreachable_redis_is_one_sentence(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """No traceback, exit code 1, and no long wait."""
    monkeypatch.setenv("RELAY_REDIS_URL", "redis://127.0.0.1:1/0")
    began = time.monotonic()
    result = relay("status", "--json")
    assert (result.exit_code, result.stdout, result.stderr.count("\n")) == (1, "", 1)
    assert "Redis does not answer" in result.stderr
    assert time.monotonic() - began < 30  # 3 s on an idle machine


def test_no_redis_at_all_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a URL nor an embedded server."""
    monkeypatch.delenv("RELAY_REDIS_URL", raising=False)
    monkeypatch.setenv("RELAY_DATA_DIR", str(tmp_path))
    result = relay("status")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert "RELAY_REDIS_URL" in result.stderr


def test_watch_and_json_exclude_each_other(bench: Bench) -> None:
    """Exit code 2."""
    assert relay("status", "--watch", "--json").exit_code == 2


@pytest.mark.parametrize(
    ("width", "shown", "left_out"),
    [
        (60, ["waiting", "oldest", "letters"], ["accepted", "unsupported"]),
        (80, ["accepted", "delivered", "waiting", "oldest", "letters"], ["unsupported"]),
        (
            120,
            ["accepted", "delivered", "lettered", "unsupported", "withheld", "waiting", "oldest", "letters"],
            [],
        ),
    ],
)
def test_a_narrow_terminal_gets_the_most_important_columns(
    bench: Bench, width: int, shown: list[str], left_out: list[str]
) -> None:
    """No cell is folded and no line is longer than the terminal; of a header with two lines the second is read."""
    text = bench.path.read_text()
    bench.path.write_text(text.replace("id: shop", "id: shop-of-a-longer-name"))
    result = relay("status", environ={"COLUMNS": str(width)})
    [header] = [line.split() for line in result.stdout.splitlines() if line.startswith("connection ")]
    assert header == ["connection", "state", *shown]
    assert not set(left_out) & set(header)
    assert "shop-of-a-longer-name" in result.stdout
    assert max(map(len, result.stdout.splitlines())) <= width


def test_a_connection_that_recovers_needs_nothing_done(bench: Bench) -> None:
    """What to do is not shown for a connection that delivers again."""
    bench.put([purchase(1)])
    bench.sandbox.fault("refuse_token")
    bench.drain()
    assert "To do  token refused (40105)" in relay("status").stdout
    bench.sandbox.clear_faults()
    bench.drain()
    bench.put([purchase(2)])
    assert "To do" not in relay("status").stdout
    assert connection()["last_error"] is None


def test_watch_shows_rates_until_ctrl_c(bench: Bench) -> None:
    """In a real terminal."""
    bench.put([purchase(1)])
    ours, theirs = pty.openpty()
    command = [RELAY, "status", "--watch"]
    environ = {**os.environ, "COLUMNS": "100"}
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ) as process:
        try:
            os.close(theirs)
            shown = read_until(ours, lambda shown: b"out/s" in shown and shown.count(b"Ctrl-C ends") >= 3)
            process.send_signal(signal.SIGINT)
            read_until(ours, lambda _: process.poll() is not None)
            assert process.wait(timeout=DEADLINE_S) == 0
        finally:
            process.kill()
            os.close(ours)
    assert b"1 event waiting" in shown


def test_ctrl_c_ends_the_watch_even_if_python_drops_the_interrupt() -> None:
    """As it does inside a finalizer."""
    with _interrupted() as interrupted:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert interrupted.is_set()


def read_until(terminal: int, condition: Callable[[bytes], bool]) -> bytes:
    """Return what the terminal has shown once `condition` is true of it; fail the test after the deadline."""
    shown = bytearray()

    def read_more() -> bool:
        if select.select([terminal], [], [], 0)[0]:
            with contextlib.suppress(OSError):  # the other end is closed
                shown.extend(os.read(terminal, 4096))
        return condition(bytes(shown))

    until(read_more)
    return bytes(shown)
