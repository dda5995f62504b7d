"""A directory in which `relay up` runs with real processes, and ways to observe it from outside."""

import os
import socket
import subprocess
import sysconfig
from pathlib import Path

import httpx
from support.events import batch, purchase
from support.waiting import until

from cli.local.data_dir import DataDir
from sandbox.client import SandboxClient

RELAY = Path(sysconfig.get_path("scripts")) / "relay"
CONFIGURATION = """
inputs:
  - {id: web, platform: web, api_key: key, api_secret: secret}
connections:
  - {id: shop, inputs: [web], access_token: token, event_source_id: CUSG5HBC77UD11VVRQEG, enable_web_migration: true}
"""


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


class Place:
    """A directory with a configuration, in which `relay` runs."""

    def __init__(self, directory: Path, sandbox: SandboxClient) -> None:
        self.sandbox = sandbox
        self.data = DataDir(directory / ".relay")
        self.port = free_port()
        self.configuration = directory / "relay.yaml"
        self.configuration.write_text(CONFIGURATION)
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("RELAY_")}
        self.environ = {
            **inherited,
            "RELAY_CONFIG": str(self.configuration),
            "RELAY_DATA_DIR": str(self.data.path),
            "RELAY_PORT": str(self.port),
            "RELAY_TIKTOK_URL": sandbox.url,
        }
        self._output = directory / "output"

    def up(self, *options: str, **environ: str) -> "subprocess.Popen[bytes]":
        """Start relay up; return when it accepts batches."""
        process = self.start(*options, **environ)
        until(lambda: self.is_ready() or process.poll() is not None)
        return process

    def start(self, *options: str, **environ: str) -> "subprocess.Popen[bytes]":
        """Start relay up in its own session."""
        with self._output.open("ab") as output:
            return subprocess.Popen(
                [RELAY, "up", *options],
                stderr=output,
                stdin=subprocess.DEVNULL,
                env={**self.environ, **environ},
                start_new_session=True,
            )

    def run(self, *arguments: str, **environ: str) -> "subprocess.CompletedProcess[str]":
        """Run a relay command to its end."""
        environment = {**self.environ, **environ}
        return subprocess.run(
            [RELAY, *arguments], capture_output=True, text=True, env=environment, timeout=120, check=False
        )

    def output(self) -> str:
        """Return the output of every relay up so far."""
        return self._output.read_text()

    def is_ready(self) -> bool:
        """Return whether ingest says that it can accept batches."""
        try:
            return httpx.get(f"http://127.0.0.1:{self.port}/health/ready", trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def post(self, number: int) -> None:
        """Post one purchase until it is accepted."""
        url = f"http://127.0.0.1:{self.port}/v2/events"

        def accepted() -> bool:
            try:
                answer = httpx.post(url, json=batch(purchase(number)), auth=("key", "secret"), trust_env=False)
            except httpx.TransportError:
                return False
            return answer.status_code == 202

        until(accepted)

    def arrived(self, number: int) -> bool:
        """Return whether the sandbox received the event."""
        return bool(self.sandbox.events(event_id=f"e{number}"))
