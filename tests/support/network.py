"""Networks on loopback: a TikTok behind TLS with any certificate, and HTTP and SOCKS proxies that pass or refuse."""

import base64
import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import trustme

HOST = "tiktok.test"
"""A name that only a proxy knows."""


@dataclass
class TlsServer:
    """A server that answers `{"code":0}` behind TLS. `authority` signed its certificate; `requests` are the paths."""

    port: int
    authority: trustme.CA
    requests: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """The URL for a client on this machine."""
        return f"https://localhost:{self.port}"


@contextmanager
def tls_server(*names: str, expired: bool = False) -> Iterator[TlsServer]:
    """Serve with a certificate for these names, from an authority that no client trusts yet."""
    authority = trustme.CA()
    yesterday = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=1)
    certificate = authority.issue_cert(*(names or ("localhost", HOST)), not_after=yesterday if expired else None)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    made: list[TlsServer] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            made[0].requests.append(self.path)
            body = b'{"code":0,"message":"OK","request_id":"r","data":{}}'
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Write nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            """Ignore a client that refuses the certificate and closes the connection; that is what is tested."""

    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    made.append(TlsServer(server.server_address[1], authority))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield made[0]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class RunningProxy:
    """A proxy; `asked` has the destination that each client requested."""

    port: int
    asked: list[str] = field(default_factory=list)


@contextmanager
def http_proxy(to: int = 0, *, password: str = "", refuses: bytes = b"") -> Iterator[RunningProxy]:
    """Tunnel every CONNECT to port `to` of this machine, whatever host it names; or answer `refuses` (`403 No`)."""

    def serve(client: socket.socket, proxy: RunningProxy) -> None:
        head = _until(client, b"\r\n\r\n")
        proxy.asked.append(head.split(b" ", 2)[1].decode())
        credentials = base64.b64encode(password.encode())
        if password and b"\r\nproxy-authorization: basic " + credentials.lower() not in head.lower():
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
        elif refuses:
            client.sendall(b"HTTP/1.1 " + refuses + b"\r\nContent-Length: 0\r\n\r\n")
        else:
            client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            _join(client, to)

    with _listening(serve) as proxy:
        yield proxy


@contextmanager
def socks_proxy(to: int) -> Iterator[RunningProxy]:
    """Run a SOCKS5 proxy without a password that connects to port `to` of this machine, whatever host is named."""

    def serve(client: socket.socket, proxy: RunningProxy) -> None:
        methods = _exactly(client, 2)[1]
        _exactly(client, methods)
        client.sendall(b"\x05\x00")
        length = _exactly(client, 5)[4]
        proxy.asked.append(_exactly(client, length).decode())
        _exactly(client, 2)
        client.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        _join(client, to)

    with _listening(serve) as proxy:
        yield proxy


@contextmanager
def _listening(serve: Callable[[socket.socket, RunningProxy], None]) -> Iterator[RunningProxy]:
    listener = socket.create_server(("127.0.0.1", 0))
    proxy = RunningProxy(listener.getsockname()[1])
    clients: list[socket.socket] = []

    def treat(client: socket.socket) -> None:
        with suppress(OSError, ValueError, IndexError):
            serve(client, proxy)
        client.close()

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                clients.append(client)
                threading.Thread(target=treat, args=(client,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield proxy
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for client in clients:
            client.close()


def _join(client: socket.socket, port: int) -> None:
    """Pass bytes both ways until either side ends."""
    with socket.create_connection(("127.0.0.1", port)) as server:
        other = threading.Thread(target=_pass_on, args=(server, client), daemon=True)
        other.start()
        _pass_on(client, server)
        other.join()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def _until(client: socket.socket, end: bytes) -> bytes:
    data = b""
    while end not in data:
        data += client.recv(1) or _gone()
    return data


def _exactly(client: socket.socket, length: int) -> bytes:
    data = b""
    while len(data) < length:
        data += client.recv(length - len(data)) or _gone()
    return data


def _gone() -> bytes:
    raise ValueError("the client is gone")
