"""docker-compose.yml run as written, by podman: read-only, as any user, on IPv6 alone, with an .env of any editor.

`make containers`; not in `make test`. Where podman or debootstrap is missing, it says so and is skipped.
"""

import base64
import json
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support.containers import Podman, Project, missing
from support.server import free_port

KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
SECRETS = {
    "RELAY_ENCRYPTION_KEY": f'"{KEY}"',
    "REDIS_PASSWORD": "redisPass1",
    "FLOWER_PASSWORD": "'flowerPass1'",
    "WEB_KEY": '"wk-1"',
    "WEB_SECRET": "'ws-1'",
    "TIKTOK_TOKEN": '"token-1"',
    "RELAY_ADMIN_PASSWORD": '"a password of many words"',
    "RELAY_TIKTOK_URL": "http://sandbox.localhost:8090",
    "TZ": "Pacific/Auckland",
}
ENV = "\ufeff# Written by an editor that marks files and ends lines its own way.\r\n" + "".join(
    f"{name}={value}\r\n" for name, value in SECRETS.items()
)
OURS = ("ingest", "worker", "flower", "sandbox", "sender")
VARIANTS: dict[str, dict[str, Any]] = {
    "as written": {},
    "as any user of group 0": {"user": "123456:0"},
    "on IPv6 alone": {"network": "relay-test-six"},
}


@pytest.fixture(scope="module")
def podman() -> Podman:
    """podman with every image."""
    if why := missing():
        pytest.skip(why)
    made = Podman()
    made.make_images()
    return made


@pytest.fixture(params=VARIANTS)
def project(podman: Podman, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Project]:
    """The project, running; gone with its volumes at the end."""
    variant = VARIANTS[request.param]
    if "network" in variant:
        podman.make_ipv6_network(variant["network"])
    made = Project(podman, tmp_path, ENV, {name: free_port() for name in ("ingest", "flower", "sandbox")}, **variant)
    try:
        made.compose("up", "-d", "--no-build")
        yield made
    finally:
        made.compose("down", "-v")


def eventually(condition: Callable[[], bool], what: str, project: Project) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + 120
    while not condition():
        logs = "\n".join(f"{name}: {project.log(name)[-600:]}" for name in project.services)
        assert time.monotonic() < deadline, f"{what}\n{logs}"
        time.sleep(1)


def ledger(project: Project) -> dict[str, Any]:
    """The one connection's counters, as `relay status` in ingest's container has them."""
    output = project.inside("ingest", "relay", "status", "--json")
    if not output.lstrip().startswith("{"):
        return {}
    (connection,) = json.loads(output)["connections"]
    return dict(connection)


@pytest.mark.timeout(1800)
def test_the_project_delivers(project: Project) -> None:
    """The shopper's events reach the stand-in TikTok; health checks pass; nothing can be written or dumped."""
    eventually(lambda: ledger(project).get("delivered", 0) >= 9, "nine events are delivered", project)
    for name in ("ingest", "flower"):
        kind, *command = project.services[name]["healthcheck"]["test"]
        assert kind == "CMD"
        assert project.inside(name, *command) == "", name
    assert (
        project.inside("redis", "sh", "-c", project.services["redis"]["healthcheck"]["test"][1].replace("$$", "$"))
        == ""
    )
    check = project.inside("ingest", "relay", "check")
    assert "wrong" not in check, check
    for name in OURS:
        assert "Read-only file system" in project.inside(name, "touch", "/opt/relay/x")
        assert re.search(r"Max core file size +0 +0 ", project.inside(name, "cat", "/proc/1/limits"))
        assert project.inside(name, "id", "-u").strip() != "0"
    assert "NZ" in project.inside("worker", "date"), "the zone of .env is in force"
    stamps = re.findall(r'"timestamp": "([^"]+)"', project.log("worker"))
    assert stamps
    assert all(stamp.endswith("Z") for stamp in stamps), "and logs stay in UTC"
    seen = {name: project.inside(name, "env") for name in OURS}
    assert "redisPass1" not in seen["sandbox"] + seen["sender"]
    assert not [name for name in OURS if re.search("^REDIS_PASSWORD=.", seen[name], re.MULTILINE)]
    assert not [name for name in ("ingest", "worker") if "flowerPass1" in seen[name]]
    assert "a password of many words" in seen["ingest"]
    assert "a password of many words" not in seen["worker"]
