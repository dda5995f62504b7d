"""TikTok out of reach: the client says why and who must do what, and has sent nothing. Proxies work."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from support.network import HOST, TlsServer, http_proxy, socks_proxy, tls_server
from support.server import free_port

from delivery.client import Answer, Client, NoAnswer, Timeouts
from delivery.verdict import RetryLater, judge
from sandbox.client import SandboxClient

TIMEOUTS = Timeouts(connect=10.0, read=10.0, write=10.0, pool=10.0)
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_network_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the machine's own proxy and certificate settings."""
    for name in (*PROXIES, "SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def post(url: str) -> Answer | NoAnswer:
    """Make one request with a new client."""
    with Client(url, timeouts=TIMEOUTS) as client:
        return client.post("/open_api/v1.3/event/track/", b"{}", "token")


def trouble_of(answer: Answer | NoAnswer) -> tuple[str, str]:
    """Return the error and what to do. Nothing was sent, so the outcome is known."""
    verdict = judge(answer, 1)
    assert isinstance(verdict, RetryLater)
    assert verdict.remedy is not None
    assert not verdict.unknown
    assert verdict.remedy.who == "the operator of this relay"
    return verdict.error.removeprefix("TikTok is out of reach: "), verdict.remedy.what_to_do


def trust(server: TlsServer, directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name the test server's authority in SSL_CERT_FILE."""
    server.authority.cert_pem.write_to_path(directory / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(directory / "ca.pem"))


def test_a_name_that_does_not_resolve() -> None:
    """The error of DNS."""
    error, what = trouble_of(post("https://relay.invalid"))
    assert error == "its name does not resolve"
    assert "name servers" in what


def test_name_servers_that_hang(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each request ends when its time is over; a hundred of them wait for one lookup, not for a hundred."""
    answer, asked = threading.Event(), []

    def hang(host: str, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        answer.wait()
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", hang)
    try:
        with (
            Client("https://tiktok.example", timeouts=Timeouts(connect=0.2, read=0.2, write=0.2, pool=0.2)) as client,
            ThreadPoolExecutor(40) as threads,
        ):
            answers = list(threads.map(lambda _: client.post("/track/", b"{}", "token"), range(100)))
    finally:
        answer.set()
    assert {trouble_of(each)[0] for each in answers} == {"its name does not resolve"}
    assert asked == ["tiktok.example"]


def test_the_next_address_is_tried(sandbox: SandboxClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with several addresses, of which the first does not answer."""
    addresses = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, 0)) for host in ("127.0.0.2", "127.0.0.1")]
    resolve = socket.getaddrinfo

    def of_two(host: str, *rest: Any, **options: Any) -> list[Any]:
        return addresses if host == "tiktok.example" else resolve(host, *rest, **options)

    monkeypatch.setattr(socket, "getaddrinfo", of_two)
    assert isinstance(post(sandbox.url.replace("127.0.0.1", "tiktok.example")), Answer)


def test_no_server_listens() -> None:
    """The port is closed."""
    error, what = trouble_of(post(f"https://localhost:{free_port()}"))
    assert error == "connection refused"
    assert "firewall" in what


def test_an_unknown_authority() -> None:
    """A company's proxy that inspects TLS signs with its own authority."""
    with tls_server() as server:
        error, what = trouble_of(post(server.url))
    assert error == "certificate of an unknown authority"
    assert "SSL_CERT_FILE" in what


def test_an_expired_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The certificate has expired, or this host's clock is wrong."""
    with tls_server(expired=True) as server:
        trust(server, tmp_path, monkeypatch)
        error, what = trouble_of(post(server.url))
    assert error == "certificate not valid now"
    assert "clock" in what


def test_a_certificate_of_another_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name leads to another server."""
    with tls_server("elsewhere.example") as server:
        trust(server, tmp_path, monkeypatch)
        error, what = trouble_of(post(server.url))
    assert error == "certificate of another host"
    assert "RELAY_TIKTOK_URL" in what


def test_a_proxy_that_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error shows its host and port, never its password."""
    port = free_port()
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:hunter2@127.0.0.1:{port}")
    error, what = trouble_of(post(f"https://{HOST}"))
    assert error == f"the proxy at 127.0.0.1:{port} cannot be reached"
    assert "NO_PROXY" in what


def test_a_proxy_that_wants_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers 407."""
    with http_proxy(password="user:right") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:wrong@127.0.0.1:{proxy.port}")
        error, what = trouble_of(post(f"https://{HOST}"))
    assert error == f"the proxy at 127.0.0.1:{proxy.port} asks for a password (407)"
    assert "%40" in what


def test_a_proxy_that_refuses_the_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """It answers 403 to CONNECT."""
    with http_proxy(refuses=b"403 Forbidden") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        error, what = trouble_of(post(f"https://{HOST}"))
    assert error == f"the proxy at 127.0.0.1:{proxy.port} does not connect to TikTok (403)"
    assert "CONNECT" in what


def test_a_certificate_is_verified_behind_a_proxy_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """The tunnel was made, and nothing of an event was sent through it."""
    with tls_server() as server, http_proxy(server.port) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        error, _ = trouble_of(post(f"https://{HOST}"))
    assert error == "certificate of an unknown authority"


def test_through_an_http_proxy_with_a_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy resolves TikTok's name."""
    with tls_server() as server, http_proxy(server.port, password="us@er:p/ass") as proxy:
        trust(server, tmp_path, monkeypatch)
        monkeypatch.setenv("HTTPS_PROXY", f"http://us%40er:p%2Fass@127.0.0.1:{proxy.port}")
        answer = post(f"https://{HOST}")
    assert isinstance(answer, Answer)
    assert (answer.code, proxy.asked, server.requests) == (0, [f"{HOST}:443"], ["/open_api/v1.3/event/track/"])


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_through_a_socks_proxy(scheme: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With both spellings the proxy resolves the name."""
    with tls_server() as server, socks_proxy(server.port) as proxy:
        trust(server, tmp_path, monkeypatch)
        monkeypatch.setenv("ALL_PROXY", f"{scheme}://127.0.0.1:{proxy.port}")
        answer = post(f"https://{HOST}")
    assert isinstance(answer, Answer)
    assert (answer.code, proxy.asked) == (0, [HOST])


def test_a_host_in_no_proxy_is_reached_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the proxy would know the name."""
    with http_proxy(refuses=b"403 Forbidden") as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("NO_PROXY", "[::1,relay.invalid")
        error, _ = trouble_of(post("https://relay.invalid"))
    assert (error, proxy.asked) == ("its name does not resolve", [])


def test_a_private_authority_is_trusted_once_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named in SSL_CERT_FILE."""
    with tls_server() as server:
        trust(server, tmp_path, monkeypatch)
        answer = post(server.url)
    assert isinstance(answer, Answer)
    assert answer.code == 0
