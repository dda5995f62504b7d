"""The embedded server's configuration: every write on disk, bounded memory, loopback only."""

import os
from pathlib import Path
from typing import Final

from cli.local.data_dir import DataDir

MOST_MEMORY: Final = 1 << 30
LEAST_MEMORY: Final = 64 << 20
SHARE: Final = 4
_CGROUP_LIMIT: Final = Path("/sys/fs/cgroup/memory.max")


def server_settings(data: DataDir, port: int, password: str) -> str:
    """Return the text of the configuration file; it holds the password because other users can read command lines."""
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
        "appendfsync": "always",  # ingest answers 202 only once the write is on disk
        "save": '""',  # the append-only file has everything; snapshots would only cost time
        "maxmemory": memory_limit(),
        "maxmemory-policy": "noeviction",  # a full server must refuse writes and never evict
    }
    return "".join(f"{name} {value}\n" for name, value in lines.items())


def memory_limit() -> int:
    """Return bytes: a quarter of the memory of the machine or container, from 64 MiB to 1 GiB.

    A quarter, because a rewrite of the append-only file may double the server's memory for a moment, and ingest and
    workers need memory too. 1 GiB keeps millions of events, and a restart reads it in seconds. For more, run your
    own Redis.
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
