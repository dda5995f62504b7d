"""The path of a real server, and a port for it."""

import socket
from pathlib import Path

from support.servers import chosen

SERVER = chosen().path


def append_only_files(directory: Path) -> list[Path]:
    """Return the data files of a server in `directory`: a folder of files; before Redis 7.0 a single file."""
    return [*directory.glob("appendonlydir/*"), *directory.glob("appendonly.aof")]


def free_port() -> int:
    """Return a TCP port on loopback on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
