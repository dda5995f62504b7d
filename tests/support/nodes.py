"""Machines with a server each, as replicas of one another and watched by Sentinels, that can be lost as machines are.

Each server stands behind a proxy that ends with it: on loopback the kernel would deliver what a killed process had
written, and no replica would ever miss anything.
"""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

import redis
from support.proxies import Loop, Proxy
from support.sentinel import running_sentinel
from support.server import SERVER, append_only_files, free_port
from support.waiting import until

NAME = "relay"


class Node:
    """One machine: a server that keeps every write on its disk, and the proxy through which others reach it."""

    def __init__(
        self, loop: Loop, directory: Path, *settings: str, environment: Mapping[str, str] | None = None
    ) -> None:
        directory.mkdir()
        self.directory, self.own_port = directory, free_port()
        self._settings, self._environment = settings, {**os.environ, **(environment or {})}
        self.proxy = Proxy(loop, self.own_port)
        self.port = self.proxy.port
        self.client = redis.Redis(port=self.own_port, socket_timeout=10, retry=None)
        self.start()

    @property
    def url(self) -> str:
        """The address that relay gets."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self, replica_of: "Node | None" = None) -> None:
        """Start it on what its disk has; return when it answers."""
        command = [os.fspath(SERVER), "--port", str(self.own_port), "--bind", "127.0.0.1", "--save", ""]
        command += ["--dir", str(self.directory), "--appendonly", "yes", "--appendfsync", "always"]
        command += ["--maxmemory", "512mb", "--maxmemory-policy", "noeviction", "--repl-diskless-sync-delay", "0"]
        command += ["--replica-announce-ip", "127.0.0.1", "--replica-announce-port", str(self.port), *self._settings]
        if replica_of is not None:
            command += ["--replicaof", "127.0.0.1", str(replica_of.port)]
        with (self.directory / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, env=self._environment)
        until(self.answers)

    def answers(self) -> bool:
        """Whether it has read its data."""
        with suppress(redis.RedisError):
            return bool(self.client.ping())
        return False

    def follow(self, primary: "Node") -> None:
        """Become a replica of this one, and return when all is copied."""
        self.client.replicaof("127.0.0.1", primary.port)
        until(lambda: self.follows(primary))

    def follows(self, primary: "Node") -> bool:
        """Whether it is a replica of that one and has everything."""
        with suppress(redis.RedisError):
            info = self.client.info("replication")
            return (info.get("master_port"), info.get("master_link_status")) == (primary.port, "up")
        return False

    def is_primary(self) -> bool:
        """Whether it takes writes."""
        with suppress(redis.RedisError):
            return bool(self.client.info("replication")["role"] == "master")
        return False

    def die(self) -> None:
        """Lose the machine: nothing that was on its way arrives."""
        self.proxy.die()
        self.process.kill()
        self.process.wait()
        self.client.close()

    def come_back(self, replica_of: "Node | None" = None) -> None:
        """Start the machine again, as a replica of `replica_of` or as what it was."""
        self.start(replica_of)
        self.proxy.open()

    def freeze(self) -> None:
        """SIGSTOP."""
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        self.process.send_signal(signal.SIGCONT)

    def file_has(self, text: bytes) -> bool:
        """Whether its files on disk have this."""
        return any(text in file.read_bytes() for file in append_only_files(self.directory))

    def close(self) -> None:
        """End it."""
        self.client.close()
        with suppress(ProcessLookupError):
            self.thaw()
        self.process.kill()
        self.process.wait()
        self.proxy.die()


class Nodes:
    """A primary, its replicas, and Sentinels that watch them, if any. `with` ends all of it."""

    def __init__(
        self,
        directory: Path,
        replicas: int,
        sentinels: int = 0,
        *,
        lag_s: float = 0.0,
        settings: Sequence[str] = (),
        environments: Mapping[int, Mapping[str, str]] | None = None,
    ) -> None:
        """`environments` are those of single nodes; 0 is the first primary."""
        self._directory, self._loop = directory, Loop()
        self._stack = ExitStack()
        self._stack.callback(self._loop.close)
        self.nodes: list[Node] = []
        try:
            self._start(replicas, sentinels, lag_s, settings, environments or {})
        except BaseException:
            self._stack.close()
            raise

    def _start(
        self,
        replicas: int,
        sentinels: int,
        lag_s: float,
        settings: Sequence[str],
        environments: Mapping[int, Mapping[str, str]],
    ) -> None:
        for number in range(replicas + 1):
            node = Node(self._loop, self._directory / f"node-{number}", *settings, environment=environments.get(number))
            self._stack.callback(node.close)
            node.proxy.lag_s["replica"] = lag_s
            self.nodes.append(node)
        for node in self.nodes[1:]:
            node.follow(self.nodes[0])
        self.sentinels = [self._sentinel() for _ in range(sentinels)]
        until(self._all_known)

    def _sentinel(self) -> int:
        times = f"sentinel down-after-milliseconds {NAME} 2500", f"sentinel failover-timeout {NAME} 5000"
        monitor = f"{NAME} 127.0.0.1 {self.nodes[0].port} 2"
        return self._stack.enter_context(running_sentinel(self._directory, *times, monitors=[monitor]))

    def _all_known(self) -> bool:
        """Whether each Sentinel knows all replicas and all other Sentinels."""
        return all(self._knows(port) for port in self.sentinels)

    def _knows(self, port: int) -> bool:
        with suppress(redis.RedisError), redis.Redis(port=port, socket_timeout=5, decode_responses=True) as sentinel:
            seen = sentinel.sentinel_master(NAME)
            wanted = len(self.nodes) - 1, len(self.sentinels) - 1
            return (int(seen["num-slaves"]), int(seen["num-other-sentinels"])) == wanted
        return False

    @property
    def url(self) -> str:
        """The address that relay gets."""
        if not self.sentinels:
            return self.primary().url
        return f"sentinel://{','.join(f'127.0.0.1:{port}' for port in self.sentinels)}/{NAME}/0"

    def named(self) -> Node | None:
        """Return the node that most Sentinels name as the primary."""
        named = []
        for port in self.sentinels:
            with suppress(redis.RedisError), redis.Redis(port=port, socket_timeout=5) as sentinel:
                address = sentinel.execute_command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME)
                named += [node for node in self.nodes if address and node.port == int(address[1])]
        return next((node for node in self.nodes if 2 * named.count(node) > len(self.sentinels)), None)

    def is_settled(self) -> bool:
        """Whether there is one primary, which Sentinels name and all other machines follow."""
        named = self.named()
        return named is not None and named.is_primary() and all(n is named or n.follows(named) for n in self.nodes)

    def primary(self) -> Node:
        """Return the primary, as soon as there is one that takes writes and that Sentinels name."""

        def found() -> Node | None:
            if self.sentinels:
                named = self.named()
                return named if named is not None and named.is_primary() else None
            return next((node for node in self.nodes if node.is_primary()), None)

        node: Node = until(found)
        return node

    def replicas(self) -> list[Node]:
        """Return the others."""
        primary = self.primary()
        return [node for node in self.nodes if node is not primary]

    def proxy(self, target: int) -> Proxy:
        """Return one more proxy."""
        return self._stack.enter_context(Proxy(self._loop, target))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
