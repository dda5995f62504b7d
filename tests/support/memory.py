"""The peak memory of each process of a relay, and of its Redis, during a block."""

import threading
from pathlib import Path

import redis
from support.plant import Plant, Process

EVERY_S = 0.2


class Peaks:
    """Measure every process five times a second; a process counts with its children.

    `pss` and `rss` are bytes by the process's name. `redis` is the most that counted against maxmemory.
    """

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self.pss: dict[str, int] = {}
        self.rss: dict[str, int] = {}
        self.redis = 0
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Measure once more, then end."""
        self._stopped.set()
        self._thread.join(timeout=30)

    def of(self, kind: str) -> int:
        """Return the highest PSS of the processes whose name begins with `kind`."""
        return max((peak for name, peak in self.pss.items() if name.startswith(kind)), default=0)

    def _watch(self) -> None:
        with redis.Redis.from_url(self._plant.redis_url, socket_timeout=2) as client:
            while True:
                ends = self._stopped.wait(EVERY_S)
                for process in list(self._plant.processes):
                    self._note(process)
                self.redis = max(self.redis, _counted(client))
                if ends:
                    return

    def _note(self, process: Process) -> None:
        members = members_of(process.pid)
        for peaks, file, field in ((self.pss, "smaps_rollup", "Pss:"), (self.rss, "status", "VmHWM:")):
            held = sum(_bytes(pid, file, field) for pid in members)
            peaks[process.name] = max(peaks.get(process.name, 0), held)


def used_memory(client: redis.Redis) -> int:
    """Return the bytes that data uses, without clients' buffers."""
    memory = client.info("memory")
    return int(memory["used_memory"]) - int(memory.get("mem_clients_normal", 0))


def members_of(leader: int) -> list[int]:
    """Return the process ids of the group that `leader` leads."""
    members = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == leader:
                members.append(int(entry.name))
    return members


def _bytes(pid: int, file: str, field: str) -> int:
    try:
        text = Path(f"/proc/{pid}/{file}").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith(field)), 0)


def _counted(client: redis.Redis) -> int:
    try:
        memory = client.info("memory")
    except redis.RedisError:
        return 0
    return int(memory["used_memory"]) - int(memory.get("mem_not_counted_for_evict", 0))
