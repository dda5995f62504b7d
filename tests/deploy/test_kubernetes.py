"""deploy/kubernetes.yaml agrees with the compose file, with relay's paths and with its settings."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from config.file import load

ROOT = Path(__file__).parents[2]
DOCUMENTS: list[dict[str, Any]] = list(YAML(typ="safe").load_all(ROOT / "deploy" / "kubernetes.yaml"))
SERVICES: dict[str, dict[str, Any]] = YAML(typ="safe").load(ROOT / "docker-compose.yml")["services"]
PODS = {
    one["metadata"]["name"]: one["spec"]["template"]["spec"] for one in DOCUMENTS if "template" in one.get("spec", {})
}
OURS = ["relay-ingest", "relay-worker", "relay-flower"]


def test_its_configuration_is_valid(tmp_path: Path) -> None:
    """With the variables of the Secret."""
    [text] = [one["data"]["relay.yaml"] for one in DOCUMENTS if one["kind"] == "ConfigMap"]
    file = tmp_path / "relay.yaml"
    file.write_text(text)
    assert load(file, dict.fromkeys(("WEB_KEY", "WEB_SECRET", "TIKTOK_TOKEN"), "x")).connections


@pytest.mark.parametrize("name", OURS)
def test_each_process_runs_confined(name: str) -> None:
    """Not as root, only /tmp writable, and no variables from Services' names."""
    pod = PODS[name]
    [container] = pod["containers"]
    assert container["args"] == SERVICES[name.removeprefix("relay-")]["command"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert all(mount.get("readOnly") or mount["mountPath"] == "/tmp" for mount in container["volumeMounts"])
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}


@pytest.mark.parametrize("name", PODS)
def test_no_service_becomes_a_setting(name: str) -> None:
    """A Service named `flower` would otherwise set FLOWER_PORT to tcp://…, one named `relay` RELAY_PORT."""
    assert PODS[name]["enableServiceLinks"] is False


def test_probes_ask_the_right_question() -> None:
    """Alive means the process, ready means Redis too; workers, and Redis while it loads data, are never killed."""
    probes = {
        (name, kind.removesuffix("Probe")): probe.get("httpGet", {}).get("path")
        for name, pod in PODS.items()
        for kind, probe in pod["containers"][0].items()
        if kind.endswith("Probe")
    }
    assert probes == {
        ("relay-ingest", "liveness"): "/health/live",
        ("relay-ingest", "readiness"): "/health/ready",
        ("relay-flower", "liveness"): None,  # a command: tests/deploy/test_flower_prefix.py
        ("relay-redis", "readiness"): None,
    }


def test_redis_is_set_as_in_compose() -> None:
    """Line by line."""
    here = PODS["relay-redis"]["containers"][0]["command"][2]
    there = SERVICES["redis"]["command"][2]
    assert here == there.replace("$$", "$").replace("${REDIS_MAXMEMORY:-1gb}", "1gb")


def test_workers_have_the_time_that_compose_gives_them() -> None:
    """And ingest has its own after the pause before its stop."""
    assert PODS["relay-worker"]["terminationGracePeriodSeconds"] == 60
    assert PODS["relay-ingest"]["terminationGracePeriodSeconds"] >= 15 + 5
