"""Choose the IP address of an event, and tell which addresses are public (E4, I1)."""

from bisect import bisect_right
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address, ip_network

from config.text_cache import cached_by_text
from mapping.results import OmitField, SendWithNote

# Listed here, because `is_global` also refuses the documentation ranges, which count as public here.
_NOT_PUBLIC = tuple(
    ip_network(block)
    for block in (  # in order of their first address within each version
        "0.0.0.0/8",  # unspecified
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # carrier-grade NAT
        "127.0.0.0/8",  # loopback
        "169.254.0.0/16",  # link-local
        "172.16.0.0/12",  # private
        "192.168.0.0/16",  # private
        "224.0.0.0/4",  # multicast
        "255.255.255.255/32",  # broadcast
        "::/128",  # unspecified
        "::1/128",  # loopback
        "fc00::/7",  # unique local (ULA)
        "fe80::/10",  # link-local
        "fec0::/10",  # site-local
        "ff00::/8",  # multicast
    )
)
_FIRST = {version: [int(net[0]) for net in _NOT_PUBLIC if net.version == version] for version in (4, 6)}
_LAST = {version: [int(net[-1]) for net in _NOT_PUBLIC if net.version == version] for version in (4, 6)}

# Most addresses need only their first number: IPv4 networks without reserved ranges.
PLAINLY_PUBLIC = frozenset(
    str(number)
    for number in range(1, 224)
    if not any(block.overlaps(IPv4Network((number << 24, 8))) for block in _NOT_PUBLIC if block.version == 4)
)
OCTETS = frozenset(map(str, range(256)))

_NOT_AN_ADDRESS = OmitField("not an IP address")
_NOT_PUBLIC_ADDRESS = OmitField("not a public address")
FILLED = "filled from profile"
"""The note on a field that the user's profile filled."""
_PEER = "the batch has no public address of its own: that of its sender is sent (peer_ip_fallback)"


def chosen_ip(candidates: tuple[object, object, object]) -> str | OmitField | SendWithNote | None:
    """Return the first public address of three: the batch's own, the user's remembered one, and the sender's.

    The caller passes None for an address that the connection may not send (I1).
    """
    own, remembered, peer = candidates
    address = public_ip(own)
    if isinstance(address, str):
        return address
    for candidate, note in ((remembered, FILLED), (peer, _PEER)):
        other = public_ip(candidate)
        if isinstance(other, str):
            return SendWithNote(other, note)
    return address


def public_ip(value: object) -> str | OmitField | None:
    """Return a public IPv4 or IPv6 address, trimmed; an IPv4 address inside an IPv6 one is returned as IPv4."""
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        return _NOT_AN_ADDRESS
    address = value.strip()
    octets = address.split(".")
    is_plainly_public = len(octets) == 4 and octets[0] in PLAINLY_PUBLIC and OCTETS.issuperset(octets)
    return address if is_plainly_public else _public(address)


@cached_by_text(4096)
def _public(text: str) -> str | OmitField:
    try:
        address = ip_address(text)
    except ValueError:
        return _NOT_AN_ADDRESS
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return _public(str(address.ipv4_mapped))
        if address.scope_id is not None:
            return _NOT_PUBLIC_ADDRESS
    return text if _is_public(address) else _NOT_PUBLIC_ADDRESS


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    number = int(address)
    block = bisect_right(_FIRST[address.version], number) - 1
    return block < 0 or number > _LAST[address.version][block]
