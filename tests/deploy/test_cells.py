"""The files for cells: each cell is what a single relay is, and one HAProxy configuration is used everywhere."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from cli.local.balancer import balancer_settings
from config.settings import Settings

DEPLOY = Path(__file__).parents[2] / "deploy"
HAPROXY = shutil.which("haproxy", path=f"{os.environ['PATH']}:/usr/sbin")
SAMPLE = (DEPLOY / "proxies" / "haproxy.cfg").read_text()
COMPOSE: dict[str, Any] = YAML(typ="safe").load(DEPLOY / "compose.cells.yaml")
ONE: dict[str, Any] = YAML(typ="safe").load(DEPLOY.parent / "docker-compose.yml")
CELLS = ("a", "b")


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("name", ["redis", "ingest", "worker", "flower"])
def test_a_cell_of_compose_is_what_docker_compose_yml_is(name: str, cell: str) -> None:
    """With its own Redis and name; only the balancer publishes ingest's port."""
    expected = {**ONE["services"][name], **COMPOSE["services"][f"{name}-{cell}"]}
    service = {"ports": None, **COMPOSE["services"][f"{name}-{cell}"]}
    one = {"ports": None, **ONE["services"][name]}
    own = (
        {"ports", "volumes", "depends_on", "environment"} if name == "redis" else {"ports", "depends_on", "environment"}
    )
    assert {key: value for key, value in service.items() if key not in own} == {
        key: value for key, value in one.items() if key not in own
    }
    environment = dict(service["environment"])
    assert environment.pop("RELAY_CELL", cell) == cell
    assert {key: str(value).replace(f"@redis-{cell}:", "@redis:") for key, value in environment.items()} == {
        key: str(value)
        for key, value in one["environment"].items()
        if key != "RABBITMQ_URL"  # the cells' file has no RabbitMQ
    }
    assert expected.get("depends_on", [f"redis-{cell}"]) == [f"redis-{cell}"]
    assert bool(service["ports"]) == (name == "flower")


def test_the_balancer_of_compose_reaches_both_cells() -> None:
    """By the names of their services, with the sample file; each Redis has its own volume."""
    balancer = COMPOSE["services"]["balancer"]
    assert balancer["environment"] == {"BALANCER": ":8080", "CELL_A": "ingest-a:8080", "CELL_B": "ingest-b:8080"}
    assert balancer["volumes"][0]["source"] == "./deploy/proxies/haproxy.cfg"
    assert [COMPOSE["services"][f"redis-{cell}"]["volumes"] for cell in CELLS] == [["redis-a:/data"], ["redis-b:/data"]]
    assert set(COMPOSE["volumes"]) == {"redis-a", "redis-b"}
    assert "cell" in Settings.model_fields


def test_the_sample_is_what_relay_up_runs() -> None:
    """Apart from its heading, and with variables for the addresses."""
    cells = {"a": '"${CELL_A-127.0.0.1:8081}"', "b": '"${CELL_B-127.0.0.1:8082}"'}
    settings = balancer_settings(['"${BALANCER-127.0.0.1:8080}"'], cells)
    assert "".join(line for line in SAMPLE.splitlines(keepends=True)[3:]) == settings


def test_kubernetes_has_the_same_balancer() -> None:
    """And its pods may do little."""
    documents: list[dict[str, Any]] = list(YAML(typ="safe").load_all(DEPLOY / "kubernetes-cells.yaml"))
    named = {document["kind"]: document for document in documents}
    assert named["ConfigMap"]["data"]["haproxy.cfg"] == SAMPLE
    pod = named["Deployment"]["spec"]["template"]["spec"]
    assert pod["enableServiceLinks"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    [container] = pod["containers"]
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    [service] = [one for one in YAML(typ="safe").load_all(DEPLOY / "kubernetes.yaml") if one["kind"] == "Service"][:1]
    ingest, port = service["metadata"]["name"], service["spec"]["ports"][0]["port"]
    addresses = {variable["name"]: variable["value"] for variable in container["env"]}
    assert addresses["CELL_A"] == f"{ingest}.relay-a.svc.cluster.local:{port}"


@pytest.mark.skipif(HAPROXY is None, reason="HAProxy is not installed")
@pytest.mark.parametrize(
    "variables",
    [
        {},
        {"BALANCER": ":8080", "CELL_A": "ingest-a:8080", "CELL_B": "ingest-b:8080"},
        {"BALANCER": ":::8080 v4v6", "CELL_A": "[::1]:8081", "CELL_B": "10.0.0.2:8080"},
    ],
    ids=["relay up", "compose", "IPv6"],
)
def test_haproxy_takes_the_sample(variables: dict[str, str]) -> None:
    """Also with names behind which there is no address yet."""
    command = [str(HAPROXY), "-c", "-f", str(DEPLOY / "proxies" / "haproxy.cfg")]
    result = subprocess.run(command, env={**os.environ, **variables}, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    warnings = [line for line in result.stderr.splitlines() if "[WARNING]" in line]
    assert all("could not resolve address 'ingest-" in line for line in warnings)
