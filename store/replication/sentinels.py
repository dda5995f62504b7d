"""Connections that ask Sentinels for the primary each time they are opened, so that they follow a failover.

One mechanism for every client: ingest, worker, Celery, Flower and commands. Celery's own form of it is not needed.
"""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any, Final

import redis
import redis.asyncio
from redis.exceptions import AuthenticationError, NoPermissionError, RedisError
from redis.exceptions import ConnectionError as ServerGone

from config.redis_address import Sentinels, Tcp
from store import connections

ANSWER_WITHIN_S: Final = 0.3
"""A Sentinel that is frozen or cut off must not use up the time of a request."""
_last_answered: dict[Sentinels, Tcp] = {}


class SentinelsAway(ServerGone):
    """No Sentinel answers."""


class SentinelRefused(ServerGone):
    """A Sentinel asks for a password, or for another one."""


class PrimaryUnnamed(ServerGone):
    """The Sentinels that answer know no primary of that name."""


def find_primary(sentinels: Sentinels, tls: dict[str, Any]) -> Tcp:
    """Return the primary as the first Sentinel that answers names it. Raise a ConnectionError of redis-py."""
    failure: ServerGone = SentinelsAway()
    for host in _in_order(sentinels):
        try:
            if answer := ask_sentinel(sentinels, host, tls, *_question(sentinels)):
                return _found(sentinels, host, answer)
            failure = PrimaryUnnamed()
        except (AuthenticationError, NoPermissionError):
            failure = SentinelRefused()
        except (RedisError, OSError):
            continue
    raise failure


def ask_sentinel(sentinels: Sentinels, host: Tcp, tls: dict[str, Any], *command: str) -> Any:
    """Return one Sentinel's reply to a command. Raise RedisError or OSError."""
    connection: Any = (redis.SSLConnection if tls else redis.Connection)(**_options(sentinels, host, tls))
    try:
        connection.connect()
        connection.send_command(*command)
        return connection.read_response()
    finally:
        connection.disconnect()


def known_replicas(sentinels: Sentinels, tls: dict[str, Any]) -> list[Tcp]:
    """Return all replicas that a Sentinel knows, also those that are away; none when no Sentinel answers."""
    for host in _in_order(sentinels):
        with suppress(RedisError, OSError):
            listed = ask_sentinel(sentinels, host, tls, "SENTINEL", "REPLICAS", sentinels.name)
            each = (dict(zip(words[::2], words[1::2], strict=True)) for words in listed)
            return [Tcp(replica[b"ip"].decode(), int(replica[b"port"])) for replica in each]
    return []


async def find_primary_async(sentinels: Sentinels, tls: dict[str, Any]) -> Tcp:
    """Return the primary as `find_primary` does, for an event loop."""
    failure: ServerGone = SentinelsAway()
    kind = redis.asyncio.SSLConnection if tls else redis.asyncio.Connection
    for host in _in_order(sentinels):
        connection: Any = kind(**_options(sentinels, host, tls))
        try:
            await connection.connect()
            await connection.send_command(*_question(sentinels))
            if answer := await connection.read_response():
                return _found(sentinels, host, answer)
            failure = PrimaryUnnamed()
        except (AuthenticationError, NoPermissionError):
            failure = SentinelRefused()
        except (RedisError, OSError):
            continue
        finally:
            await connection.disconnect(nowait=True)
    raise failure


def _in_order(sentinels: Sentinels) -> Iterator[Tcp]:
    """Give the Sentinel that answered last time first."""
    last = _last_answered.get(sentinels)
    if last is not None:
        yield last
    yield from (host for host in sentinels.hosts if host != last)


def _options(sentinels: Sentinels, host: Tcp, tls: dict[str, Any]) -> dict[str, Any]:
    who = {"username": sentinels.username, "password": sentinels.password}
    waits = {"socket_timeout": ANSWER_WITHIN_S, "socket_connect_timeout": ANSWER_WITHIN_S}
    return {"host": host.host, "port": host.port, "protocol": 2, **who, **waits, **tls}


def _question(sentinels: Sentinels) -> tuple[str, ...]:
    return "SENTINEL", "GET-MASTER-ADDR-BY-NAME", sentinels.name


def _found(sentinels: Sentinels, host: Tcp, answer: list[bytes]) -> Tcp:
    _last_answered[sentinels] = host
    return Tcp(answer[0].decode(), int(answer[1]))


class _OfSentinels:
    host: str
    port: int

    def __init__(self, *, sentinels: Sentinels, **options: Any) -> None:
        self._sentinels = sentinels
        self._tls = {name: value for name, value in options.items() if name.startswith("ssl_")}
        super().__init__(**options)

    def _follow(self, place: Tcp) -> None:
        self.host, self.port = place.host, place.port


class _Finds(_OfSentinels):
    def _connect(self) -> Any:
        self._follow(find_primary(self._sentinels, self._tls))
        return super()._connect()  # type: ignore[misc]


class _FindsAsync(_OfSentinels):
    async def _connect(self) -> None:
        self._follow(await find_primary_async(self._sentinels, self._tls))
        await super()._connect()  # type: ignore[misc]


class FoundConnection(_Finds, connections.Connection):
    """A TCP connection to the primary."""


class FoundTlsConnection(_Finds, connections.TlsConnection):
    """A TCP connection to the primary with TLS."""


class FoundAsyncConnection(_FindsAsync, connections.AsyncConnection):
    """A TCP connection of an event loop to the primary."""


class FoundAsyncTlsConnection(_FindsAsync, connections.AsyncTlsConnection):
    """A TCP connection of an event loop to the primary with TLS."""
