"""Two cells behind a real balancer: while a process of one is killed, senders see nothing, and nothing is lost."""

import time
from pathlib import Path

import httpx
import pytest
from support.cells import Cells, running_cells
from support.chaos import outcome_of
from support.events import batch, purchase
from support.failover import SHORT
from support.plant import Process
from support.posters import Posters
from support.waiting import until

AWAY_S = 2.0 if SHORT else 8.0
IN_TURN = ("haproxy",) if SHORT else ("haproxy", "nginx")
"""Those that give requests to both cells in turn."""


def kill_for_a_while(process: Process, posters: Posters) -> None:
    """Kill it, let senders go on without it, and start it again."""
    before = len(posters.accepted)
    process.kill()
    time.sleep(AWAY_S)
    until(lambda: len(posters.accepted) > before + 20)
    process.start()


def tell(balancer: str, killed: str, posters: Posters) -> None:
    answers, gap = dict(posters.answers), f"{posters.longest_gap_s:.2f} s"
    print(f"\n{balancer}, {killed} killed: {answers}, longest time without a 202 {gap}", flush=True)


def assert_nothing_lost(cells: Cells, posters: Posters) -> None:
    """Every accepted event arrived from one cell or the other, and the ledger of each balances."""
    outcomes = [outcome_of(plant, posters) for plant in cells.plants]
    arrived = cells.plants[0].sandbox.ids()
    for outcome in outcomes:
        outcome.arrived = arrived
        outcome.__post_init__()
        assert not outcome.lost
        assert all(connection.balances for connection in outcome.connections)
        assert all(connection.counts.get("delivered") for connection in outcome.connections), "it got no request"
    for plant in cells.plants:
        verified = plant.relay("status", "--verify")
        assert verified.returncode == 0, verified.stderr


@pytest.mark.parametrize("balancer", IN_TURN)
def test_while_a_cells_redis_is_away_every_request_is_answered_202(balancer: str, tmp_path: Path) -> None:
    """First one cell's Redis is killed, then the other's; what waited is delivered when it is back."""
    with running_cells(tmp_path, balancer) as cells:
        posters = Posters(lambda: [cells.url], 1, bulk=60, pause_s=0.02)
        until(lambda: len(posters.accepted) > 50)
        for plant in cells.plants:
            kill_for_a_while(plant.server, posters)
            plant.wait_until_ready()
            plant.restart_the_dead()
            until(cells.is_ready)
        posters.stop()
        tell(balancer, "Redis", posters)
        assert set(posters.answers) == {"202"}
        assert_nothing_lost(cells, posters)


@pytest.mark.parametrize("balancer", IN_TURN)
def test_while_a_cells_ingest_is_away_every_request_is_answered_202(balancer: str, tmp_path: Path) -> None:
    """The balancer repeats a request whose connection ends."""
    with running_cells(tmp_path, balancer) as cells:
        posters = Posters(lambda: [cells.url], 2, bulk=60, pause_s=0.02)
        until(lambda: len(posters.accepted) > 50)
        for plant in cells.plants:
            kill_for_a_while(plant.ingests[0], posters)
            plant.wait_until_ready()
            until(cells.is_ready)
        posters.stop()
        tell(balancer, "ingest", posters)
        assert set(posters.answers) == {"202"}
        assert_nothing_lost(cells, posters)


@pytest.mark.parametrize("balancer", IN_TURN)
def test_a_host_name_leads_to_its_cell(balancer: str, tmp_path: Path) -> None:
    """Metrics say which; without such a name there is no console, because sessions are known in one cell only."""
    with running_cells(tmp_path, balancer) as cells:
        for name in ("a", "b"):
            assert f'relay_redis_up{{cell="{name}"}} 1.0' in cells.get("/metrics", f"{name}.").text
        for path in ("/metrics", "/console", "/console/login"):
            assert cells.get(path, "relay").status_code == 404
        auth = ("key", "secret")
        answers = [
            httpx.post(f"{cells.url}/v2/events", json=batch(purchase(n)), auth=auth, trust_env=False) for n in range(6)
        ]
        assert [answer.status_code for answer in answers] == [202] * 6
