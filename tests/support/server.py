"""Where a real server is, and a place for it to listen."""

import socket
from pathlib import Path

from support.servers import chosen

SERVER = chosen().path


def append_only_files(directory: Path) -> list[Path]:
    """Where a server in `directory` keeps its data: a folder of files; before Redis 7.0 a single file."""
    return [*directory.glob("appendonlydir/*"), *directory.glob("appendonly.aof")]


def free_port() -> int:
    """A TCP port on loopback that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
