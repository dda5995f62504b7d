"""`RELAY_TRUSTED_PROXIES`: the address of a sender, and which proxies are believed."""

from ipaddress import ip_network

import pytest

from process.peers import Peers

TRUSTED = ("10.0.0.0/8", "2001:db8:aaaa::/48")
USER = "203.0.113.9"
PROXY = "10.0.0.7"

CASES = {
    "a direct peer": (USER, [], USER),
    "a direct peer that says it is another": (USER, ["198.51.100.1"], USER),
    "behind a trusted proxy": (PROXY, [USER], USER),
    "what the user wrote himself is further left": (PROXY, [f"198.51.100.1, {USER}"], USER),
    "two trusted proxies": (PROXY, [f"{USER}, 10.0.0.8"], USER),
    "an untrusted proxy between": (PROXY, [f"{USER}, 198.51.100.77"], "198.51.100.77"),
    "several headers are one list": (PROXY, [f"1.1.1.1, {USER}", "10.0.0.8"], USER),
    "a port": (PROXY, [f"{USER}:4711"], USER),
    "IPv6 in brackets with a port": (PROXY, ["[2001:db8:bbbb::7]:4711"], "2001:db8:bbbb::7"),
    "an IPv6 proxy": ("2001:db8:aaaa::1", [USER], USER),
    "an IPv4 proxy seen through an IPv6 socket": ("::ffff:10.0.0.7", [USER], USER),
    "a trusted proxy that says nothing": (PROXY, [], ""),
    "nothing but proxies": (PROXY, ["10.0.0.9, 10.0.0.8"], ""),
    "nonsense from a trusted proxy": (PROXY, [f"{USER}, unknown"], ""),
    "an empty header": (PROXY, [""], ""),
    "no peer, as on a socket file": (None, [USER], ""),
}


@pytest.mark.parametrize(("peer", "forwarded", "expected"), CASES.values(), ids=CASES.keys())
def test_address_of_the_sender(peer: str | None, forwarded: list[str], expected: str) -> None:
    """It is the right-most address that is not a trusted proxy's, or none."""
    peers = Peers([ip_network(network) for network in TRUSTED])
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    assert peers.address_of({"client": peer and (peer, 4711), "headers": headers}) == expected


def test_no_proxy_is_trusted_unless_listed() -> None:
    """By default the header is ignored, because anyone may send it."""
    scope = {"client": (PROXY, 4711), "headers": [(b"x-forwarded-for", USER.encode())]}
    assert Peers(()).address_of(scope) == PROXY


@pytest.mark.parametrize(
    ("peer", "scheme", "forwarded", "expected"),
    [
        (USER, "https", [], True),
        (USER, "http", [], False),
        (USER, "http", ["https"], False),
        (PROXY, "http", ["https"], True),
        (PROXY, "http", ["https, http"], False),
        (PROXY, "http", [], False),
        (None, "https", [], True),
    ],
)
def test_a_request_is_https_if_it_came_so_to_relay_or_to_a_trusted_proxy(
    peer: str | None, scheme: str, forwarded: list[str], expected: bool
) -> None:
    """The nearest proxy writes the last value; only this one is believed."""
    headers = [(b"x-forwarded-proto", value.encode()) for value in forwarded]
    peers = Peers([ip_network(network) for network in TRUSTED])
    assert peers.is_https({"client": peer and (peer, 4711), "scheme": scheme, "headers": headers}) is expected
