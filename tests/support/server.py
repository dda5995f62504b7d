"""The path of a real server, and a port for it."""

import socket
import time
from pathlib import Path

import redis
from support.servers import chosen

SERVER = chosen().path


def free_port_of_cluster() -> int:
    """Return a free port for a server in cluster mode, which also listens at the port 10,000 above."""
    while (port := free_port()) > 55_000:
        pass
    return port


def own_every_slot(url: str) -> None:
    """Make a server in cluster mode the only shard, and wait until it takes commands."""
    with redis.Redis.from_url(url, decode_responses=True) as client:
        client.execute_command("CLUSTER", "ADDSLOTS", *range(16384))
        deadline = time.monotonic() + 60
        while client.cluster("INFO")["cluster_state"] != "ok":
            assert time.monotonic() < deadline
            time.sleep(0.05)


def append_only_files(directory: Path) -> list[Path]:
    """Return the data files of a server in `directory`: a folder of files; before Redis 7.0 a single file."""
    return [*directory.glob("appendonlydir/*"), *directory.glob("appendonly.aof")]


def free_port() -> int:
    """Return a TCP port on loopback on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
