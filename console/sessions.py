"""Who is signed in: a random token in a cookie, of which Redis keeps a digest, so that every ingest process knows it.

What Redis has is worth nothing without the token, and nothing once the password has been changed.
"""

import hmac
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from ipaddress import ip_address, ip_network
from typing import Final

import structlog

from store.console_sessions import ConsoleSessions, Limit

LASTS_MS: Final = 12 * 3_600_000

PER_ADDRESS: Final = Limit(free=5, first_ms=1_000, most_ms=60_000, kept_ms=900_000)
"""Behind a proxy that is not trusted all have one address: whoever knows the password must not wait long for others."""
FROM_ALL: Final = Limit(free=100, first_ms=1_000, most_ms=1_000, kept_ms=600_000)
"""Whoever tries from everywhere has a try a second; whoever knows the password gets in between them."""
EVERYBODY: Final = "everybody"

log = structlog.get_logger("relay.console")


@dataclass(frozen=True, slots=True)
class Session:
    """One visitor who knows the password."""

    token: str = field(repr=False)

    @property
    def name(self) -> str:
        """What the audit calls it; tells nothing of the token."""
        return sha256(self.token.encode()).hexdigest()[:8]

    @property
    def csrf(self) -> str:
        """What forms must bring back: only pages of this session have it."""
        return hmac.digest(self.token.encode(), b"csrf", "sha256").hex()


class Sessions:
    """Every session of the console; serves any number of threads. Raises RedisAway."""

    def __init__(self, visitors: ConsoleSessions, password: str) -> None:
        self._visitors = visitors
        self._password = password.encode()

    def sign_in(self, password: str, address: str) -> Session | int | None:
        """A new session; or None for a wrong password; or how many ms to wait before the next try."""
        who = _neighbourhood(address)
        if wait := self._visitors.admit([(who, PER_ADDRESS), (EVERYBODY, FROM_ALL)]):
            return wait
        if not hmac.compare_digest(sha256(password.encode()).digest(), sha256(self._password).digest()):
            log.warning("console_login_failed", address=address)
            return None
        self._visitors.forgive(who)
        session = Session(secrets.token_urlsafe(32))
        self._visitors.keep(session.token, self._proof(session.token), LASTS_MS)
        log.info("console_login", address=address, session=session.name)
        return session

    def find(self, token: str) -> Session | None:
        """The session of that token, if there is one and the password is still what it was."""
        kept = self._visitors.find(token) if token else None
        return Session(token) if kept is not None and hmac.compare_digest(kept, self._proof(token)) else None

    def sign_out(self, session: Session) -> None:
        """End it, for every process."""
        self._visitors.end(session.token)

    def _proof(self, token: str) -> bytes:
        return hmac.digest(token.encode(), self._password, "sha256")


def _neighbourhood(address: str) -> str:
    """Whose tries count together: an IPv4 address, or the /64 that one household or server has of IPv6."""
    try:
        read = ip_address(address)
    except ValueError:
        return "nobody knows who"
    return str(read) if read.version == 4 else str(ip_network(f"{read}/64", strict=False))
