"""A whole relay of real processes on loopback, for tests that break it: a server, a sandbox, ingests, workers."""

import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx
import redis
from support.product import RELAY
from support.server import SERVER, append_only_files, free_port

from sandbox.client import SandboxClient
from store.client import connect


class Process:
    """A child process in its own process group, which can be killed and started again with the same command line."""

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str], log: Path) -> None:
        self.name, self.kills = name, 0
        self._command, self._environment, self._log = list(command), dict(environment), log
        self._child: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Start the process; its output is appended to its log."""
        with self._log.open("ab") as log:
            self._child = subprocess.Popen(
                self._command,
                env={**os.environ, **self._environment},
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The process id, while it runs and afterwards."""
        assert self._child is not None
        return self._child.pid

    def kill(self) -> None:
        """Send SIGKILL to the whole group and wait until it has ended."""
        self.signal(signal.SIGKILL)
        self.wait()
        self.kills += 1

    def pause(self, seconds: float) -> None:
        """Send SIGSTOP, and after `seconds` SIGCONT from another thread."""
        self.signal(signal.SIGSTOP)
        threading.Timer(seconds, self._wake_up).start()

    def _wake_up(self) -> None:
        with suppress(ProcessLookupError):
            self.signal(signal.SIGCONT)

    def limit_file_size(self, room: int | None) -> None:
        """Let its files grow by at most `room` bytes; None removes the limit."""
        assert self._child is not None
        files = append_only_files(self._log.parent)
        limit = resource.RLIM_INFINITY if room is None else max(file.stat().st_size for file in files) + room
        with suppress(ProcessLookupError):
            resource.prlimit(self._child.pid, resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    def pss(self) -> int | None:
        """Return its proportional share of memory in bytes; None if it cannot be read."""
        assert self._child is not None
        try:
            rollup = Path(f"/proc/{self._child.pid}/smaps_rollup").read_text()
        except OSError:
            return None
        return next((int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:")), None)

    def signal(self, number: int) -> None:
        """Send a signal to the whole group."""
        assert self._child is not None
        os.killpg(self._child.pid, number)

    def wait(self) -> int:
        """Wait until it has ended and return its exit code."""
        assert self._child is not None
        return self._child.wait(timeout=120)

    def restart_if_dead(self) -> bool:
        """Start it again if it has ended, as a supervisor would; return whether it had."""
        assert self._child is not None
        if self._child.poll() is None:
            return False
        self.start()
        return True

    def stop(self) -> None:
        """Send SIGTERM, and SIGKILL if it has not ended after 10 s."""
        assert self._child is not None
        if self._child.poll() is None:
            os.killpg(self._child.pid, signal.SIGCONT)
            os.killpg(self._child.pid, signal.SIGTERM)
            try:
                self._child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                os.killpg(self._child.pid, signal.SIGKILL)
                self._child.wait()


class Plant:
    """All processes. `configuration` is the text of relay.yaml; the sandbox accepts `token`, which is ${TOKEN}."""

    def __init__(
        self,
        directory: Path,
        configuration: str,
        ingests: int = 2,
        workers: int = 3,
        environment: Mapping[str, str] | None = None,
        token: str = "good",
        maxmemory: str = "512mb",
        server_environment: Mapping[str, str] | None = None,
        redis_url: str | None = None,
    ) -> None:
        """With `redis_url` there is no `server`: the address is that of another."""
        self.directory, self.maxmemory = directory, maxmemory
        self._redis_port, self._sandbox_port = free_port(), free_port()
        self.redis_url = redis_url or f"redis://127.0.0.1:{self._redis_port}/0"
        self.file = directory / "relay.yaml"
        self.file.write_text(configuration)
        self.environment = {
            "RELAY_CONFIG": str(self.file),
            "RELAY_REDIS_URL": self.redis_url,
            "RELAY_TIKTOK_URL": (sandbox_url := f"http://127.0.0.1:{self._sandbox_port}"),
            "RELAY_SANDBOX_PORT": str(self._sandbox_port),
            "RELAY_DATA_DIR": str(directory),
            "TOKEN": token,
            **(environment or {}),
        }
        self.processes: list[Process] = []
        self._workers_ever = 0
        if redis_url is None:
            self.server = self.add("server", self._server_command(), server_environment or {})
        self.sandbox_process = self.add("sandbox", [str(RELAY), "sandbox", "--token", token], {})
        self.sandbox = SandboxClient(sandbox_url)
        self.ingests: list[Process] = []
        self.workers: list[Process] = []
        self.kills_of_the_gone = 0
        self._urls: dict[Process, str] = {}
        for _ in range(ingests):
            self.add_ingest()
        for _ in range(workers):
            self.add_worker()

    @property
    def ingest_urls(self) -> list[str]:
        """The URLs of the ingests."""
        return [self._urls[ingest] for ingest in list(self.ingests)]

    @property
    def kills(self) -> int:
        """The number of processes killed so far."""
        return self.kills_of_the_gone + sum(process.kills for process in self.processes)

    def add_ingest(self) -> None:
        """Start one more ingest on its own port."""
        port = free_port()
        ingest = self.add(f"ingest-{len(self._urls)}", [str(RELAY), "ingest"], {"RELAY_PORT": str(port)})
        self._urls[ingest] = f"http://127.0.0.1:{port}"
        self.ingests.append(ingest)

    def add_worker(self) -> None:
        """Start one more worker."""
        self._workers_ever += 1
        self.workers.append(self.add(f"worker-{self._workers_ever - 1}", [str(RELAY), "worker"], {}))

    def remove(self, process: Process) -> None:
        """Stop a process and forget it, as when a deployment shrinks."""
        for group in (self.ingests, self.workers, self.processes):
            if process in group:
                group.remove(process)
        self.kills_of_the_gone += process.kills
        process.stop()

    def wait_until_ready(self, seconds: float = 120.0) -> None:
        """Return when the server, the sandbox and every ingest answer."""
        deadline = time.monotonic() + seconds
        checks = [*(f"{url}/health/ready" for url in self.ingest_urls), f"{self.sandbox.url}/_sandbox/fault"]
        for url in checks:
            while not _answers(url):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"{url} does not answer; see the logs in {self.directory}")
                time.sleep(0.05)

    def relay(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command of an operator to its end."""
        environment = {**os.environ, **self.environment}
        return subprocess.run(
            [RELAY, *arguments], env=environment, input=stdin, capture_output=True, text=True, check=False, timeout=100
        )

    def client(self) -> redis.Redis:
        """Return a plain client of the server, or relay's where Sentinels name it."""
        if self.redis_url.startswith("sentinel"):
            return connect(self.redis_url)
        return redis.Redis.from_url(self.redis_url, socket_timeout=10)

    def restart_the_dead(self) -> None:
        """Start every process that has ended, as a supervisor does."""
        for process in self.processes:
            process.restart_if_dead()

    def log_of(self, name: str) -> str:
        """Return the log of a process."""
        return (self.directory / f"{name}.log").read_text(errors="replace")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.sandbox.close()
        for process in reversed(self.processes):
            process.stop()

    def add(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Process:
        """Start one more process of any kind."""
        process = Process(name, command, {**self.environment, **environment}, self.directory / f"{name}.log")
        self.processes.append(process)
        return process

    def _server_command(self) -> list[str]:
        options = {
            "port": self._redis_port,
            "bind": "127.0.0.1",
            "dir": self.directory,
            "appendonly": "yes",
            "appendfsync": "always",
            "save": "",
            "maxmemory": self.maxmemory,
            "maxmemory-policy": "noeviction",
        }
        return [str(SERVER), *(str(word) for name, value in options.items() for word in (f"--{name}", value))]


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, timeout=2).is_success
    except httpx.HTTPError:
        return False
