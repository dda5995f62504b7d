"""What all stories of failovers need: how late replicas are, the short part, the environment, the ledger's check."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from support.nodes import Nodes
from support.product import RELAY
from support.proxies import Proxy
from support.site import CONFIGURATION
from support.waiting import until

from store.replication.confirmation import Changes

LAG_S = 0.002
"""How late replicas get writes: without it the kernel delivers all that a killed server wrote."""

SHORT = bool(os.environ.get("SHORT"))
"""The part that runs in CI, in about two minutes."""


def environment_of(nodes: Nodes, directory: Path, **more: str) -> dict[str, str]:
    """Return what a process of relay gets on these nodes."""
    file = directory / "relay.yaml"
    file.write_text(CONFIGURATION)
    return {"RELAY_CONFIG": str(file), "RELAY_REDIS_URL": nodes.url, "RELAY_DATA_DIR": str(directory), **more}


def check_ledger(nodes: Nodes, directory: Path) -> None:
    """`relay status --verify` finds that everything is accounted for."""

    def verified() -> bool:
        result = subprocess.run(
            [RELAY, "status", "--verify"],
            env={**os.environ, **environment_of(nodes, directory)},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return result.returncode == 0

    until(verified, 30)


def fail_over(nodes: Nodes, name: Proxy) -> None:
    """Lose the primary; the replica takes over, as Sentinels or a provider would have it."""
    primary, replica = nodes.nodes
    primary.die()
    replica.client.replicaof("NO", "ONE")
    name.target = replica.port


def fail_over_before_replicas_confirm(monkeypatch: pytest.MonkeyPatch, nodes: Nodes, name: Proxy) -> None:
    """Let a failover come between the next change and the wait for its confirmation; later changes have none."""
    unconfirmed, failovers = Changes.unconfirmed, [fail_over]

    def fail_over_first(self: Changes, *arguments: float) -> str | None:
        if failovers:
            failovers.pop()(nodes, name)
        return unconfirmed(self, *arguments)

    monkeypatch.setattr(Changes, "unconfirmed", fail_over_first)


def lose_the_primary_once_a_change_begins(monkeypatch: pytest.MonkeyPatch, nodes: Nodes) -> None:
    """Let the primary die when a change has begun; nothing takes over."""
    begin = Changes.__init__

    def begin_and_lose(self: Changes, *arguments: Any) -> None:
        begin(self, *arguments)
        nodes.nodes[0].die()

    monkeypatch.setattr(Changes, "__init__", begin_and_lose)
