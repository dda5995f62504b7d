"""Start child processes, measure what they cost, and stop them."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

RELAY: Final = Path(sys.executable).with_name("relay")
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_STOP_WITHIN_S: Final = 15.0


class Process:
    """A child and its children, in their own process group; their output goes to `log`."""

    def __init__(self, command: Sequence[str | Path], environment: Mapping[str, str], log: Path) -> None:
        with log.open("ab") as output:
            self._child = subprocess.Popen(  # noqa: S603 - the benchmark's own command lines
                command,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._child.pid

    @property
    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._child.poll() is None

    def cpu_s(self) -> float:
        """Return the CPU seconds that it and its children have used so far."""
        return sum(map(_cpu_s, self._family()))

    def pss_bytes(self) -> int:
        """Return its and its children's proportional share of memory, in bytes."""
        return sum(map(_pss_bytes, self._family()))

    def stop(self) -> None:
        """Send SIGTERM, and SIGKILL if it does not end within 15 s."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            with suppress(ProcessLookupError):
                os.killpg(self._child.pid, number)
            with suppress(subprocess.TimeoutExpired):
                self._child.wait(_STOP_WITHIN_S)
                return

    def _family(self) -> list[int]:
        """Return the ids of all processes of the group."""
        pids = (int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit())
        return [pid for pid in pids if _process_group(pid) == self._child.pid]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()


def free_port() -> int:
    """Return a TCP port on loopback on which nothing listens now."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def _process_group(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except ProcessLookupError:
        return -1


def _cpu_s(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _pss_bytes(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in rollup.splitlines() if line.startswith("Pss:"))
