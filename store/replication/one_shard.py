"""Connections that ask a cluster of one shard for its primary each time they are opened, so they follow a failover.

Managed services offer this: one address leads to all nodes, and any node knows which of them is the primary.
"""

from collections.abc import Iterator
from typing import Any, Final

import redis
import redis.asyncio
from redis.exceptions import ConnectionError as ServerGone
from redis.exceptions import RedisError

from config.redis_address import ClusterNodes, Tcp
from store import connections

ANSWER_WITHIN_S: Final = 0.5
"""A node that is frozen or cut off must not use up the time of a request."""
QUESTION: Final = ("CLUSTER", "SLOTS")
ALL_SLOTS: Final = 16_384
_last_answered: dict[ClusterNodes, Tcp] = {}


class NoNodeAnswers(ServerGone):
    """No node of the cluster answers."""


class SeveralShards(ServerGone):
    """The cluster has several primaries, or some slots have none; scripts use keys of all slots."""


class _Asks:
    """What differs between connections that ask first, and the same for threads and event loops."""

    host: str
    port: int

    def __init__(self, *, nodes: ClusterNodes, **options: Any) -> None:
        self._nodes = nodes
        asked = {name: value for name, value in options.items() if name.startswith("ssl_")}
        asked |= {name: options.get(name) for name in ("username", "password")}
        limits = {"socket_timeout": ANSWER_WITHIN_S, "socket_connect_timeout": ANSWER_WITHIN_S, "protocol": 2}
        self._asking = {**asked, **limits}
        super().__init__(**options)

    def _in_order(self) -> Iterator[Tcp]:
        """Give the node that answered last time first."""
        last = _last_answered.get(self._nodes)
        if last is not None:
            yield last
        yield from (host for host in self._nodes.hosts if host != last)

    def _follow(self, asked: Tcp, reply: list[Any]) -> None:
        """Connect to the primary that a node named. Raise SeveralShards."""
        primary = primary_in(reply, asked)
        _last_answered[self._nodes] = asked
        self.host, self.port = primary.host, primary.port

    def set_parser(self, parser_class: type) -> None:
        """Close the connection also for what a node of a cluster says once another one is the primary."""
        super().set_parser(connections.noticing(parser_class, connections.SIGNS_IN_CLUSTER))  # type: ignore[misc]


def primary_in(reply: list[Any], asked: Tcp) -> Tcp:
    """Return the only primary in a reply to CLUSTER SLOTS. Raise SeveralShards.

    A node may leave its own host out; it is then the one that was asked. A name comes first, as in certificates.
    """
    slots = sum(last - first + 1 for first, last, *_ in reply)
    primaries = {(_host_of(primary) or asked.host, int(primary[1])) for _, _, primary, *_ in reply}
    if len(primaries) != 1 or slots != ALL_SLOTS:
        raise SeveralShards
    [(host, port)] = primaries
    return Tcp(host, port)


def _host_of(node: list[Any]) -> str:
    more = node[3] if len(node) > 3 else []  # since Redis 7: names and values
    names = dict(zip(more[::2], more[1::2], strict=True))
    host = names.get(b"hostname") or node[0] or b""
    return str(host.decode())


class _AsksFirst(_Asks):
    def _connect(self) -> Any:
        kind: Any = redis.SSLConnection if isinstance(self, redis.SSLConnection) else redis.Connection
        for host in self._in_order():
            asking = kind(host=host.host, port=host.port, **self._asking)
            try:
                asking.connect()
                asking.send_command(*QUESTION)
                reply = asking.read_response()
            except (RedisError, OSError) as error:
                _raise_if_final(error)
                continue
            finally:
                asking.disconnect()
            self._follow(host, reply)
            return super()._connect()  # type: ignore[misc]
        raise NoNodeAnswers


class _AsksFirstAsync(_Asks):
    async def _connect(self) -> None:
        with_tls = isinstance(self, redis.asyncio.SSLConnection)
        kind: Any = redis.asyncio.SSLConnection if with_tls else redis.asyncio.Connection
        for host in self._in_order():
            asking = kind(host=host.host, port=host.port, **self._asking)
            try:
                await asking.connect()
                await asking.send_command(*QUESTION)
                reply = await asking.read_response()
            except (RedisError, OSError) as error:
                _raise_if_final(error)
                continue
            finally:
                await asking.disconnect(nowait=True)
            self._follow(host, reply)
            await super()._connect()  # type: ignore[misc]
            return
        raise NoNodeAnswers


def _raise_if_final(error: Exception) -> None:
    """Raise what every node would say: a wrong password, a missing permission, no cluster mode, a certificate."""
    if not isinstance(error, OSError) and not isinstance(error, ServerGone | redis.exceptions.TimeoutError):
        raise error


class ShardConnection(_AsksFirst, connections.Connection):
    """A TCP connection to the primary."""


class ShardTlsConnection(_AsksFirst, connections.TlsConnection):
    """A TCP connection to the primary with TLS."""


class ShardAsyncConnection(_AsksFirstAsync, connections.AsyncConnection):
    """A TCP connection of an event loop to the primary."""


class ShardAsyncTlsConnection(_AsksFirstAsync, connections.AsyncTlsConnection):
    """A TCP connection of an event loop to the primary with TLS."""
