"""What `relay check` says of each managed service of docs/two-disks.md, on servers that forbid what services forbid.

No service was asked: what each one does with its disk is what its documentation says.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner
from support.acl import add_user
from support.bench import HEADER
from support.nodes import Nodes

from cli.commands.configuration import check

FORBIDDEN = ("~*", "&*", "+@all", "-config", "-bgrewriteaof", "-bgsave", "-debug", "-replicaof", "-shutdown")
NO_SCRIPTS = ("-eval", "-evalsha", "-script")
"""What OCI Cache refuses where it is sharded."""
DOCUMENT = Path(__file__).parents[2] / "docs" / "two-disks.md"
BY_HAND = "cannot be read: the server does not permit CONFIG GET, as is usual for managed servers"


class Service(NamedTuple):
    """A row of the document, how the service is set up, and what `relay check` then says."""

    row: str
    has_file: bool
    replicas: str
    durability: str
    meaning: str
    status: str


NOTHING = "nothing that survives a restart of Redis"
SERVICES = (
    Service("MemoryDB", False, "0", "provider", "the provider's log", "ok"),
    Service("ElastiCache for Valkey 9", False, "0", "provider", "the provider's log", "ok"),
    Service("ElastiCache otherwise", False, "0", "", NOTHING, "wrong"),
    Service("ElastiCache otherwise", False, "1", "", "2 memories", "warning"),
    Service("ElastiCache otherwise", False, "1", "memories", "2 memories", "ok"),
    Service("ElastiCache otherwise", False, "1", "disks", "2 memories", "wrong"),
    Service("Memorystore for Valkey", True, "0", "", "one disk if appendfsync is always", "ok"),
    Service("Memorystore for Valkey", True, "1", "", "2 disks if appendfsync is always", "warning"),
    Service("Memorystore for Redis", False, "0", "", NOTHING, "wrong"),
    Service("Azure Managed Redis", True, "1", "", "2 disks if appendfsync is always", "warning"),
    Service("Redis Cloud", True, "0", "", "one disk if appendfsync is always", "ok"),
    Service("Upstash", False, "1", "", "2 memories", "warning"),
    Service("Aiven for Valkey", False, "0", "", NOTHING, "wrong"),
    Service("Aiven for Valkey", True, "1", "", "2 disks if appendfsync is always", "warning"),
    Service("OCI Cache, not sharded", False, "0", "", NOTHING, "wrong"),
    Service("OCI Cache, not sharded", False, "1", "", "2 memories", "warning"),
)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Nodes]:
    """A primary and a replica, with a user who may do what services permit."""
    with Nodes(tmp_path_factory.mktemp("nodes"), replicas=1) as nodes:
        for node in nodes.nodes:
            add_user(f"redis://127.0.0.1:{node.own_port}/0", "managed", FORBIDDEN)
            add_user(f"redis://127.0.0.1:{node.own_port}/0", "sharded", (*FORBIDDEN, *NO_SCRIPTS))
        yield nodes


def checked(nodes: Nodes, directory: Path, user: str, replicas: str, durability: str) -> tuple[int, dict[str, Any]]:
    """Return the exit code of `relay check`, and its rows by name."""
    (directory / "relay.yaml").write_text(HEADER)
    environment = {
        "RELAY_CONFIG": str(directory / "relay.yaml"),
        "RELAY_REDIS_URL": f"redis://{user}:pw@127.0.0.1:{nodes.nodes[0].port}/0",
        "RELAY_REPLICAS": replicas,
        "RELAY_DURABILITY": durability,
    }
    result = CliRunner().invoke(check, ["--json"], env=environment)
    return result.exit_code, {row["check"]: row for row in json.loads(result.stdout)}


@pytest.mark.parametrize(
    "service", SERVICES, ids=lambda service: f"{service.row}-{service.replicas}{service.durability}"
)
def test_a_service_is_named_for_what_it_keeps(
    service: Service, nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never for more; what relay cannot read is for the operator to look up."""
    for node in nodes.nodes:
        node.client.config_set("appendonly", "yes" if service.has_file else "no")
    monkeypatch.setenv("TOKEN", "good")
    code, found = checked(nodes, tmp_path, "managed", service.replicas, service.durability)
    assert (found["a 202 means"]["found"], found["a 202 means"]["status"]) == (service.meaning, service.status)
    assert (found["appendfsync"]["status"], found["appendfsync"]["found"]) == ("warning", BY_HAND)
    wrong = [name for name, row in found.items() if row["status"] == "wrong"]
    assert ("a 202 means" in wrong) == (service.status == "wrong")
    assert set(wrong) <= {"a 202 means", "appendonly", "maxmemory-policy"}
    assert code == bool(wrong)


def test_a_service_without_scripts_is_refused(nodes: Nodes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As OCI Cache where it is sharded; the row names the commands."""
    monkeypatch.setenv("TOKEN", "good")
    code, found = checked(nodes, tmp_path, "sharded", "0", "")
    assert (code, found["redis permissions"]["status"]) == (1, "wrong")
    assert found["redis permissions"]["remedy"].endswith("ACL SETUSER sharded +eval +evalsha +script|load")


def test_every_service_of_the_document_is_here() -> None:
    """And none that is not there."""
    table = DOCUMENT.read_text().partition("## Managed services")[2].partition("## Measured")[0]
    rows = [name.strip() for name in re.findall(r"^\| ([^|]+)\|", table, re.MULTILINE)]
    services = [row for row in rows if row != "service" and not row.startswith("---")]
    assert all(any(row.startswith(service.row) for service in SERVICES) for row in services), services
    assert all(any(row.startswith(service.row) for row in services) for service in SERVICES)
