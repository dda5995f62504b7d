"""Listen on RELAY_HOST: names and addresses of both families, with a clear error where that is impossible."""

import errno
import os
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

import structlog

BACKLOG: Final = 2048
RESERVED_DESCRIPTORS: Final = 128
"""File descriptors for Redis, files, logs, listeners, and connections that are being closed."""

log = structlog.get_logger("relay.ingest")


class CannotListen(OSError):
    """RELAY_HOST and a port cannot be listened on; the message is a sentence without a full stop.

    `temporary`: the port is in use, perhaps by a process that is ending.
    """

    def __init__(self, host: str, port: int, reason: str, remedy: str, *, temporary: bool = False) -> None:
        super().__init__(f"cannot listen on {host}:{port}: {reason}; set {remedy}")
        self.temporary = temporary


def listen(host: str, port: int, variable: str = "RELAY_PORT") -> list[socket.socket]:
    """Return listening sockets for every address of `host`; connections from now on are served.

    `::` and an empty host mean every address of both families. Raise CannotListen.
    """
    with ExitStack() as opened:
        sockets = []
        for address in _addresses(host, port):
            listener = opened.enter_context(_listen(host, port, address, variable))
            port = port or listener.getsockname()[1]
            sockets.append(listener)
        opened.pop_all()
        return sockets


@contextmanager
def listening(host: str, port: int, variable: str = "RELAY_PORT") -> Iterator[list[socket.socket]]:
    """Yield the sockets of `listen`, and close them at the end of the block."""
    with ExitStack() as opened:
        yield [opened.enter_context(listener) for listener in listen(host, port, variable)]


def _addresses(host: str, port: int) -> list[str]:
    """Return the addresses of a host, or of several separated by commas, each once."""
    found: dict[str, None] = {}
    for name in [part.strip() for part in host.split(",") if part.strip()] or ["::"]:
        bare = name[1:-1] if name.startswith("[") and name.endswith("]") else name
        try:
            infos = socket.getaddrinfo(bare, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        except (OSError, UnicodeError):
            reason = f"{name} is neither an address of this machine nor a name that can be resolved"
            raise CannotListen(host, port, reason, "RELAY_HOST to such as 127.0.0.1, 0.0.0.0 or ::") from None
        found |= {str(info[4][0]): None for info in infos}
    return list(found)


def _listen(host: str, port: int, address: str, variable: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    both = address == "::" and socket.has_dualstack_ipv6() and "0.0.0.0" not in host  # noqa: S104 - compared only
    try:
        return socket.create_server((address, port), family=family, backlog=BACKLOG, dualstack_ipv6=both)
    except OSError as error:
        if error.errno == errno.EAFNOSUPPORT and address == "::" and "0.0.0.0" not in host:  # noqa: S104 - compared
            return _listen(host, port, "0.0.0.0", variable)  # noqa: S104 - as `::` means
        in_use = error.errno == errno.EADDRINUSE
        raise CannotListen(host, port, *_reason(error, address, variable), temporary=in_use) from None


def _reason(error: OSError, address: str, variable: str) -> tuple[str, str]:
    """Return what is wrong, and which variable to set."""
    match error.errno:
        case errno.EACCES | errno.EPERM:
            return "ports below 1024 are for root", variable
        case errno.EADDRNOTAVAIL:
            return f"this machine does not have the address {address}", "RELAY_HOST to one of its own, 0.0.0.0 or ::"
        case errno.EAFNOSUPPORT:
            family = "IPv6" if ":" in address else "IPv4"
            return f"this machine has no {family}", "RELAY_HOST to an address of its other family"
        case _:
            return (os.strerror(error.errno) if error.errno else str(error)), variable


def allowed_connections(wanted: int) -> int:
    """Return the wanted number of connections, or fewer if the limit of open files is low; raise that limit first."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + RESERVED_DESCRIPTORS
    if soft != resource.RLIM_INFINITY and soft < needed:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    allowed = wanted if soft == resource.RLIM_INFINITY else min(wanted, max(soft - RESERVED_DESCRIPTORS, soft // 2))
    if allowed < wanted:
        log.warning("connection_limit_lowered", allowed=allowed)
    return allowed


def local_host(host: str) -> str:
    """Return the host for URLs by which this machine reaches a process that listens on `host`."""
    first = next((part.strip() for part in host.split(",") if part.strip()), "::").strip("[]")
    match first:
        case "0.0.0.0" | "::" if first == "0.0.0.0" or socket.has_dualstack_ipv6() or not _has_ipv6():  # noqa: S104
            return "127.0.0.1"
        case "::":
            return "[::1]"
        case _:
            return f"[{first}]" if ":" in first else first


def _has_ipv6() -> bool:
    """Return whether the kernel supports IPv6: whether a socket of that family can be made."""
    try:
        socket.socket(socket.AF_INET6, socket.SOCK_STREAM).close()
    except OSError:
        return False
    return True


def is_everywhere(host: str) -> bool:
    """Return whether `host` means every address of this machine."""
    return bool({part.strip().strip("[]") for part in host.split(",")} & {"", "::", "0.0.0.0"})  # noqa: S104 - compared
