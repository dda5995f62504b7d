"""Connection classes that close themselves when their server says that it has become a replica.

redis-py keeps such a connection, so after a demotion that leaves connections open every write would be refused for
ever. A closed connection is opened again, at the server that the address names by then.
"""

from functools import cache
from typing import Any

import redis
import redis.asyncio
from redis.exceptions import ConnectionError as ServerGone

SIGNS = ("READONLY", "UNBLOCKED")
"""A replica refuses a write; a server that becomes a replica ends blocking reads. A script may quote the first one."""
SIGNS_IN_CLUSTER = (*SIGNS, "MOVED", "non local key")
"""What a replica says in cluster mode, also to a script."""


class ServerDemoted(ServerGone):
    """The server has become a replica. A ConnectionError, so redis-py and Celery close the connection."""


@cache
def noticing(parser_class: type, signs: tuple[str, ...]) -> type:
    """Return the parser class with an error of its own for a server that is a replica; other replies cost nothing."""

    class Noticing(parser_class):  # type: ignore[misc]
        @classmethod
        def parse_error(cls, response: str) -> Any:
            if any(sign in response for sign in signs):
                return ServerDemoted("READONLY: the server has become a replica")
            return super().parse_error(response)

    return Noticing


class _ClosesWhenDemoted:
    def set_parser(self, parser_class: type) -> None:
        """Use the parser; redis-py calls this again when it changes the protocol."""
        super().set_parser(noticing(parser_class, SIGNS))  # type: ignore[misc]


class Connection(_ClosesWhenDemoted, redis.Connection):
    """A TCP connection."""


class TlsConnection(_ClosesWhenDemoted, redis.SSLConnection):
    """A TCP connection with TLS."""


class SocketConnection(_ClosesWhenDemoted, redis.UnixDomainSocketConnection):
    """A connection through a Unix socket."""


class AsyncConnection(_ClosesWhenDemoted, redis.asyncio.Connection):
    """A TCP connection of an event loop."""


class AsyncTlsConnection(_ClosesWhenDemoted, redis.asyncio.SSLConnection):
    """A TCP connection of an event loop with TLS."""


class AsyncSocketConnection(_ClosesWhenDemoted, redis.asyncio.UnixDomainSocketConnection):
    """A connection of an event loop through a Unix socket."""
