"""Ingest with RELAY_REPLICAS: 202 once a replica has it, else 503; what readiness and metrics say."""

from pathlib import Path

from support.events import batch, purchase
from support.nodes import Nodes
from support.site import Site, running_site
from support.waiting import until

from lanes.names import LANES_PER_CONNECTION

ONE = batch(purchase(1))


def metric(site: Site, name: str) -> float | None:
    lines = site.http.get("/metrics").text.splitlines()
    return next((float(line.split()[1]) for line in lines if line.startswith(f"{name} ")), None)


def test_a_202_needs_a_replica(nodes: Nodes, tmp_path: Path) -> None:
    """Without one it is 503, and readiness says why; with it again it is 202."""
    replica = nodes.nodes[1]
    with running_site(tmp_path, nodes.url, replicas=1) as site:
        assert site.post(ONE).status_code == 202
        assert sum(replica.client.llen(f"lane:shop:{number}") for number in range(LANES_PER_CONNECTION)) == 1
        until(lambda: site.http.get("/health/ready").status_code == 200)
        until(lambda: site.http.get("/health/ready").json().get("a_202_means") == "2 disks")
        until(lambda: (metric(site, "relay_redis_replicas"), metric(site, "relay_durability_met")) == (1, 1))
        replica.die()
        assert site.post(ONE).status_code == 503
        ready = site.http.get("/health/ready")
        assert (ready.status_code, ready.json()["reason"]) == (503, "replicas_missing")
        until(lambda: metric(site, "relay_redis_replicas") == 0)
        replica.come_back(nodes.nodes[0])
        until(lambda: site.post(ONE).status_code == 202)
        until(lambda: site.http.get("/health/ready").status_code == 200)


def test_ingest_starts_though_a_202_means_too_little(nodes: Nodes, tmp_path: Path) -> None:
    """An outage would be worse: a metric and an alert say it."""
    with running_site(tmp_path, nodes.url, durability="disks") as site:
        assert site.post(ONE).status_code == 202
        assert site.http.get("/health/ready").json()["a_202_means"] == "one disk"
        assert metric(site, "relay_durability_met") == 0
