"""Redis clients: short time-outs and no retries, because a repeated append would append twice."""

from typing import Any, Final

import redis
import redis.asyncio
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.redis_address import ClusterNodes, RedisAddress, Sentinels, Socket, Tls
from store import connections
from store.replication import one_shard, sentinels

CONNECT_TIMEOUT_S: Final = 1.0
SOCKET_TIMEOUT_S: Final = 2.0

_OPTIONS: Final[dict[str, Any]] = {
    "socket_timeout": SOCKET_TIMEOUT_S,
    "protocol": 2,  # the scripts' replies are plain arrays
}
_TCP_OPTIONS: Final[dict[str, Any]] = {"socket_connect_timeout": CONNECT_TIMEOUT_S, "socket_keepalive": True}


class Pool(redis.ConnectionPool):
    """A pool that knows the address that it was made for."""

    address: RedisAddress


def connect(url: str) -> redis.Redis:
    """Return a client for threads (a worker, a command); no call waits longer than 3 s.

    Raise ValueError when `url` is no address.
    """
    return connect_to(RedisAddress.parse(url))


def connect_to(address: RedisAddress) -> redis.Redis:
    """Return a client of the Redis at this address, as `connect` does."""
    options = {**_OPTIONS, **_timeouts(address), **connection_options(address)}
    pool = Pool(connection_class=connection_class(address), retry=Retry(NoBackoff(), 0), **options)
    pool.address = address
    return redis.Redis.from_pool(pool)


def address_of(client: redis.Redis) -> RedisAddress:
    """Return the address of a client that `connect` returned."""
    pool = client.connection_pool
    assert isinstance(pool, Pool)  # noqa: S101 - every client of relay has one
    return pool.address


def connect_async(url: str) -> redis.asyncio.Redis:
    """Return a client for an event loop (ingest), as `connect` does."""
    address = RedisAddress.parse(url)
    options = {**_OPTIONS, **_timeouts(address), **connection_options(address)}
    pool = redis.asyncio.ConnectionPool(
        connection_class=_async_class(address), retry=AsyncRetry(NoBackoff(), 0), **options
    )
    return redis.asyncio.Redis.from_pool(pool)


def connection_options(address: RedisAddress) -> dict[str, Any]:
    """Return the options of a redis-py connection to the address, for the queue and for the broker."""
    match address.place:
        case Socket(path):
            place: dict[str, Any] = {"path": path}
        case Sentinels():
            place = {"sentinels": address.place}
        case ClusterNodes():
            place = {"nodes": address.place}
        case tcp:
            place = {"host": tcp.host, "port": tcp.port}
    who = {"username": address.username, "password": address.password, "db": address.database}
    return {**place, **who, **_tls_options(address.tls)}


def connection_class(address: RedisAddress) -> Any:
    """Return the connection class for the address."""
    if isinstance(address.place, Socket):
        return connections.SocketConnection
    if isinstance(address.place, Sentinels):
        return sentinels.FoundConnection if address.tls is None else sentinels.FoundTlsConnection
    if isinstance(address.place, ClusterNodes):
        return one_shard.ShardConnection if address.tls is None else one_shard.ShardTlsConnection
    return connections.Connection if address.tls is None else connections.TlsConnection


def _async_class(address: RedisAddress) -> Any:
    if isinstance(address.place, Socket):
        return connections.AsyncSocketConnection
    if isinstance(address.place, Sentinels):
        return sentinels.FoundAsyncConnection if address.tls is None else sentinels.FoundAsyncTlsConnection
    if isinstance(address.place, ClusterNodes):
        return one_shard.ShardAsyncConnection if address.tls is None else one_shard.ShardAsyncTlsConnection
    return connections.AsyncConnection if address.tls is None else connections.AsyncTlsConnection


def _timeouts(address: RedisAddress) -> dict[str, Any]:
    return {} if isinstance(address.place, Socket) else _TCP_OPTIONS


def _tls_options(tls: Tls | None) -> dict[str, Any]:
    """Return TLS options that verify certificate and host name, unless that is switched off in the address."""
    if tls is None:
        return {}
    return {
        "ssl_cert_reqs": "required" if tls.verify else "none",
        "ssl_check_hostname": tls.verify,
        "ssl_ca_certs": tls.ca_file,
        "ssl_certfile": tls.certificate_file,
        "ssl_keyfile": tls.key_file,
    }
