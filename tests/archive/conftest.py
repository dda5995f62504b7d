"""An archive in a directory, and one on a server that speaks S3's protocol; a worker that writes to it."""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest
from support.archive import ArchiveBench
from support.server import free_port

from sandbox.client import SandboxClient

NO_MOTO = "moto's server of S3's protocol is not installed: pip install -e '.[archive-test]'"
_buckets = count(1)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of a server of S3's protocol, in a process of its own."""
    if find_spec("moto") is None or find_spec("flask_cors") is None:
        pytest.skip(NO_MOTO)
    port = free_port()
    program = Path(sys.executable).with_name("moto_server")
    process = subprocess.Popen([program, "-H", "127.0.0.1", "-p", str(port)], stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process)
        yield address
    finally:
        process.kill()
        process.wait()


def _wait_for(address: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 120
    while True:
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            if process.poll() is not None or time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


@pytest.fixture
def s3_url(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty archive in a bucket of its own."""
    bucket = f"receipts-{os.getpid()}-{next(_buckets)}"
    urllib.request.urlopen(urllib.request.Request(f"{s3_server}/{bucket}", method="PUT"), timeout=30).close()
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAHIDDENKEYID")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden secret access key")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    return f"s3://{bucket}/relay"


@pytest.fixture(params=["file", "s3"])
def archive_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty archive: in a directory, then in a bucket."""
    return f"file://{tmp_path}/archive" if request.param == "file" else request.getfixturevalue("s3_url")


@pytest.fixture
def bench(
    archive_url: str, bench_file: Path, redis_url: str, sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ArchiveBench]:
    """Give a worker with the connection of `bench_file` and an archive, which `relay` commands find."""
    monkeypatch.setenv("RELAY_ARCHIVE", archive_url)
    bench = ArchiveBench(bench_file, redis_url, sandbox)
    yield bench
    bench.close()
