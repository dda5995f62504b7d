"""`relay connections`: listed, put to rest by an operator, set going again."""

import pytest
from support.bench import Bench
from support.events import purchase
from support.terminal import relay

KEYS = [
    *("id", "state", "inputs", "event_source_id", "paths", "waiting", "letters", "paused_by", "what_to_do"),
    "next_attempt_at",
]


def test_the_list_says_what_goes_where_and_how_it_stands(bench: Bench) -> None:
    """As JSON and as a table."""
    bench.put([purchase(1)])
    (one,) = relay("connections", "list", "--json").json
    assert list(one) == KEYS
    assert (one["id"], one["state"], one["inputs"], one["waiting"]) == ("shop", "healthy", ["web"], 1)
    assert one["paths"] == ["/open_api/v1.3/event/track/"]
    said = relay("connections", "list")
    assert "event/track/" in said.stdout
    assert "good" not in said.stdout


def test_a_paused_connection_delivers_nothing_until_it_is_resumed(bench: Bench) -> None:
    """And then all that waited."""
    bench.put([purchase(1)])
    said = relay("connections", "pause", "shop", "--json")
    assert (said.exit_code, said.json["state"], said.json["paused_by"]) == (0, "paused", "operator")
    assert said.json["next_attempt_at"] is None
    assert "relay connections resume shop" in said.json["what_to_do"]
    bench.redis.zadd("lanes:due", {"shop:0": 0}, xx=True)
    bench.drain(now=False)
    assert bench.count("waiting", "delivered") == (1, 0)
    assert "paused by an operator" in relay("status").stdout
    resumed = relay("connections", "resume", "shop")
    assert (resumed.exit_code, resumed.stdout) == (0, "shop: goes on; waiting: 1 event\n")
    bench.drain(now=False)
    assert bench.count("waiting", "delivered") == (0, 1)


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_an_unknown_connection_is_wrong_use(bench: Bench, command: str) -> None:
    """With those that there are."""
    said = relay("connections", command, "shpo")
    assert (said.exit_code, said.stdout) == (2, "")
    assert "there is no shpo (did you mean shop?); there is shop" in said.stderr


def test_resuming_what_the_file_disables_says_so(bench: Bench) -> None:
    """It stays disabled."""
    bench.configure("enabled: false")
    assert "stays so" in relay("connections", "resume", "shop").stdout
