"""Real ingests, workers and commands through failovers: nothing lost, everything delivered, all by themselves."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest
from support.confirmed import Posters, doubled, lost, waiting_events
from support.failover import SHORT, check_ledger, environment_of
from support.nodes import Nodes
from support.plant import Process
from support.product import RELAY
from support.server import free_port
from support.waiting import until

from sandbox.client import SandboxClient, running_sandbox

KILLS = int(os.environ.get("KILLS") or (2 if SHORT else 5))
POSTS_A_KILL = 200 if SHORT else 500
Watched = Callable[..., Nodes]


@contextmanager
def ingests(nodes: Nodes, directory: Path, number: int, **settings: str) -> Iterator[tuple[list[Process], list[str]]]:
    """Run ingests; give them and their URLs, once all are ready."""
    processes, urls = [], []
    with ExitStack() as stack:
        for index in range(number):
            port = free_port()
            environment = environment_of(nodes, directory, RELAY_PORT=str(port), **settings)
            process = Process(f"ingest-{index}", [str(RELAY), "ingest"], environment, directory / f"ingest-{index}.log")
            stack.callback(process.stop)
            processes.append(process)
            urls.append(f"http://127.0.0.1:{port}")
        for url in urls:
            until(partial(is_ready, url))
        yield processes, urls


def is_ready(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health/ready", timeout=10, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


def lose_the_primary(nodes: Nodes) -> None:
    """Kill its machine, wait for another primary, and start the machine again as that one's replica."""
    dead = nodes.primary()
    dead.die()
    dead.come_back(nodes.primary())
    until(nodes.is_settled)


def more(posters: Posters, count: int) -> Callable[[], bool]:
    before = len(posters.confirmed)
    return lambda: len(posters.confirmed) >= before + count


@pytest.mark.timeout(1200)
def test_kills_of_the_primary_lose_no_request_answered_202(watched: Watched, tmp_path: Path) -> None:
    """Two ingests, sixteen senders; each primary is lost with writes on their way. KILLS=20 is the long run."""
    nodes = watched()
    with (
        ingests(nodes, tmp_path, 2, RELAY_REPLICAS="1") as (_, urls),
        Posters(urls, threads=16) as posters,
    ):
        until(more(posters, 100))
        for _ in range(KILLS):
            lose_the_primary(nodes)
            until(more(posters, POSTS_A_KILL))
    found = waiting_events(nodes.primary().client)
    print(
        f"\n{KILLS} kills: {len(posters.confirmed)} confirmed, statuses {dict(posters.statuses)}, "
        f"lost {len(lost(posters.confirmed, found))}, longest time without a 202 {posters.longest_s:.1f} s",
        flush=True,
    )
    assert set(posters.statuses) <= {202, 503}
    assert lost(posters.confirmed, found) == []
    assert doubled(found) == []
    check_ledger(nodes, tmp_path)


@pytest.mark.skipif(SHORT, reason="the longer part")
@pytest.mark.timeout(600)
def test_an_ingest_that_dies_with_the_primary_loses_nothing(watched: Watched, tmp_path: Path) -> None:
    """What it kept is gone, and the replica that confirmed has it."""
    nodes = watched()
    with (
        ingests(nodes, tmp_path, 2, RELAY_REPLICAS="1") as (processes, urls),
        Posters(urls, threads=16) as posters,
    ):
        for index in range(2):
            until(more(posters, 200))
            dead = nodes.primary()
            dead.die()
            processes[index].kill()
            dead.come_back(nodes.primary())
            until(nodes.is_settled)
            processes[index].start()
            until(partial(is_ready, urls[index]))
    found = waiting_events(nodes.primary().client)
    assert lost(posters.confirmed, found) == []
    check_ledger(nodes, tmp_path)


@pytest.mark.timeout(600)
def test_the_whole_pipeline_delivers_through_failovers(watched: Watched, tmp_path: Path) -> None:
    """Worker and Celery find the new primary by themselves; every event answered 202 is at TikTok."""
    nodes = watched()
    with (
        running_sandbox(["token"]) as sandbox,
        ingests(nodes, tmp_path, 1, RELAY_REPLICAS="1") as (_, urls),
    ):
        environment = environment_of(nodes, tmp_path, RELAY_TIKTOK_URL=sandbox.url)
        worker = Process("worker", [str(RELAY), "worker"], environment, tmp_path / "worker.log")
        try:
            with Posters(urls, threads=4) as posters:
                for _ in range(1 if SHORT else 3):
                    until(more(posters, 100))
                    lose_the_primary(nodes)
                until(more(posters, 50))
            until(lambda: set(posters.confirmed) <= arrived(sandbox))
        finally:
            worker.stop()
        sent = [taken["body"]["event_id"] for taken in sandbox.events() if taken["event_source_id"] == "PIXEL1"]
    print(f"\npipeline: {len(posters.confirmed)} confirmed, {len(sent) - len(set(sent))} sent again", flush=True)
    check_ledger(nodes, tmp_path)


def arrived(sandbox: SandboxClient) -> set[str]:
    return {taken["body"]["event_id"] for taken in sandbox.events() if taken["event_source_id"] == "PIXEL1"}


@pytest.mark.skipif(SHORT, reason="the longer part")
def test_commands_find_the_primary_after_a_failover(watched: Watched, tmp_path: Path) -> None:
    """Each of them asks the Sentinels; the first of these is away."""
    nodes = watched()
    lose_the_primary(nodes)
    environment = {**os.environ, **environment_of(nodes, tmp_path)}
    for command in (("status",), ("connections", "list"), ("dead-letters", "count"), ("connections", "pause", "shop")):
        began = time.monotonic()
        result = subprocess.run(
            [RELAY, *command], env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        assert result.returncode == 0, result.stderr
        assert time.monotonic() - began < 60
