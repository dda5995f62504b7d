"""`relay check` on real replicas: what a 202 means, which replicas follow, clocks and Sentinels."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.bench import HEADER
from support.faketime import ABSENT, LIBRARY, ServerClock
from support.nodes import Nodes
from support.terminal import relay
from support.waiting import until

from cli.commands.configuration import check
from store.replication.replicas import replicas_in

EVERYSEC, NO_FILE = ("appendfsync", "everysec"), ("appendonly", "no")


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    with Nodes(tmp_path_factory.mktemp("nodes"), replicas=2, sentinels=3) as nodes:
        yield nodes


@pytest.fixture
def at_home(nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "relay.yaml").write_text(HEADER)
    monkeypatch.setenv("TOKEN", "good")
    monkeypatch.setenv("RELAY_CONFIG", str(tmp_path / "relay.yaml"))
    monkeypatch.setenv("RELAY_REDIS_URL", nodes.url)
    until(lambda: len([each for each in replicas_in(nodes.nodes[0].client.info("replication")) if each.lag_s < 2]) == 2)
    yield
    for node in nodes.nodes:
        node.client.config_set("appendonly", "yes")
        node.client.config_set("appendfsync", "always")


def findings(**environment: str) -> dict[str, dict[str, Any]]:
    """Return the findings by their check; `code` is the exit code."""
    result = CliRunner().invoke(check, ["--json"], env=environment)
    found = {finding["check"]: finding for finding in json.loads(result.stdout)}
    return {**found, "code": {"status": result.exit_code}}


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize(
    ("primary", "replica", "replicas", "durability", "meaning", "status", "code"),
    [
        (None, None, "1", "", "2 disks", "ok", 0),
        (None, None, "2", "disks", "3 disks", "ok", 0),
        (None, None, "0", "", "one disk", "warning", 0),
        (None, None, "0", "disks", "one disk", "wrong", 1),
        (None, EVERYSEC, "1", "", "2 memories", "warning", 0),
        (None, EVERYSEC, "1", "memories", "2 memories", "ok", 0),
        (None, EVERYSEC, "1", "disks", "2 memories", "wrong", 1),
        (NO_FILE, None, "1", "", "2 memories", "warning", 0),
        (NO_FILE, None, "0", "", "nothing that survives a restart of Redis", "wrong", 1),
        (NO_FILE, None, "0", "provider", "the provider's log", "ok", 0),
        (None, None, "0", "provider", "the provider's log", "ok", 0),
    ],
)
def test_what_a_202_means(
    nodes: Nodes,
    primary: tuple[str, str] | None,
    replica: tuple[str, str] | None,
    replicas: str,
    durability: str,
    meaning: str,
    status: str,
    code: int,
) -> None:
    """It follows from what every server does, from RELAY_REPLICAS, and from what the operator says."""
    for node, setting in ((nodes.nodes[0], primary), (nodes.nodes[1], replica)):
        if setting is not None:
            node.client.config_set(*setting)
    found = findings(RELAY_REPLICAS=replicas, RELAY_DURABILITY=durability)
    assert (found["a 202 means"]["found"], found["a 202 means"]["status"]) == (meaning, status)
    assert found["code"]["status"] == code


@pytest.mark.usefixtures("at_home")
def test_replicas_and_sentinels_are_listed(nodes: Nodes) -> None:
    """Each replica with what it does with its disk."""
    found = findings(RELAY_REPLICAS="1")
    replicas = found["replicas"]
    assert replicas["status"] == "ok"
    assert replicas["found"].startswith("2 replicas follow: ")
    assert all(f"127.0.0.1:{node.port} (every write on disk)" in replicas["found"] for node in nodes.nodes[1:])
    assert (found["sentinels"]["status"], found["sentinels"]["found"]) == (
        "ok",
        "3 of 3 in RELAY_REDIS_URL answer; they know 3 in all",
    )


@pytest.mark.usefixtures("at_home")
@pytest.mark.parametrize(("replicas", "status", "words"), [("2", "warning", "Add one more"), ("3", "wrong", "503")])
def test_too_few_replicas_are_named(replicas: str, status: str, words: str) -> None:
    """Exactly enough is a warning, because none may be away; fewer is wrong."""
    found = findings(RELAY_REPLICAS=replicas)["replicas"]
    assert found["status"] == status
    assert words in found["remedy"]


@pytest.mark.usefixtures("at_home")
def test_a_sentinel_that_is_away_is_named(nodes: Nodes, monkeypatch: pytest.MonkeyPatch) -> None:
    """The others answer; without a majority of them there is no failover."""
    monkeypatch.setenv("RELAY_REDIS_URL", nodes.url.replace("/relay/0", ",127.0.0.1:9/relay/0"))
    found = findings()["sentinels"]
    assert found["status"] == "warning"
    assert "127.0.0.1:9: no answer" in found["remedy"]


@pytest.mark.skipif(LIBRARY is None, reason=ABSENT)
def test_a_replica_whose_clock_differs_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a failover, lanes would wait for as long as the clocks differ."""
    (tmp_path / "relay.yaml").write_text(HEADER)
    monkeypatch.setenv("TOKEN", "good")
    monkeypatch.setenv("RELAY_CONFIG", str(tmp_path / "relay.yaml"))
    clock = ServerClock(tmp_path)
    with Nodes(tmp_path, replicas=1, environments={1: clock.environment}) as nodes:
        clock.set("+30s")
        found = findings(RELAY_REDIS_URL=nodes.url)["clocks of replicas"]
    assert found["status"] == "warning"
    assert "s ahead of the primary's" in found["found"]


@pytest.mark.usefixtures("at_home")
def test_status_says_what_a_202_means(monkeypatch: pytest.MonkeyPatch) -> None:
    """On the screen and in the JSON."""
    monkeypatch.setenv("RELAY_REPLICAS", "1")
    assert relay("status", "--json").json["a_202_means"] == "2 disks"
    assert "A 202 means 2 disks: docs/two-disks.md#what-a-202-means" in relay("status").stderr
