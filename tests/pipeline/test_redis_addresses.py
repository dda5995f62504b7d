"""With every documented form of RELAY_REDIS_URL an event reaches TikTok: relay and Celery read it alike."""

import hashlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import httpx
import pytest
import redis
from support.events import batch, purchase
from support.plant import SERVER, Process, free_port
from support.product import RELAY
from support.sentinel import running_sentinel
from support.site import running_site
from support.tls import Authority, tls_in_front

from lanes.ledger import read_ledger
from sandbox.client import SandboxClient
from store.client import connect

PASSWORD = "p/a#s?s@w:o%r d"
USER = "relay"
CONFIGURATION = """
inputs:
  - {id: web, platform: web, api_key: web-key, api_secret: web-secret}
connections:
  - {id: shop, inputs: [web], access_token: token, event_source_id: PIXEL1, enable_web_migration: true}
"""


class Places(NamedTuple):
    """The addresses of one server, which is reached in several ways."""

    port: int
    socket: Path
    tls_port: int
    certificates_port: int
    ca: Path
    client: Path
    key: Path
    sentinel: int
    tls_sentinel: int


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    """A server with a user and a password: on TCP, on a socket, behind TLS with and without client certificates."""
    directory = tmp_path_factory.mktemp("redis")
    port, path = free_port(), directory / "redis.sock"
    (directory / "users.acl").write_text(f"user default off\nuser {USER} on ~* &* +@all #{_digest()}\n")
    command = [os.fspath(SERVER), "--port", str(port), "--bind", "127.0.0.1", "::1", "--unixsocket", str(path)]
    command += ["--save", "", "--dir", str(directory), "--aclfile", str(directory / "users.acl")]
    authority = Authority(directory)
    server, client = authority.issue("server", "127.0.0.1", "localhost"), authority.issue("client", "relay.example")
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        with tls_in_front(port, *server) as tls_port, tls_in_front(port, *server, clients=authority.file) as strict:
            _until(path.exists)
            monitors, who = _monitors(relay=port, secure=tls_port)
            with (
                running_sentinel(directory, *who, password="s/e n", monitors=monitors) as sentinel,
                tls_in_front(sentinel, *server) as tls,
            ):
                yield Places(port, path, tls_port, strict, authority.file, *client, sentinel, tls)
    finally:
        process.terminate()
        process.wait()


def _monitors(**primaries: int) -> tuple[list[str], list[str]]:
    """Return which primaries a Sentinel knows by name, and how it signs in there."""
    monitors = [f"{name} 127.0.0.1 {port} 1" for name, port in primaries.items()]
    who = [(f"sentinel auth-user {name} {USER}", f'sentinel auth-pass {name} "{PASSWORD}"') for name in primaries]
    return monitors, [line for lines in who for line in lines]


def _digest() -> str:

    return hashlib.sha256(PASSWORD.encode()).hexdigest()


