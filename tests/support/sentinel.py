"""A Sentinel of the server that tests run on."""

import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import redis
from support.server import SERVER, free_port


@contextmanager
def running_sentinel(directory: Path, *lines: str, password: str = "", monitors: Sequence[str] = ()) -> Iterator[int]:
    """Run a Sentinel until the block ends and give its port; `monitors` are as in `sentinel monitor`."""
    port = free_port()
    file = directory / f"sentinel-{port}.conf"
    start = [f"port {port}", "bind 127.0.0.1", f"dir {directory}", *([f'requirepass "{password}"'] if password else [])]
    file.write_text("\n".join([*start, *(f"sentinel monitor {monitor}" for monitor in monitors), *lines, ""]))
    with file.with_suffix(".log").open("wb") as log:
        process = subprocess.Popen([os.fspath(SERVER), str(file), "--sentinel"], stdout=log)
    try:
        _wait(port, password)
        yield port
    finally:
        process.kill()
        process.wait()


def _wait(port: int, password: str) -> None:
    deadline = time.monotonic() + 60
    with redis.Redis(port=port, password=password or None, socket_timeout=5) as sentinel:
        while True:
            try:
                sentinel.ping()
            except redis.ConnectionError:
                assert time.monotonic() < deadline, "the Sentinel does not start"
                time.sleep(0.01)
            else:
                return
