"""FLOWER_URL_PREFIX moves Flower's pages, and the probes of compose and Kubernetes follow."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from support.plant import free_port
from support.product import RELAY

ROOT = Path(__file__).parents[2]


def compose_probe() -> list[str]:
    """Return the command of compose's health check."""
    services: dict[str, Any] = YAML(typ="safe").load(ROOT / "docker-compose.yml")["services"]
    command: list[str] = services["flower"]["healthcheck"]["test"][1:]
    return command


def kubernetes_probe() -> list[str]:
    """Return the command of the liveness probe."""
    [flower] = [
        manifest
        for manifest in YAML(typ="safe").load_all(ROOT / "deploy" / "kubernetes.yaml")
        if manifest and manifest["kind"] == "Deployment" and manifest["metadata"]["name"] == "relay-flower"
    ]
    command: list[str] = flower["spec"]["template"]["spec"]["containers"][0]["livenessProbe"]["exec"]["command"]
    return command


@contextmanager
def flower(environ: dict[str, str], port: int) -> Iterator[None]:
    """Start Flower as its container does."""
    with subprocess.Popen([RELAY, "flower", "--port", str(port)], env=environ) as process:
        try:
            yield
        finally:
            process.kill()


@pytest.mark.parametrize("prefix", ["", "flower", "/ops/flower/"])
@pytest.mark.parametrize("probe", [compose_probe, kubernetes_probe], ids=["compose", "Kubernetes"])
def test_a_probe_finds_flower(redis_url: str, tmp_path: Path, prefix: str, probe: Any) -> None:
    """Under every prefix; it fails where there are no pages."""
    port = free_port()
    environ = {
        **os.environ,
        "RELAY_REDIS_URL": redis_url,
        "RELAY_DATA_DIR": str(tmp_path),
        "FLOWER_BASIC_AUTH": "relay:flower-pass",
        "FLOWER_URL_PREFIX": prefix,
    }
    command = [part.replace("5555", str(port)) for part in probe()]
    assert subprocess.run(command, env=environ, capture_output=True, check=False).returncode != 0
    with flower(environ, port):
        deadline = time.monotonic() + 90
        while subprocess.run(command, env=environ, capture_output=True, check=False).returncode != 0:
            assert time.monotonic() < deadline
            time.sleep(0.2)
