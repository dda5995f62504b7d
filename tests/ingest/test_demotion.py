"""A primary that becomes a replica and closes no connection: a name that follows the primary is enough for relay."""

import time
from pathlib import Path

import pytest
import redis
from support.events import batch, purchase
from support.nodes import Node, Nodes
from support.plant import Process
from support.product import RELAY
from support.proxies import Proxy
from support.site import CONFIGURATION, Site, running_site
from support.waiting import until

from lanes.names import LANES_PER_CONNECTION
from sandbox.client import running_sandbox
from store.client import connect

ONE = batch(purchase(1))


@pytest.fixture
def name(nodes: Nodes) -> Proxy:
    """Give an address that leads to the first node until it is changed; open connections stay where they are."""
    return nodes.proxy(nodes.nodes[0].port)


def url_of(name: Proxy) -> str:
    return f"redis://127.0.0.1:{name.port}/0"


def demote(nodes: Nodes, name: Proxy) -> Node:
    """Make the replica the primary and the primary its replica; the name follows, and no client is disconnected."""
    old, new = nodes.nodes
    new.client.replicaof("NO", "ONE")
    name.target = new.port
    old.follow(new)
    return new


def test_a_demotion_that_leaves_connections_open_costs_ingest_two_requests_at_most(
    nodes: Nodes, name: Proxy, tmp_path: Path
) -> None:
    """Before: 503 for ever, because the client kept a connection that said READONLY."""
    with running_site(tmp_path, url_of(name)) as site:
        assert site.post(ONE).status_code == 202
        new = demote(nodes, name)
        statuses = [site.post(ONE).status_code for _ in range(20)]
        assert statuses[2:] == [202] * 18
        assert set(statuses[:2]) <= {202, 503}
        assert waiting(new) == 1 + statuses.count(202)
        assert site.http.get("/health/ready").status_code == 200


def waiting(node: Node) -> int:
    return sum(node.client.llen(f"lane:shop:{number}") for number in range(LANES_PER_CONNECTION))


def test_a_worker_delivers_on_at_the_new_primary(nodes: Nodes, name: Proxy, tmp_path: Path) -> None:
    """Before: nothing was delivered any more while the worker was alive."""
    (tmp_path / "relay.yaml").write_text(CONFIGURATION)
    with running_sandbox(["token"]) as sandbox, running_site(tmp_path, url_of(name)) as site:
        environment = {
            "RELAY_CONFIG": str(tmp_path / "relay.yaml"),
            "RELAY_REDIS_URL": url_of(name),
            "RELAY_TIKTOK_URL": sandbox.url,
        }
        worker = Process("worker", [str(RELAY), "worker"], environment, tmp_path / "worker.log")
        try:
            deliver_one(site, worker, 1)
            until(sandbox.events)
            demote(nodes, name)
            deliver_one(site, worker, 2)
            until(lambda: any(taken["body"]["event_id"] == "e2" for taken in sandbox.events()))
        finally:
            worker.stop()


def deliver_one(site: Site, worker: Process, number: int) -> None:
    """Post an event until it is taken; the worker is alive."""
    until(lambda: site.post(batch(purchase(number))).status_code == 202)
    worker.restart_if_dead()


def test_a_client_of_threads_and_one_of_an_event_loop_leave_the_replica(nodes: Nodes, name: Proxy) -> None:
    """The error is one of the connection, so that the next command goes where the name leads by then."""
    with connect(url_of(name)) as client:
        client.set("a", 1)
        demote(nodes, name)
        with pytest.raises(redis.ConnectionError, match="READONLY"):
            client.set("a", 2)
        began = time.monotonic()
        client.set("a", 3)
        assert time.monotonic() - began < 60
    assert nodes.nodes[1].client.get("a") == b"3"
