"""Start the processes that are measured: a durable server, a light TikTok, and relay's own processes."""

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Final, Self

import httpx
import redis

from benchmarks.support.load import KEY, SECRET
from benchmarks.support.processes import RELAY, Process, free_port
from benchmarks.support.tiktok import LightTikTok
from benchmarks.support.waiting import READY_WITHIN_S, wait_for
from cli.local.server_binary import find_server
from config.secrets import Keyring

CONNECTION: Final = "shop-web"
CONFIGURATION: Final = f"""
inputs:
  - {{id: web, platform: web, api_key: {KEY}, api_secret: {SECRET}}}
connections:
  - id: {CONNECTION}
    inputs: [web]
    access_token: token-of-the-bench
    event_source_id: CUSG5HBC77UD11VVRQEG
    enable_web_migration: true
"""


class Bed:
    """The processes, on loopback and in their own folder; all are stopped at the end."""

    ready_within_s: ClassVar = READY_WITHIN_S

    def __init__(self, *, encrypted: bool = False, durable: bool = True, tiktok_delay_ms: int = 0) -> None:
        """`encrypted`: relay's processes have an encryption key. `durable`: the server writes to disk."""
        self._stack = ExitStack()
        self.directory = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="relay-bench-")))
        self.redis_port = free_port()
        self.redis_url = f"redis://127.0.0.1:{self.redis_port}/0"
        self.server = self.start(
            "server", [str(word) for word in self._server_command(durable, self.redis_port, self.directory)]
        )
        self.redis = self._stack.enter_context(redis.Redis.from_url(self.redis_url, socket_timeout=60))
        self.tiktok = self._stack.enter_context(LightTikTok(self.directory, tiktok_delay_ms))
        file = self.directory / "relay.yaml"
        file.write_text(CONFIGURATION)
        self.environment = {
            "RELAY_CONFIG": str(file),
            "RELAY_REDIS_URL": self.redis_url,
            "RELAY_TIKTOK_URL": self.tiktok.url,
            "RELAY_ENCRYPTION_KEY": Keyring.new_key() if encrypted else "",
        }
        wait_for(self.redis.ping, "the server", self.ready_within_s)

    def start(self, name: str, command: list[str], environment: Mapping[str, str] | None = None) -> Process:
        """Start a process, which is stopped at the end at the latest."""
        return self._stack.enter_context(Process(command, environment or {}, self.directory / f"{name}.log"))

    def replica(self) -> None:
        """Start a replica of the server, as durable as it is; return once it follows."""
        directory = self.directory / "replica"
        directory.mkdir()
        command = [str(word) for word in self._server_command(True, free_port(), directory)]
        self.start("replica", [*command, "--replicaof", "127.0.0.1", str(self.redis_port)])
        wait_for(lambda: self.redis.info("replication").get("slave0", {}).get("state") == "online", "the replica")

    def ingest(self, settings: Mapping[str, str] | None = None) -> tuple[Process, str]:
        """Start `relay ingest`, and return it with its URL once it is ready."""
        port = free_port()
        environment = {**self.environment, "RELAY_PORT": str(port), **(settings or {})}
        process = self.start("ingest", [str(RELAY), "ingest"], environment)
        url = f"http://127.0.0.1:{port}"

        def ready() -> bool:
            if not process.is_alive:
                raise RuntimeError(f"relay ingest ended: {self.log_of('ingest')[-500:]}")
            return httpx.get(f"{url}/health/ready", trust_env=False).is_success

        wait_for(ready, "relay ingest", self.ready_within_s)
        return process, url

    def worker(self) -> Process:
        """Start a `relay worker`, and return before it is ready."""
        return self.start("worker", [str(RELAY), "worker"], self.environment)

    def empty(self) -> None:
        """Clear all events in Redis and in the stand-in TikTok."""
        self.redis.flushall()
        self.tiktok.clear()

    def log_of(self, name: str) -> str:
        """Return what a process has logged."""
        return (self.directory / f"{name}.log").read_text(errors="replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._stack.close()

    def _server_command(self, durable: bool, port: int, directory: Path) -> list[object]:
        options = {
            "port": port,
            "bind": "127.0.0.1",
            "dir": directory,
            "appendonly": "yes" if durable else "no",
            "appendfsync": "always",
            "save": "",
            "maxmemory": "4gb",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        return [find_server().path, *(word for name, value in options.items() for word in (f"--{name}", value))]
