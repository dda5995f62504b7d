"""Servers that refuse, each for a reason of its own."""

import os
import signal
import socket
import threading
from contextlib import ExitStack, suppress
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import redis
from support.acl import running_server
from support.sentinel import running_sentinel
from support.server import SERVER, free_port
from support.servers import with_tls
from support.tls import Authority, tls_in_front

from store.client import connect
from store.diagnosis.probe import Probe
from store.errors import Trouble

UNPRIVILEGED = 65534
PROTECTED = b"-DENIED Redis is running in protected mode because protected mode is enabled and no password is set.\r\n"


class Ground:
    """Where a case starts its server; everything ends with the test."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self.directory, self._stack = directory, stack
        self.authority = Authority(directory)

    def server(self, *options: str, program: Path = SERVER, port: int = 0) -> str:
        """Return the URL of a server."""
        return self._stack.enter_context(running_server(self.directory, *options, program=program, port=port))

    def sentinel(self, *, password: str = "", name: str = "relay") -> str:
        """Return the address of a primary that a Sentinel knows as `relay`; asked for as `name`, without a password."""
        port = self._stack.enter_context(
            running_sentinel(self.directory, password=password, monitors=["relay 127.0.0.1 9 1"])
        )
        return f"sentinel://:hidden@127.0.0.1:{port}/{name}"

    def configured(self, **settings: str) -> str:
        """Return the URL of a server that got these settings after its start."""
        url = self.server()
        with redis.Redis.from_url(url) as client:
            for name, value in settings.items():
                client.config_set(name.replace("_", "-"), value)
        return url

    def tls(self, *hosts: str, clients: bool = False, **front: Any) -> str:
        """Return an address that speaks TLS, in front of a server. `hosts`: those that its certificate names."""
        port = int(self.server().rpartition(":")[2].partition("/")[0])
        pair = self.authority.issue("server", *(hosts or ("127.0.0.1",)))
        asked = self.authority.file if clients else None
        return f"127.0.0.1:{self._stack.enter_context(tls_in_front(port, *pair, clients=asked, **front))}"

    def real_tls(self, *options: str, crowded: bool = False, **certificate: Any) -> str:
        """Return an address at which a Redis itself speaks TLS; it asks for client certificates by default.

        `crowded`: another client has its only place.
        """
        port, (public, secret) = free_port(), self.authority.issue("server", "127.0.0.1", **certificate)
        files = ["--tls-cert-file", str(public), "--tls-key-file", str(secret)]
        files += ["--tls-ca-cert-file", str(self.authority.file)]
        more = ("--maxclients", "1") if crowded else ()
        url = self.server("--tls-port", str(port), *files, *options, *more, program=with_tls())
        if crowded:
            self.take_the_only_place(url)
        return f"127.0.0.1:{port}"

    def trusted(self, address: str, **files: Path) -> str:
        """Return the URL of that address for a client that trusts the authority. `files`: its certificate and key."""
        more = "".join(f"&ssl_{name}={file}" for name, file in files.items())
        return f"rediss://{address}?ssl_ca_certs={self.authority.file}{more}"

    def with_certificate(self, address: str, issuer: Authority, **certificate: Any) -> str:
        """Return the same for a client with a certificate of that issuer."""
        public, secret = issuer.issue("client", "relay.example", **certificate)
        return self.trusted(address, certfile=public, keyfile=secret)

    def take_the_only_place(self, url: str) -> None:
        """Connect to a server with `maxclients 1`."""
        client = self._stack.enter_context(redis.Redis.from_url(url))
        for _ in range(1_000):  # the place may be taken a moment longer by the client that waited for the server
            with suppress(redis.ConnectionError):
                client.ping()
                return
        raise AssertionError("the only place never became free")

    def frozen(self) -> str:
        """Return the URL of a server that is stopped and takes connections, as the kernel does for it."""
        url = self.server()
        with redis.Redis.from_url(url) as client:
            os.kill(client.info("server")["process_id"], signal.SIGSTOP)
        return url

    def closing(self, word: bytes = b"", *, greets: bool = False) -> str:
        """Return an address that closes every connection, as a load balancer without a server does.

        `word`: what it answers first, or says first where it `greets`.
        """
        listening = self._stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        threading.Thread(target=_close_each, args=(listening, word, greets), daemon=True).start()
        self._stack.callback(listening.shutdown, socket.SHUT_RDWR)
        return f"127.0.0.1:{listening.getsockname()[1]}"

    def web_server(self) -> str:
        """Return the address of something else, which speaks HTTP."""
        server = self._stack.enter_context(HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self._stack.callback(server.shutdown)
        return f"127.0.0.1:{server.server_port}"

    def protected(self) -> str:
        """Return the URL of a stand-in for a Redis in protected mode, which itself answers loopback."""
        return f"redis://{self.closing(PROTECTED, greets=True)}"

    def denied_socket(self) -> str:
        """Return the URL of a socket that may not be opened; the rest of the test runs without the rights of root."""
        path = self.directory / "redis.sock"
        self.server("--unixsocket", str(path))
        path.chmod(0)
        if os.geteuid() == 0:
            os.seteuid(UNPRIVILEGED)
            self._stack.callback(os.seteuid, 0)
        return f"unix://{path}"


def trouble_of(url: str) -> Trouble:
    """Return what the probe reports of the server."""
    with connect(url) as client:
        trouble = Probe(client).trouble()
    assert trouble is not None
    return trouble


def _close_each(listening: socket.socket, word: bytes, greets: bool) -> None:
    with suppress(OSError):
        while True:
            with listening.accept()[0] as client:
                if word and not greets:
                    client.recv(1 << 16)
                client.sendall(word)
