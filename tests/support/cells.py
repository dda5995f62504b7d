"""Two cells behind a real balancer."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from support.balancers import BALANCERS, Balancer, skip_unless_installed
from support.chaos import configuration
from support.plant import Plant, Process
from support.server import free_port
from support.waiting import until


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
