"""An archive in a directory, and one on a server that speaks S3's protocol; a worker that writes to it."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import pytest
from support.archive import ArchiveBench
from support.azure_storage import AZURE_ACCOUNT, AZURE_KEY, create_container
from support.server import free_port

from sandbox.client import SandboxClient

NO_AZURITE = "Microsoft's stand-in for Azure is not installed: npm install --global azurite"
NO_MOTO = "moto's server of S3's protocol is not installed: pip install -e '.[servers-test]'"
_buckets = count(1)


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of a server of S3's protocol, in a process of its own."""
    _need_moto()
    yield from served([Path(sys.executable).with_name("moto_server"), "-H", "127.0.0.1", "-p"])


@pytest.fixture(scope="session")
def google_server() -> Iterator[str]:
    """The address of a server of Google's protocol, in a process of its own."""
    _need_moto()
    yield from served([sys.executable, "-m", "support.google_storage"], cwd=Path(__file__).parents[1])


@pytest.fixture(scope="session")
def azure_server() -> Iterator[str]:
    """The address of Microsoft's own stand-in for Azure, in a process of its own."""
    program = shutil.which("azurite-blob")
    if program is None:
        pytest.skip(NO_AZURITE)
    options = ["--silent", "--skipApiVersionCheck", "--inMemoryPersistence", "--blobHost", "127.0.0.1", "--blobPort"]
    yield from served([program, *options])


def _need_moto() -> None:
    if find_spec("moto") is None or find_spec("flask_cors") is None:
        pytest.skip(NO_MOTO)


def served(command: Sequence[str | Path], cwd: Path | None = None) -> Iterator[str]:
    """Yield the address of this command's server, which gets its port as the last argument."""
    port = free_port()
    process = subprocess.Popen([*command, str(port)], cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
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
        except urllib.error.HTTPError:
            return  # it answers
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


@pytest.fixture
def google_url(google_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty archive in a bucket of its own."""
    bucket = f"receipts{os.getpid()}n{next(_buckets)}"  # moto does not decode a bucket's name, as Google does
    urllib.request.urlopen(urllib.request.Request(f"{google_server}/{bucket}", method="PUT"), timeout=30).close()
    key = {"gcs_base_url": google_server, "disable_oauth": True}
    empty = dict.fromkeys(("client_email", "private_key", "private_key_id"), "")
    (tmp_path / "google.json").write_text(json.dumps({**key, **empty}))
    monkeypatch.setenv("GOOGLE_SERVICE_ACCOUNT", str(tmp_path / "google.json"))
    return f"gs://{bucket}/relay"


@pytest.fixture
def azure_url(azure_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty archive in a container of its own."""
    container = f"receipts-{os.getpid()}-{next(_buckets)}"
    create_container(azure_server, container)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", AZURE_ACCOUNT)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", AZURE_KEY)
    monkeypatch.setenv("AZURE_STORAGE_ENDPOINT", f"{azure_server}/{AZURE_ACCOUNT}")
    return f"az://{container}/relay"


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
