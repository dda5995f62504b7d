"""Each service's command and variables, as docker-compose.yml has them, in real processes."""

import base64
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import SERVER, free_port
from ruamel.yaml import YAML

from lanes.ledger import read_ledger
from store.client import connect
from store.errors import RedisAway

ROOT = Path(__file__).parents[2]
SERVICES: dict[str, dict[str, Any]] = YAML(typ="safe").load(ROOT / "docker-compose.yml")["services"]
BIN = Path(sys.executable).parent
ENTRYPOINT = '#!/bin/sh\nexec "$@" --port {port} --bind 127.0.0.1\n'
"""In place of the image's own, which drops privileges and then runs what it is given; the port is the test's."""
KEY = base64.urlsafe_b64encode(bytes(range(32))).decode()
PASSWORDS = {"REDIS_PASSWORD": "redis-Pass-1", "FLOWER_PASSWORD": "flower-Pass-1"}
LATE_S = 30.0


def lesser_user() -> int | None:
    """Return an unprivileged user that can run this Python, or None for the tests' own user."""
    if os.getuid() != 0:
        return None
    nobody = 65534
    try:
        subprocess.run([sys.executable, "-c", ""], user=nobody, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    return nobody


USER = lesser_user()


class Project:
    """The services of the file, started one by one with their commands; only hosts, ports and paths are replaced."""

    def __init__(self, directory: Path, running: ExitStack) -> None:
        self.directory, self._running = directory, running
        self.ports = {name: free_port() for name in ("redis", "ingest", "flower", "sandbox")}
        filled = {"RELAY_ENCRYPTION_KEY": KEY, "WEB_KEY": "wk", "WEB_SECRET": "ws", "TIKTOK_TOKEN": "token"}
        self.variables = {**filled, **PASSWORDS}
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        (directory / "relay.yaml").write_bytes((ROOT / "config" / "relay.example.yaml").read_bytes())
        (directory / "docker-entrypoint.sh").write_text(ENTRYPOINT.format(port=self.ports["redis"]))
        (directory / "docker-entrypoint.sh").chmod(0o755)
        (directory / "valkey-server").symlink_to(SERVER)

    def start(self, name: str) -> None:
        """Start the service; its output goes to a file."""
        service = SERVICES[name]
        entrypoint = service.get("entrypoint", [] if name == "redis" else ["relay"])
        command = [self._here(word) for word in (*entrypoint, *service["command"])]
        environ = {"PATH": f"{self.directory}:{BIN}:/usr/bin:/bin", "FLOWER_PORT": str(self.ports["flower"])}
        if "env_file" in service:
            environ |= {**self.variables, "RELAY_TIKTOK_URL": self.url("sandbox")}
        environ |= {variable: self._here(value) for variable, value in service["environment"].items()}
        with (self.directory / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                env=environ,
                cwd=self.directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=USER,
            )
        self.processes[name] = self._running.enter_context(process)
        self._running.callback(process.kill)

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.ports[name]}"

    def output(self, name: str) -> str:
        return (self.directory / f"{name}.log").read_text()

    def stop(self, name: str) -> int:
        """Send SIGTERM, and return the exit code within the file's grace period."""
        self.processes[name].terminate()
        grace = SERVICES[name]["stop_grace_period"]
        return self.processes[name].wait(int(grace[:-1]) * {"s": 1, "m": 60}[grace[-1]])

    def _here(self, text: str) -> str:
        """Fill in variables as compose does, then replace containers' names and ports by this machine's."""
        text = re.sub(r"(?<!\$)\$\{(\w+):\?[^}]*\}", lambda found: self.variables[found[1]], text)
        text = re.sub(
            r"(?<!\$)\$\{(\w+):-([^}]*)\}", lambda found: self.variables.get(found[1]) or found[2], text
        ).replace("$$", "$")
        moved = {
            "@redis:6379": f"@127.0.0.1:{self.ports['redis']}",
            "http://ingest:8080": self.url("ingest"),
            "dir /data": f"dir {self.directory}",
            "/etc/relay": str(self.directory),
            "/deploy": str(ROOT / "deploy"),
            "0.0.0.0": "127.0.0.1",
        }
        for there, here in moved.items():
            text = text.replace(there, here)
        exact = {"8080": "ingest", "8090": "sandbox"}
        return str(self.ports[exact[text]]) if text in exact else text


@pytest.fixture
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    directory = tmp_path_factory.mktemp("project")
    if USER is not None:
        for path in (directory, *directory.parents[:2]):
            path.chmod(0o755)
        os.chown(directory, USER, USER)
    with ExitStack() as running:
        yield Project(directory, running)


def eventually(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + LATE_S
    while not condition():
        assert time.monotonic() < deadline, f"not within {LATE_S:.0f} s: {what}"
        time.sleep(0.1)


def status(url: str, **options: Any) -> int:
    try:
        return httpx.get(url, trust_env=False, timeout=5, **options).status_code
    except httpx.HTTPError:
        return 0


def test_started_in_any_order_they_work_and_stop(project: Project) -> None:
    """Redis starts last; a sample batch is delivered, a bad event is a line in Flower; each stops in its time."""
    for name in ("sender", "worker", "flower", "ingest", "sandbox"):
        project.start(name)
    eventually(lambda: status(f"{project.url('ingest')}/health/live") == 200, "ingest lives without Redis")
    assert status(f"{project.url('ingest')}/health/ready") == 503
    project.start("redis")
    eventually(lambda: status(f"{project.url('ingest')}/health/ready") == 200, "ingest is ready once Redis is there")

    url = f"redis://:{PASSWORDS['REDIS_PASSWORD']}@127.0.0.1:{project.ports['redis']}/0"

    def delivered_and_dead() -> bool:
        try:
            with connect(url) as client:
                counts = read_ledger(client, ["shop-web"], ["web"]).connections[0].counts
        except RedisAway:  # late on a busy machine
            return False
        return counts.get("delivered", 0) >= 9 and counts.get("dead_lettered", 0) >= 1

    eventually(delivered_and_dead, "sample batches are delivered, one event is a dead letter")
    tasks = f"{project.url('flower')}/api/tasks?state=FAILURE"
    assert status(tasks) == status(f"{project.url('flower')}/tasks") == 401
    account = ("relay", PASSWORDS["FLOWER_PASSWORD"])
    eventually(lambda: "invalid_url" in httpx.get(tasks, auth=account, trust_env=False).text, "Flower lists the job")
    jobs = httpx.get(tasks, auth=account, trust_env=False).json().values()
    job = next(job for job in jobs if "invalid_url" in job["exception"])
    assert re.fullmatch(
        r"DeliveryTrouble\('shop-web: 1 of \d events dead-lettered: invalid_url ×1 "
        r"\(relay dead-letters list --job [0-9a-f-]{36}\)'\)",
        job["exception"],
    )
    assert "visitor-" not in str(job)
    send = f"{project.url('flower')}/api/task/send-task/relay.deliver"
    assert httpx.post(send, auth=account, json={"args": ["shop-web:0"]}, trust_env=False).status_code == 403
    assert "answered 202" in project.output("sender")

    command_lines = [
        (Path("/proc") / str(process.pid) / "cmdline").read_bytes() for process in project.processes.values()
    ]
    secrets = [*PASSWORDS.values(), KEY]
    assert not [line for line in command_lines if any(secret.encode() in line for secret in secrets)]
    assert not [name for name in project.processes for secret in secrets if secret in project.output(name)]
    for name in ("sender", "ingest", "worker", "flower", "sandbox", "redis"):
        assert project.stop(name) in (0, -15), project.output(name)
