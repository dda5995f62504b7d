"""A server that speaks AWS's protocols: moto's, as a process of its own with all it holds in memory."""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.request import urlopen

import pytest
from support.server import free_port
from support.waiting import until


@contextmanager
def running_moto() -> Iterator[str]:
    """Run the server and yield its URL; skip the test where it is not installed."""
    if importlib.util.find_spec("moto") is None or importlib.util.find_spec("flask") is None:
        pytest.skip("moto's server is not installed here: pip install 'tiktok-events-relay[servers-test]'")
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=os.environ) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            until(lambda: _answers(url))
            yield url
        finally:
            process.kill()


def _answers(url: str) -> bool:
    with suppress(OSError), urlopen(f"{url}/moto-api/data.json", timeout=5):
        return True
    return False
