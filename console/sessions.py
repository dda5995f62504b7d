"""Sign operators in and out. A session is a random token in a cookie; Redis keeps only a digest of it.

All ingest processes share the sessions. What Redis keeps does not open the console without the token, and a new
password ends every session.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import ip_address, ip_network
from typing import Final

import structlog

from store.records.console_sessions import ConsoleSessions, Limit

LIFETIME_MS: Final = 12 * 3_600_000

PER_ADDRESS: Final = Limit(free=5, first_ms=1_000, most_ms=60_000, kept_ms=900_000)
"""Behind a proxy that is not trusted, all senders have one address, so an operator must not wait long for others."""
OF_ALL_ADDRESSES: Final = Limit(free=100, first_ms=1_000, most_ms=1_000, kept_ms=600_000)
"""Senders from many addresses get one attempt a second together; an operator can still sign in between them."""
ALL_ADDRESSES: Final = "all addresses"

log = structlog.get_logger("relay.console")


@dataclass(frozen=True, slots=True)
class Session:
    """One browser that signed in with the password."""

    token: str = field(repr=False)

    @property
    def name(self) -> str:
        """The session's name in the audit log, from which the token cannot be derived."""
        return sha256(self.token.encode()).hexdigest()[:8]

    @property
    def csrf(self) -> str:
        """The token that every form must contain; only pages of this session have it."""
        return hmac.digest(self.token.encode(), b"csrf", "sha256").hex()


class Sessions:
    """The sessions of the console. Any number of threads may use it; every method raises RedisAway."""

    def __init__(self, stored: ConsoleSessions, password: str) -> None:
        self._stored = stored
        self._password = password.encode()

    def sign_in(self, password: str, address: str) -> Session | int | None:
        """Return a new session, None for a wrong password, or how many ms to wait before the next attempt."""
        network = _network_of(address)
        if wait := self._stored.admit([(network, PER_ADDRESS), (ALL_ADDRESSES, OF_ALL_ADDRESSES)]):
            return wait
        if not hmac.compare_digest(sha256(password.encode()).digest(), sha256(self._password).digest()):
            log.warning("console_login_failed", address=address)
            return None
        self._stored.forgive(network)
        session = Session(secrets.token_urlsafe(32))
        self._stored.keep(session.token, self._proof(session.token), LIFETIME_MS)
        log.info("console_login", address=address, session=session.name)
        return session

    def find(self, token: str) -> Session | None:
        """Return the session of this token; None if there is none or the password has changed since."""
        proof = self._stored.find(token) if token else None
        return Session(token) if proof is not None and hmac.compare_digest(proof, self._proof(token)) else None

    def sign_out(self, session: Session) -> None:
        """End the session in every process."""
        self._stored.end(session.token)

    def _proof(self, token: str) -> bytes:
        return hmac.digest(token.encode(), self._password, "sha256")


def _network_of(address: str) -> str:
    """Return the network whose attempts count together: an IPv4 address, or the /64 of one IPv6 site."""
    try:
        ip = ip_address(address)
    except ValueError:
        return "unknown address"
    return str(ip) if ip.version == 4 else str(ip_network(f"{ip}/64", strict=False))
