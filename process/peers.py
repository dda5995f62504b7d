"""Find the sender of a request: the peer itself, or the client that a trusted proxy names (RELAY_TRUSTED_PROXIES)."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

from config.text_cache import cached_by_text

Scope = Mapping[str, Any]
"""An ASGI scope; `client`, `scheme` and `headers` are read."""
Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_FORWARDED = b"x-forwarded-for"
_PROTO = b"x-forwarded-proto"
_HOST = b"x-forwarded-host"


class Peers:
    """Finds the address of the sender of a request; headers of the `trusted` proxies are believed."""

    def __init__(self, trusted: Sequence[Network]) -> None:
        self._trusted = tuple(trusted)
        self._read = cached_by_text(4096)(self._read_hop)

    def address_of(self, scope: Scope) -> str:
        """Return the peer's address; behind trusted proxies, the right-most in X-Forwarded-For that is not theirs.

        Return "" when there is none. Addresses further left may be forged by the sender, so they are never read.
        """
        client = scope.get("client")
        text, is_proxy = self._read(client[0] if client else "")
        if not is_proxy:
            return text
        for hop in reversed(_hops(scope)):
            text, is_proxy = self._read(hop)
            if not is_proxy:
                return text
        return ""

    def is_https(self, scope: Scope) -> bool:
        """Return whether the request came encrypted, to relay or to a trusted proxy that says so."""
        client = scope.get("client")
        if client and self._read(client[0])[1] and (protocols := _values(scope, _PROTO)):
            return protocols[-1].strip().lower() == "https"
        return bool(scope.get("scheme") == "https")

    def forwarded_hosts(self, scope: Scope) -> list[str]:
        """Return the host that the client asked for, if a trusted proxy names it; else an empty list."""
        client = scope.get("client")
        if not client or not self._read(client[0])[1]:
            return []
        return [host.strip() for host in _values(scope, _HOST)[-1:]]

    def _read_hop(self, hop: str) -> tuple[str, bool]:
        """Return the address in one hop ("" when it is none), and whether it is a trusted proxy's."""
        address = _address(hop)
        if address is None:
            return "", False
        return str(address), any(address in network for network in self._trusted)


def _hops(scope: Scope) -> list[str]:
    """Return the addresses that proxies appended, the nearest last."""
    return _values(scope, _FORWARDED)


def _values(scope: Scope, header: bytes) -> list[str]:
    """Return the elements of a header; several headers of one name are one list (RFC 9110, 5.3)."""
    values = [value for name, value in scope["headers"] if name == header]
    return b",".join(values).decode("latin-1").split(",") if values else []


def _address(hop: str) -> Address | None:
    """Parse `203.0.113.9`, `203.0.113.9:4711`, `2001:db8::7` or `[2001:db8::7]:4711`; IPv4 inside IPv6 becomes IPv4."""
    host = hop.strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        address = ip_address(host)
    except ValueError:
        return None
    return (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address
