"""`relay connections`: list, pause, resume, and discard a backlog."""

import pytest
from support.bench import Bench
from support.events import purchase
from support.terminal import relay

from lanes.lanes import ClaimLimits
from lanes.settlement import Lease

KEYS = [
    *("id", "state", "inputs", "event_source_id", "paths", "waiting", "dead_letters", "paused_by", "what_to_do"),
    "next_attempt_at",
]


def test_the_list_shows_routes_and_state(bench: Bench) -> None:
    """As JSON and as a table."""
    bench.put([purchase(1)])
    (listed,) = relay("connections", "list", "--json").json
    assert list(listed) == KEYS
    assert (listed["id"], listed["state"], listed["inputs"], listed["waiting"]) == ("shop", "healthy", ["web"], 1)
    assert listed["paths"] == ["/open_api/v1.3/event/track/"]
    result = relay("connections", "list")
    assert "event/track/" in result.stdout
    assert "good" not in result.stdout


def test_a_paused_connection_delivers_nothing_until_it_is_resumed(bench: Bench) -> None:
    """Then everything that waited is delivered."""
    bench.put([purchase(1)])
    result = relay("connections", "pause", "shop", "--json")
    assert (result.exit_code, result.json["state"], result.json["paused_by"]) == (0, "paused", "operator")
    assert result.json["next_attempt_at"] is None
    assert result.json["what_to_do"] == "relay connections resume shop"
    bench.redis.zadd("lanes:due", {"shop:0": 0}, xx=True)
    bench.drain(now=False)
    assert bench.count("waiting", "delivered") == (1, 0)
    assert "paused by an operator" in relay("status").stdout
    resumed = relay("connections", "resume", "shop")
    assert (resumed.exit_code, resumed.stdout) == (0, "shop: resumed; waiting: 1 event\n")
    bench.drain(now=False)
    assert bench.count("waiting", "delivered") == (0, 1)


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_an_unknown_connection_is_wrong_use(bench: Bench, command: str) -> None:
    """The error names the known ones."""
    result = relay("connections", command, "shpo")
    assert (result.exit_code, result.stdout) == (2, "")
    assert 'Unknown connection "shpo". Did you mean "shop"? Known: shop.' in result.stderr


def test_resuming_a_disabled_connection_says_so(bench: Bench) -> None:
    """It stays disabled."""
    bench.configure("enabled: false")
    assert "stays disabled" in relay("connections", "resume", "shop").stdout


def _remove_connection(bench: Bench) -> None:
    """Replace the connection in the file by another."""
    bench.path.write_text(bench.path.read_text().replace("id: shop", "id: other"))


def test_the_backlog_of_a_removed_connection_can_be_discarded(bench: Bench) -> None:
    """The events end as discarded and the ledger balances; the dead letters stay."""
    bench.put([purchase(1, custom_flags={})])
    bench.drain()
    bench.put([purchase(2), purchase(3)], [purchase(4)])
    _remove_connection(bench)
    result = relay("connections", "discard", "shop", "--yes", "--json")
    assert (result.exit_code, result.json) == (0, {"id": "shop", "discarded": 3})
    assert bench.count("waiting", "discarded", "dead_lettered") == (0, 3, 1)
    assert len(bench.dead_letters()) == 1
    assert bench.redis.zcard("lanes:due") == 0
    assert relay("connections", "discard", "shop").stdout == "shop: discarded: 0 events\n"


def test_discard_asks(bench: Bench) -> None:
    """Outside a terminal nothing happens."""
    bench.put([purchase(1)])
    _remove_connection(bench)
    result = relay("connections", "discard", "shop")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Discard 1 waiting event of shop for good?" in result.stderr
    assert bench.count("waiting", "discarded") == (1, 0)


def test_a_connection_of_the_file_is_not_discarded(bench: Bench) -> None:
    """Nor an unknown one."""
    bench.put([purchase(1)])
    for name, words in (("shop", "Remove it from the file first"), ("shpo", 'Unknown connection "shpo"')):
        result = relay("connections", "discard", name, "--yes")
        assert (result.exit_code, result.stdout) == (2, "")
        assert words in result.stderr
    assert bench.count("waiting", "discarded") == (1, 0)


def test_events_under_a_lease_are_not_discarded(bench: Bench) -> None:
    """The worker settles them; the exit code says that something is left."""
    bench.put([purchase(1)])
    assert isinstance(bench.runtime.lanes.claim("shop:0", ClaimLimits()), Lease)
    _remove_connection(bench)
    result = relay("connections", "discard", "shop", "--yes")
    assert (result.exit_code, result.stdout) == (1, "shop: discarded: 0 events\n")
    assert "still delivering" in result.stderr
    assert bench.count("waiting", "discarded") == (1, 0)


def test_a_long_backlog_is_discarded_in_pages(bench: Bench) -> None:
    """No script takes long, however long the backlog is."""
    bench.put(*([purchase(number)] for number in range(2_100)))
    _remove_connection(bench)
    assert relay("connections", "discard", "shop", "--yes").stdout == "shop: discarded: 2,100 events\n"
    assert bench.count("waiting", "discarded") == (0, 2_100)
