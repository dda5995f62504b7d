"""Proxies in front: sign-in works behind their defaults, or the page names the missing header; batches pass."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from support.console_client import PASSWORD, visible_text
from support.events import batch, purchase
from support.plant import free_port
from support.site import CONFIGURATION, WEB

from config.settings import Settings
from console.app import console_routes
from ingest.server import serving

SAMPLES = Path(__file__).parents[2] / "deploy" / "proxies"
BARE_NGINX = "server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://127.0.0.1:{upstream}; }} }}"
HAPROXY = """
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
frontend front
    bind 127.0.0.1:{port}
    default_backend relay
backend relay
    server relay 127.0.0.1:{upstream}
"""
Start = Callable[[Path, int, int], list[str]]


def nginx(servers: str, directory: Path) -> list[str]:
    """Run nginx with these server blocks."""
    temporary = "".join(
        f"{name}_temp_path {directory}/{name}; " for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    user = "user root; " if os.geteuid() == 0 else ""  # who else could not write where pytest does
    (directory / "nginx.conf").write_text(
        f"{user}daemon off; pid {directory}/pid; error_log {directory}/log; events {{}} "
        f"http {{ access_log off; {temporary}\n{servers}\n}}"
    )
    return ["nginx", "-p", str(directory), "-c", str(directory / "nginx.conf"), "-e", str(directory / "log")]


def bare_nginx(directory: Path, port: int, upstream: int) -> list[str]:
    """Run nginx with only `proxy_pass`."""
    return nginx(BARE_NGINX.format(port=port, upstream=upstream), directory)


def sample_nginx(directory: Path, port: int, upstream: int) -> list[str]:
    """Run nginx as in the sample."""
    key, certificate = certificate_in(directory)
    text = (SAMPLES / "nginx.conf").read_text()
    for sample, here in {
        "127.0.0.1:8080": f"127.0.0.1:{upstream}",
        "listen 443": f"listen 127.0.0.1:{port}",
        "/etc/ssl/relay.pem": str(certificate),
        "/etc/ssl/relay.key": str(key),
    }.items():
        assert sample in text
        text = text.replace(sample, here)
    return nginx(text, directory)


def sample_caddy(directory: Path, port: int, upstream: int) -> list[str]:
    """Run Caddy as in the sample, except for its certificates."""
    text = (SAMPLES / "Caddyfile").read_text()
    text = text.replace("relay.example", f"http://127.0.0.1:{port}").replace("127.0.0.1:8080", f"127.0.0.1:{upstream}")
    (directory / "Caddyfile").write_text("{\n\tadmin off\n\tauto_https off\n}\n" + text)
    return ["caddy", "run", "--config", str(directory / "Caddyfile"), "--adapter", "caddyfile"]


def bare_haproxy(directory: Path, port: int, upstream: int) -> list[str]:
    """Run HAProxy with only a backend."""
    (directory / "haproxy.cfg").write_text(HAPROXY.format(port=port, upstream=upstream))
    return ["haproxy", "-f", str(directory / "haproxy.cfg"), "-db"]


def certificate_in(directory: Path) -> tuple[Path, Path]:
    """Write a key and a self-signed certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay.example")]), datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=1))
    signed = builder.sign(key, hashes.SHA256())
    pem = serialization.Encoding.PEM
    paths = directory / "relay.key", directory / "relay.pem"
    paths[0].write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    paths[1].write_bytes(signed.public_bytes(pem))
    return paths


PROXIES: dict[str, tuple[Start, str]] = {
    "nginx by default": (bare_nginx, "http"),
    "nginx as in the sample": (sample_nginx, "https"),
    "Caddy as in the sample": (sample_caddy, "http"),
    "HAProxy by default": (bare_haproxy, "http"),
}


@contextmanager
def proxied(name: str, directory: Path, redis_url: str) -> Iterator[httpx.Client]:
    """Give a browser at this proxy, in front of ingest and its console."""
    start, scheme = PROXIES[name]
    path = directory / "relay.yaml"
    path.write_text(CONFIGURATION)
    settings = Settings(config=path, redis_url=redis_url, admin_password=PASSWORD, trusted_proxies="127.0.0.1")  # type: ignore[arg-type]
    with console_routes(settings) as routes, serving(settings, routes) as url:
        port = free_port()
        command = start(directory, port, int(url.rpartition(":")[2]))
        if shutil.which(command[0]) is None:
            pytest.skip(f"{command[0]} is not installed")
        environ = {
            **os.environ,
            "HOME": str(directory),
            "XDG_CONFIG_HOME": str(directory),
            "XDG_DATA_HOME": str(directory),
        }
        with (
            (directory / "output").open("wb") as log,
            subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log, env=environ) as process,
        ):
            client = httpx.Client(base_url=f"{scheme}://127.0.0.1:{port}", verify=False, trust_env=False, timeout=30)
            try:
                wait_for(client, process)
                yield client
            finally:
                client.close()
                process.terminate()


def wait_for(client: httpx.Client, process: "subprocess.Popen[bytes]") -> None:
    """Return when the proxy answers."""
    deadline = time.monotonic() + 60
    while True:
        try:
            if client.get("/health/live").status_code == 200:
                return
        except httpx.TransportError:
            assert process.poll() is None, "the proxy ended"
        assert time.monotonic() < deadline
        time.sleep(0.05)


def sign_in(client: httpx.Client, *, by_fetch: bool) -> httpx.Response:
    """Sign in as browsers do: over https they send Sec-Fetch-Site, over http only Origin."""
    headers = {"origin": str(client.base_url).rstrip("/"), **({"sec-fetch-site": "same-origin"} if by_fetch else {})}
    return client.post("/console/login", data={"password": PASSWORD, "csrf": ""}, headers=headers)


@pytest.mark.parametrize("name", PROXIES)
@pytest.mark.parametrize("by_fetch", [True, False], ids=["at https", "at http"])
def test_sign_in_works_or_names_the_missing_header(name: str, by_fetch: bool, tmp_path: Path, redis_url: str) -> None:
    """And then shows pages."""
    with proxied(name, tmp_path, redis_url) as client:
        answer = sign_in(client, by_fetch=by_fetch)
        if name == "nginx by default" and not by_fetch:
            assert answer.status_code == 403
            output = visible_text(answer)
            assert f"your browser uses the host 127.0.0.1:{client.base_url.port}" in output
            assert "the header Host: 127.0.0.1:" in output
            assert "proxy_set_header Host $http_host" in output
            return
        assert (answer.status_code, answer.headers["location"]) == (303, "/console")
        assert ("secure" in answer.headers["set-cookie"].lower()) is (client.base_url.scheme == "https")
        assert client.get("/console").status_code == 200


@pytest.mark.parametrize("name", PROXIES)
def test_batches_pass(name: str, tmp_path: Path, redis_url: str) -> None:
    """Repeatedly over the same connections, and 4 MiB where the proxy admits them."""
    with proxied(name, tmp_path, redis_url) as client:
        for number in range(10):
            assert client.post("/v2/events", json=batch(purchase(number)), auth=WEB).status_code == 202
        large = client.post("/v2/bulkevents", content=b"[{}" + b" " * (3 << 20) + b"]", auth=WEB)
        assert large.status_code == (413 if name == "nginx by default" else 202)
