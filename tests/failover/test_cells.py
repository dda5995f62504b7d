"""Two cells behind a real balancer: while a process of one is killed, senders see nothing, and nothing is lost."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from support.balancers import BALANCERS, Balancer, skip_unless_installed
from support.chaos import configuration, outcome_of
from support.events import batch, purchase
from support.failover import SHORT
from support.plant import Plant, Process
from support.posters import Posters
from support.server import free_port
from support.waiting import until

AWAY_S = 2.0 if SHORT else 8.0
IN_TURN = ("haproxy", "nginx")
"""Those that give requests to both cells in turn."""


class Cells:
    """Two plants that deliver to the sandbox of the first one, behind a balancer at `url`."""

    def __init__(self, directory: Path, plants: list[Plant], start: Balancer) -> None:
        self.plants, port = plants, free_port()
        addresses = [plant.ingest_urls[0].removeprefix("http://") for plant in plants]
        command, variables = start(directory, port, addresses)
        self.url = f"http://127.0.0.1:{port}"
        self.balancer = Process("balancer", command, variables, directory / "balancer.log")

    def is_ready(self) -> bool:
        """Return whether the balancer reaches each cell under its host name, and some cell without one."""
        try:
            return all(self.get("/health/ready", host).status_code == 200 for host in ("relay", "a.", "b."))
        except httpx.TransportError:
            return False

    def get(self, path: str, host: str) -> httpx.Response:
        """Ask the balancer under a host name."""
        name = "relay.example" if host == "relay" else f"{host}relay.example"
        return httpx.get(f"{self.url}{path}", headers={"host": name}, trust_env=False, timeout=10)


@contextmanager
def running_cells(directory: Path, balancer: str) -> Iterator[Cells]:
    """Run both cells until the end of the block."""
    skip_unless_installed(balancer)
    with ExitStack() as stack:
        plants: list[Plant] = []
        for name in ("a", "b"):
            (directory / name).mkdir()
            environment = {"RELAY_CELL": name}
            if plants:
                environment["RELAY_TIKTOK_URL"] = plants[0].sandbox.url
            plant = Plant(directory / name, configuration(), ingests=1, workers=1, environment=environment)
            plants.append(stack.enter_context(plant))
        for plant in plants:
            plant.wait_until_ready()
        cells = Cells(directory, plants, BALANCERS[balancer])
        stack.callback(cells.balancer.stop)
        until(cells.is_ready)
        yield cells


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
