"""Clusters of machines that fail as machines do."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.failover import LAG_S
from support.nodes import Nodes


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Callable[..., Nodes]]:
    """Return a function that starts a primary, two replicas and three Sentinels; they end with the test."""
    running: list[Nodes] = []

    def start(replicas: int = 2, sentinels: int = 3, lag_s: float = LAG_S, **options: object) -> Nodes:
        directory = tmp_path / f"nodes-{len(running)}"
        directory.mkdir()
        running.append(Nodes(directory, replicas, sentinels, lag_s=lag_s, **options))  # type: ignore[arg-type]
        return running[-1]

    yield start
    for nodes in running:
        nodes.__exit__()
