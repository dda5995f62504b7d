"""Commands that must not be undone wait for the replicas, or say that they did not confirm and exit with 1."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from support.bench import Bench
from support.events import batch, purchase
from support.failover import fail_over, fail_over_before_replicas_confirm, lose_the_primary_once_a_change_begins
from support.nodes import Nodes
from support.proxies import Proxy
from support.terminal import relay
from support.waiting import until

import cli.changes
import cli.forget
from config.secrets import Keyring
from operations.erasure import Eraser
from sandbox.client import SandboxClient
from store.errors import RedisAway

BAD = purchase(1, custom_flags={"TikTok.URL": "www.shop.com/x"})
COMMANDS: dict[str, tuple[str, ...]] = {
    "pause": ("connections", "pause", "shop"),
    "resume": ("connections", "resume", "shop"),
    "replay": ("dead-letters", "replay", "--all", "--yes"),
    "edit": ("dead-letters", "edit", "{id}", "--set", "TikTok.URL=https://shop.example/", "--yes"),
    "discard a backlog": ("connections", "discard", "shop", "--yes"),
    "discard": ("dead-letters", "discard", "--reason", "invalid_url", "--yes"),
    "reveal": ("dead-letters", "list", "--reveal"),
    "re-encrypt": ("secrets", "re-encrypt"),
    "usage": ("secrets", "usage"),
    "forget": ("forget", "--identity", "email=user0@shop.example"),
}


@pytest.fixture
def name(nodes: Nodes) -> Proxy:
    """A name for the primary, which may come to lead to the replica."""
    return nodes.proxy(nodes.nodes[0].port)


@pytest.fixture
def on_nodes(name: Proxy, bench: Bench, sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Let a dead letter be there; RELAY_REPLICAS is 1."""
    url = f"redis://127.0.0.1:{name.port}/0"
    monkeypatch.setenv("RELAY_REDIS_URL", url)
    monkeypatch.setenv("RELAY_REPLICAS", "1")
    monkeypatch.setenv("RELAY_ENCRYPTION_KEY", Keyring.new_key())
    monkeypatch.setattr(cli.changes, "CONFIRM_WITHIN_MS", 1_200)
    monkeypatch.setattr(cli.forget, "CONFIRM_WITHIN_MS", 1_200)
    own = Bench(bench.path, url, sandbox)
    own.put([BAD], shared=batch())
    own.drain()
    own.put([purchase(2)], shared=batch())
    yield own
    own.close()


def run(bench: Bench, command: str) -> tuple[int, str]:
    """Return the exit code of a command and what it wrote on stderr."""
    if command == "discard a backlog":
        bench.path.write_text(bench.path.read_text().replace("id: shop", "id: other"))
    [dead_letter] = bench.dead_letters()
    result = relay(*(word.replace("{id}", dead_letter.id) for word in COMMANDS[command]))
    return result.exit_code, result.stderr


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_waits_for_the_replicas(command: str, on_nodes: Bench, nodes: Nodes) -> None:
    """The replica has what the command did when the command ends."""
    code, result = run(on_nodes, command)
    assert (code, "replicas confirmed" in result) == (0, False), result
    assert nodes.nodes[1].client.dbsize() == nodes.nodes[0].client.dbsize()


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "forget"])
def test_a_command_that_no_replica_confirms_says_so(command: str, on_nodes: Bench, nodes: Nodes) -> None:
    """It is done on the primary, and the exit code is 1: a failover could undo it."""
    nodes.nodes[1].freeze()
    code, result = run(on_nodes, command)
    assert code == 1
    assert "0 of 1 replicas confirmed it" in result
    assert "a failover could undo it" in result


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "forget"])
def test_a_command_that_a_failover_undid_says_so(
    command: str, on_nodes: Bench, nodes: Nodes, name: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The new primary has nothing of it, and would confirm that: the exit code is 1. Run again, it is done there."""
    primary, replica = nodes.nodes
    on_nodes.redis.wait(1, 60_000)
    fail_over_before_replicas_confirm(monkeypatch, nodes, name)
    primary.proxy.hold(f"replica:{replica.port}")
    code, result = run(on_nodes, command)
    assert (code, "Redis failed over" in result, "Run this again" in result) == (1, True, True), result
    primary.proxy.release()
    primary.come_back(replica)
    until(lambda: primary.follows(replica))
    on_nodes.redis.connection_pool.disconnect()
    code, result = run(on_nodes, command)
    assert (code, "Redis" in result) == (0, False), result


@pytest.mark.parametrize("command", ["pause", "replay", "discard", "re-encrypt"])
def test_a_command_that_redis_left_says_that_it_may_be_done(
    command: str, on_nodes: Bench, nodes: Nodes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The primary is lost while it runs, and nothing takes over."""
    lose_the_primary_once_a_change_begins(monkeypatch, nodes)
    code, result = run(on_nodes, command)
    assert code == 1
    assert "it may be done, in part or not at all. Run this again." in result


MOMENTS: dict[str, tuple[Any, str]] = {
    "before it erases": (cli.forget, "primary_id"),
    "between two rounds": (Eraser, "_round"),
    "once it has erased": (Eraser, "erase"),
    "while it waits for replicas": (cli.forget, "confirmations"),
    "while files are rewritten": (cli.forget, "rewrite_file"),
    "while replicas' files are rewritten": (cli.forget, "rewrite_files_of_replicas"),
}
"""What runs when the failover begins, and ends before it is over."""


@pytest.mark.parametrize(("moment", "after"), [*((moment, False) for moment in MOMENTS), ("once it has erased", True)])
def test_forget_looks_again_after_a_failover(
    moment: str, after: bool, on_nodes: Bench, nodes: Nodes, name: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A replica that did not get the erasure takes over while it runs: the person is erased there, too."""
    primary, replica = nodes.nodes
    monkeypatch.setenv("RELAY_REPLICAS", "0")
    monkeypatch.setattr(cli.forget, "LOOK_AGAIN_S", 0.0)
    on_nodes.put([purchase(2)], shared=batch())
    on_nodes.redis.wait(1, 60_000)
    primary.proxy.hold(f"replica:{replica.port}")
    owner, function = MOMENTS[moment]
    do: Callable[..., object] = getattr(owner, function)
    failovers = [fail_over]

    def fail_over_once(*arguments: object) -> object:
        result = do(*arguments) if after or not failovers else None
        if failovers:
            failovers.pop()(nodes, name)
            if not after:
                raise RedisAway
        return result

    monkeypatch.setattr(owner, function, fail_over_once)
    result = relay("forget", "--identity", "email=user0@shop.example", "--json")
    assert result.exit_code == 0, result.stderr
    assert replica.client.hlen("dead_letters:shop") == 0
    assert replica.client.zcard("lanes:due") == 0
    assert len(relay("forget", "--past", "--json").json) == 1
