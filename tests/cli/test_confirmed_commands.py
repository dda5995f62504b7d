"""Commands that must not be undone wait for the replicas, or say that they did not confirm and exit with 1."""

from collections.abc import Callable, Iterator

import pytest
from support.bench import Bench
from support.events import batch, purchase
from support.nodes import Nodes
from support.terminal import relay

import cli.context
import cli.forget
from config.secrets import Keyring
from operations.erasure import Eraser
from sandbox.client import SandboxClient

BAD = purchase(1, custom_flags={"TikTok.URL": "www.shop.com/x"})
COMMANDS: dict[str, tuple[str, ...]] = {
    "pause": ("connections", "pause", "shop"),
    "resume": ("connections", "resume", "shop"),
    "replay": ("dead-letters", "replay", "--all", "--yes"),
    "edit": ("dead-letters", "edit", "{id}", "--set", "TikTok.URL=https://shop.example/", "--yes"),
    "discard": ("dead-letters", "discard", "--reason", "invalid_url", "--yes"),
    "reveal": ("dead-letters", "list", "--reveal"),
    "re-encrypt": ("secrets", "re-encrypt"),
    "usage": ("secrets", "usage"),
    "forget": ("forget", "--identity", "email=user0@shop.example"),
}


@pytest.fixture
def on_nodes(nodes: Nodes, bench: Bench, sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Let a dead letter be there; RELAY_REPLICAS is 1."""
    monkeypatch.setenv("RELAY_REDIS_URL", nodes.url)
    monkeypatch.setenv("RELAY_REPLICAS", "1")
    monkeypatch.setenv("RELAY_ENCRYPTION_KEY", Keyring.new_key())
    monkeypatch.setattr(cli.context, "CONFIRM_WITHIN_MS", 1_200)
    monkeypatch.setattr(cli.forget, "CONFIRM_WITHIN_MS", 1_200)
    own = Bench(bench.path, nodes.url, sandbox)
    own.put([BAD], shared=batch())
    own.drain()
    yield own
    own.close()


def run(bench: Bench, name: str) -> tuple[int, str]:
    """Return the exit code of a command and what it wrote on stderr."""
    [dead_letter] = bench.dead_letters()
    result = relay(*(word.replace("{id}", dead_letter.id) for word in COMMANDS[name]))
    return result.exit_code, result.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_waits_for_the_replicas(name: str, on_nodes: Bench, nodes: Nodes) -> None:
    """The replica has what the command did when the command ends."""
    code, result = run(on_nodes, name)
    assert (code, "replicas confirmed" in result) == (0, False), result
    assert nodes.nodes[1].client.dbsize() == nodes.nodes[0].client.dbsize()


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "forget"])
def test_a_command_that_no_replica_confirms_says_so(name: str, on_nodes: Bench, nodes: Nodes) -> None:
    """It is done on the primary, and the exit code is 1: a failover could undo it."""
    nodes.nodes[1].freeze()
    code, result = run(on_nodes, name)
    assert code == 1
    assert "0 of 1 replicas confirmed it" in result
    assert "a failover could undo it" in result


def test_forget_looks_again_after_a_failover(on_nodes: Bench, nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    """A replica that did not get the erasure takes over while it runs: the person is erased there, too."""
    primary, replica = nodes.nodes
    name = nodes.proxy(primary.port)
    monkeypatch.setenv("RELAY_REDIS_URL", f"redis://127.0.0.1:{name.port}/0")
    monkeypatch.setenv("RELAY_REPLICAS", "0")
    monkeypatch.setattr(cli.forget, "LOOK_AGAIN_S", 0.0)
    on_nodes.put([purchase(2)], shared=batch())
    on_nodes.redis.wait(1, 60_000)
    primary.proxy.hold(f"replica:{replica.port}")
    erase: Callable[..., object] = Eraser.erase
    failovers = [replica]

    def erase_and_fail_over(self: Eraser, *arguments: object) -> object:
        erasure = erase(self, *arguments)
        if failovers:
            failovers.pop().client.replicaof("NO", "ONE")
            name.target = replica.port
            primary.die()
            self.store.client.connection_pool.disconnect()  # else the next command may be sent before the end is seen
        return erasure

    monkeypatch.setattr(Eraser, "erase", erase_and_fail_over)
    result = relay("forget", "--identity", "email=user0@shop.example", "--json")
    assert result.exit_code == 0, result.stderr
    assert "failed over meanwhile" in result.stderr
    assert (result.json["connections"][0]["events"], result.json["connections"][0]["dead_letters"]) == (2, 2)
    assert replica.client.hlen("dead_letters:shop") == 0
