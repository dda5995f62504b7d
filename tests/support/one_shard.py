"""A server in cluster mode with one shard, as managed services offer it."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conftest import wait_until_ready
from support.server import SERVER, free_port_of_cluster, own_every_slot


@contextmanager
def running_one_shard(directory: Path) -> Iterator[int]:
    """Start a server that has every slot; give its port."""
    port = free_port_of_cluster()
    options = ["--appendonly", "yes", "--appendfsync", "always", "--maxmemory", "512mb", "--save", ""]
    command = [os.fspath(SERVER), "--port", str(port), *options, "--dir", str(directory), "--cluster-enabled", "yes"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            url = f"redis://127.0.0.1:{port}/0"
            wait_until_ready(url)
            own_every_slot(url)
            yield port
        finally:
            process.terminate()
