"""A replica confirms after its own fsync: what was answered 202 is on its disk."""

import asyncio
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from support.lane import chunk_of
from support.nodes import Nodes

from lanes.appends.arrivals import Arrival, Share
from lanes.appends.replicated import ReplicatedAppend
from store.client import connect_async

SLOW_S = 0.1
SHIM = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <unistd.h>
static int slowly(const char *name, int file) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    usleep(100000);
    return real(file);
}
int fdatasync(int file) { return slowly("fdatasync", file); }
int fsync(int file) { return slowly("fsync", file); }
"""


@pytest.fixture
def slow_disk(tmp_path: Path) -> dict[str, str]:
    """The environment of a server whose disk needs 100 ms for each fsync."""
    if shutil.which("cc") is None:
        pytest.skip("no C compiler: a slow disk cannot be made")
    (tmp_path / "slow.c").write_text(SHIM)
    library = tmp_path / "slow.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, tmp_path / "slow.c", "-ldl"], check=True)
    return {"LD_PRELOAD": str(library)}


async def _append_times(url: str, replicas: int) -> list[float]:
    client = connect_async(url)
    append = ReplicatedAppend(client, replicas)
    times = []
    for number in range(6):
        began = time.monotonic()
        await append.append([Arrival("web", 1, 0, {"shop": Share(1, chunk=chunk_of(number))})])
        times.append(time.monotonic() - began)
    await client.aclose()
    return times


def test_an_append_waits_for_the_replicas_fsync(slow_disk: dict[str, str], tmp_path: Path) -> None:
    """Every append takes at least as long as that; were replicas' memory enough, it would be quick."""
    with Nodes(tmp_path, replicas=1, environments={1: slow_disk}) as nodes:
        assert min(asyncio.run(_append_times(nodes.url, 1))) >= SLOW_S * 0.9
        assert min(asyncio.run(_append_times(nodes.url, 0))) < SLOW_S * 0.9
