"""The embedded server's configuration: durable to the last write, bounded in memory, for this machine only."""

import os
from pathlib import Path
from typing import Final

from cli.local.data_dir import DataDir

MOST_MEMORY: Final = 1 << 30
LEAST_MEMORY: Final = 64 << 20
SHARE: Final = 4
_CGROUP_LIMIT: Final = Path("/sys/fs/cgroup/memory.max")


def server_settings(data: DataDir, port: int, password: str) -> str:
    """The text of the configuration file; the password stands here because a command line is public."""
    lines = {
        "bind": "127.0.0.1",
        "port": port,
        "requirepass": password,
        "protected-mode": "yes",
        "daemonize": "no",
        "dir": _quoted(data.server),
        "logfile": _quoted(data.server_log),
        "loglevel": "warning",
        "appendonly": "yes",
        "appendfsync": "always",  # a 202 is a promise: the write is on disk before it is answered
        "save": '""',  # the append-only file is the record; snapshots beside it would only cost
        "maxmemory": memory_limit(),
        "maxmemory-policy": "noeviction",  # a full server refuses; it must never forget
    }
    return "".join(f"{name} {value}\n" for name, value in lines.items())


def memory_limit() -> int:
    """Bytes: a quarter of the machine's memory (or of the container's), from 64 MiB to 1 GiB.

    A quarter, because rewriting the append-only file may for a moment double what the server uses, and ingest,
    workers and everything else live here too; 1 GiB keeps some millions of events, and a restart reads it in seconds.
    Who needs more runs a Redis of their own.
    """
    return max(LEAST_MEMORY, min(MOST_MEMORY, _memory() // SHARE))


def _memory() -> int:
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        return min(machine, int(_CGROUP_LIMIT.read_text()))
    except (OSError, ValueError):  # no such file, or "max"
        return machine


def _quoted(path: Path) -> str:
    escaped = os.fspath(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
