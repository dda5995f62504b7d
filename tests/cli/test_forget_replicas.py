"""`relay forget` where the server has replicas: their files keep what was removed until they are written again."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.bench import Bench
from support.events import batch, purchase
from support.nodes import Nodes
from support.terminal import relay

from sandbox.client import SandboxClient

EMAIL = "user0@shop.example"
MARK = b"zz-marks-the-person-zz"
COMMAND = ("forget", "--identity", f"email={EMAIL}", "--json")


@pytest.fixture
def on_nodes(nodes: Nodes, bench: Bench, sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """Let an event of the person wait there, in a chunk that is found in a file."""
    monkeypatch.setenv("RELAY_REDIS_URL", nodes.url)
    own = Bench(bench.path, nodes.url, sandbox)
    own.put([purchase(1)], shared=batch())
    for number in range(50):  # what a file has of the person, unpacked
        own.redis.set(f"once:{number}", MARK, px=60_000)
    own.redis.delete(*(f"once:{number}" for number in range(50)))
    own.redis.wait(1, 60_000)
    yield own
    own.close()


def test_the_files_of_replicas_are_rewritten(nodes: Nodes, on_nodes: Bench) -> None:
    """Before: forget said that nothing is left, while the replica's file had all of it."""
    assert all(node.file_has(MARK) for node in nodes.nodes)
    result = relay(*COMMAND)
    replica = nodes.nodes[1]
    assert result.json["replicas"] == {f"127.0.0.1:{replica.port}": "rewritten"}
    assert (result.exit_code, result.json["on_disk"], on_nodes.count("erased")) == (0, "rewritten", (1,))
    assert not any(node.file_has(MARK) for node in nodes.nodes)


def test_replicas_of_replicas_are_found(tmp_path: Path, nodes: Nodes, on_nodes: Bench) -> None:
    """A chain is as good a place for a person's data."""
    (tmp_path / "more").mkdir()
    with Nodes(tmp_path / "more", replicas=0) as more:
        [last] = more.nodes
        last.follow(nodes.nodes[1])
        result = relay(*COMMAND)
        assert result.json["replicas"] == dict.fromkeys(
            (f"127.0.0.1:{node.port}" for node in (nodes.nodes[1], last)), "rewritten"
        )
        assert on_nodes.count("erased") == (1,)
        assert not last.file_has(MARK)


def test_a_replica_that_cannot_be_reached_is_named(nodes: Nodes, on_nodes: Bench) -> None:
    """Its user knows another password: the exit code is 1, here and in the list of past erasures."""
    replica = nodes.nodes[1]
    replica.client.config_set("requirepass", "other")
    result = relay(*COMMAND)
    assert (result.exit_code, result.json["replicas"]) == (1, {f"127.0.0.1:{replica.port}": "not reached"})
    assert f"Replica 127.0.0.1:{replica.port}: relay cannot reach this replica" in result.stderr
    assert relay("forget", "--past", "--json").json[0]["on_disk"] == "not reached"
    assert on_nodes.count("erased") == (1,)