WHO = f"{USER}:{quote(PASSWORD, safe='')}"
FORMS: dict[str, Callable[[Places], str]] = {
    "redis://": lambda at: f"redis://{WHO}@127.0.0.1:{at.port}",
    "redis:// with a database": lambda at: f"redis://{WHO}@localhost:{at.port}/3",
    "redis:// with ?db=": lambda at: f"redis://{WHO}@127.0.0.1:{at.port}?db=4",
    "redis:// on IPv6": lambda at: f"redis://{WHO}@[::1]:{at.port}/5",
    "unix://": lambda at: f"unix://{WHO}@{at.socket}",
    "unix:// with a database": lambda at: f"unix://{WHO}@{at.socket}?db=6",
    "rediss:// with a CA": lambda at: f"rediss://{WHO}@127.0.0.1:{at.tls_port}/7?ssl_ca_certs={at.ca}",
    "rediss:// with a certificate": lambda at: (
        f"rediss://{WHO}@localhost:{at.certificates_port}/8"
        f"?ssl_ca_certs={at.ca}&ssl_certfile={at.client}&ssl_keyfile={at.key}"
    ),
    "rediss:// unverified": lambda at: f"rediss://{WHO}@127.0.0.1:{at.tls_port}/9?ssl_cert_reqs=none",
    "sentinel://": lambda at: (
        f"sentinel://{WHO}@127.0.0.1:9,127.0.0.1:{at.sentinel}/relay/10?sentinel_password=s%2Fe%20n"
    ),
    "sentinels://": lambda at: (
        f"sentinels://{WHO}@127.0.0.1:{at.tls_sentinel}/secure/11?sentinel_password=s%2Fe%20n&ssl_ca_certs={at.ca}"
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_delivers(form: str, places: Places, tmp_path: Path) -> None:
    """Ingest answers 202 and the event reaches TikTok: the worker's connection and Celery's are the same."""
    url, sandbox_port = FORMS[form](places), free_port()
    with connect(url) as client:
        client.flushdb()
    environment = {
        "RELAY_CONFIG": str(tmp_path / "relay.yaml"),
        "RELAY_REDIS_URL": url,
        "RELAY_DATA_DIR": str(tmp_path),
        "RELAY_TIKTOK_URL": f"http://127.0.0.1:{sandbox_port}",
        "RELAY_SANDBOX_PORT": str(sandbox_port),
        "HTTP_PROXY": "http://127.0.0.1:9",  # and what stays on this machine asks no proxy
    }
    sandbox = Process("sandbox", [str(RELAY), "sandbox"], environment, tmp_path / "sandbox.log")
    try:
        seen = SandboxClient(environment["RELAY_TIKTOK_URL"])
        with running_site(tmp_path, url, CONFIGURATION) as site, closing(seen):
            worker = Process("worker", [str(RELAY), "worker"], environment, tmp_path / "worker.log")
            try:
                assert site.post(batch(purchase(1))).status_code == 202
                with connect(url) as client:
                    _until(lambda: _delivered(client) == 1)
                assert len(seen.events()) == 1
            finally:
                worker.stop()
    finally:
        sandbox.stop()
    log = (tmp_path / "worker.log").read_text()
    assert PASSWORD not in log
    assert quote(PASSWORD, safe="") not in log


@pytest.mark.parametrize("form", ["unix:// with a database", "rediss:// with a certificate", "sentinel://"])
def test_flower_reads_the_same_address(form: str, places: Places, tmp_path: Path) -> None:
    """It shows the workers and the queues; no page of it contains the password."""
    port = free_port()
    (tmp_path / "relay.yaml").write_text(CONFIGURATION)
    environment = {
        "RELAY_CONFIG": str(tmp_path / "relay.yaml"),
        "RELAY_REDIS_URL": FORMS[form](places),
        "RELAY_DATA_DIR": str(tmp_path),
        "FLOWER_BASIC_AUTH": "relay:flower-pass",
        "FLOWER_PORT": str(port),
    }
    processes = [
        Process(name, [str(RELAY), name], environment, tmp_path / f"{name}.log") for name in ("worker", "flower")
    ]
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", auth=("relay", "flower-pass"), trust_env=False, timeout=30
        ) as http:

            def knows_the_worker() -> bool:
                try:
                    return bool(http.get("/api/workers", params={"refresh": "1"}).json())
                except (httpx.HTTPError, ValueError):
                    return False

            _until(knows_the_worker)
            pages = [http.get(path) for path in ("/", "/broker", "/api/queues/length", "/api/workers")]
    finally:
        for process in processes:
            process.stop()
    assert [page.status_code for page in pages] == [200] * 4
    assert pages[2].json()["active_queues"] == [{"name": "relay", "messages": 0}]
    shown = "".join([page.text for page in pages] + [(tmp_path / "flower.log").read_text()])
    assert not any(secret in shown for secret in (PASSWORD, quote(PASSWORD, safe="")))


def _delivered(client: redis.Redis) -> int:
    return read_ledger(client, ["shop"], []).connections[0].counts.get("delivered", 0)


def _until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.05)
