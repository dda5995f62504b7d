"""What a failover may lose, told as stories of real machines: with RELAY_REPLICAS=1 nothing that was answered 202.

Each story ends with a search for every confirmed event in the lanes. Without replicas' confirmation, or without what
ingest keeps, most of them lose events; `docs/two-disks.md` has the figures.
"""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.confirmed import Appender, doubled, lost, waiting_positions
from support.failover import SHORT, check_ledger
from support.nodes import Node, Nodes
from support.waiting import until

Watched = Callable[..., Nodes]
PARTITION_S = 11.0


def tell(story: str, appender: Appender) -> None:
    again = sum(repair.events for repair in appender.repairs)
    longest = f"longest pause {appender.longest_s:.1f} s"
    print(f"\n{story}: {len(appender.confirmed)} confirmed, {again} made again, {longest}", flush=True)


def assert_nothing_lost(nodes: Nodes, appender: Appender, directory: Path) -> None:
    """Every confirmed event waits in a lane exactly once, and the ledger balances."""
    found = waiting_positions(nodes.primary().client)
    assert lost(appender.confirmed, found) == []
    assert doubled(found) == []
    assert not any(repair.lost for repair in appender.repairs)
    check_ledger(nodes, directory)


def confirmed_more(appender: Appender, count: int = 50) -> Callable[[], bool]:
    """Return whether that many more events were confirmed from now on."""
    before = len(appender.confirmed)
    return lambda: len(appender.confirmed) >= before + count


def test_a_primary_that_dies_again_and_again(watched: Watched, tmp_path: Path) -> None:
    """Three kills of the machine, with writes on their way to the replicas."""
    nodes = watched()
    with Appender(nodes.url, replicas=1) as appender:
        for _ in range(1 if SHORT else 3):
            until(confirmed_more(appender, 300))
            dead = nodes.primary()
            dead.die()
            until(confirmed_more(appender))
            dead.come_back(nodes.primary())
            until(nodes.is_settled)
    tell("kills", appender)
    assert_nothing_lost(nodes, appender, tmp_path)


def test_a_replica_that_confirmed_freezes_and_the_late_one_takes_over(watched: Watched, tmp_path: Path) -> None:
    """The write is on two disks, and the Sentinels take a third machine: ingest makes it again."""
    nodes = watched()
    primary, near, far = nodes.nodes
    with Appender(nodes.url, replicas=1) as appender:
        until(confirmed_more(appender))
        primary.proxy.lag_s_of[f"replica:{far.port}"] = 0.4
        until(confirmed_more(appender, 300))
        near.freeze()
        primary.die()
        until(lambda: nodes.named() is far)
        near.thaw()
        until(confirmed_more(appender))
    tell("frozen replica", appender)
    assert sum(repair.events for repair in appender.repairs) > 0
    assert_nothing_lost(nodes, appender, tmp_path)


def cut_off(side: list[Node], other: list[Node], *, sentinels_with: str) -> None:
    """Let nothing pass between two groups of machines; clients stay with the first, Sentinels where it is said."""
    for node in side:
        node.proxy.hold(*(f"replica:{one.port}" for one in other), *(["sentinel"] if sentinels_with == "other" else []))
    for node in other:
        node.proxy.hold("client", *(f"replica:{one.port}" for one in side))


@pytest.mark.skipif(SHORT, reason="the longer part")
def test_a_partition_with_a_replica_on_the_primarys_side(watched: Watched, tmp_path: Path) -> None:
    """Both sides have a primary for a while; the side with the Sentinels wins, and ingest brings what it lacks."""
    nodes = watched()
    primary, near, far = nodes.nodes
    with Appender(nodes.url, replicas=1) as appender:
        until(confirmed_more(appender))
        cut_off([primary, near], [far], sentinels_with="other")
        until(lambda: nodes.named() is far)
        until(confirmed_more(appender, 300))  # by a primary that is deposed already
        for node in nodes.nodes:
            node.proxy.release()
        until(nodes.is_settled)
        until(confirmed_more(appender))
    tell("partition with a replica", appender)
    assert sum(repair.events for repair in appender.repairs) > 0
    assert_nothing_lost(nodes, appender, tmp_path)


def test_a_partition_with_the_primary_alone(watched: Watched, tmp_path: Path) -> None:
    """No replica confirms, so nothing is answered 202 there."""
    nodes = watched()
    primary, *others = nodes.nodes
    with Appender(nodes.url, replicas=1) as appender:
        until(confirmed_more(appender))
        cut_off([primary], others, sentinels_with="other")
        until(lambda: nodes.named() in others)
        confirmed = len(appender.confirmed)
        time.sleep(0 if SHORT else 3)
        assert len(appender.confirmed) == confirmed
        for node in nodes.nodes:
            node.proxy.release()
        until(confirmed_more(appender))
    tell("partition of the primary alone", appender)
    assert_nothing_lost(nodes, appender, tmp_path)


@pytest.mark.skipif(SHORT, reason="the longer part")
def test_a_killed_primary_that_comes_back_as_it_was(watched: Watched, tmp_path: Path) -> None:
    """It believes that it is the primary until a Sentinel tells it; nothing is written there."""
    nodes = watched()
    with Appender(nodes.url, replicas=1) as appender:
        until(confirmed_more(appender))
        old = nodes.primary()
        old.die()
        until(confirmed_more(appender))
        old.come_back()
        until(nodes.is_settled)
        until(confirmed_more(appender))
    tell("old primary", appender)
    assert_nothing_lost(nodes, appender, tmp_path)


@pytest.mark.skipif(SHORT, reason="the longer part")
def test_one_replica_of_two_may_be_away(watched: Watched, tmp_path: Path) -> None:
    """Appends continue while one replica is frozen, or gone."""
    nodes = watched()
    _, near, far = nodes.nodes
    with Appender(nodes.url, replicas=1) as appender:
        until(confirmed_more(appender))
        near.freeze()
        until(confirmed_more(appender, 300))
        near.thaw()
        far.die()
        until(confirmed_more(appender, 300))
        far.come_back(nodes.primary())
        until(nodes.is_settled)
    tell("one replica away", appender)
    assert_nothing_lost(nodes, appender, tmp_path)


def test_without_enough_replicas_appends_are_refused_at_once(watched: Watched, tmp_path: Path) -> None:
    """The first append waits for its time-out; the others do not wait, and nothing more is written."""
    nodes = watched(replicas=1, sentinels=0)
    [replica] = nodes.replicas()
    with Appender(nodes.url, replicas=1) as appender:
        until(confirmed_more(appender))
        replica.die()
        until(lambda: len(appender.refused_s) > 20)
        confirmed = len(appender.confirmed)
        quick = sorted(appender.refused_s)[len(appender.refused_s) // 2]
        replica.come_back(nodes.primary())
        until(lambda: len(appender.confirmed) > confirmed)
    tell("no replica", appender)
    assert quick < 0.5
    assert_nothing_lost(nodes, appender, tmp_path)
