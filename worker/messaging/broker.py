"""Connect Celery to Redis with the address and options of all other connections, without kombu's URL parser."""

from contextlib import suppress
from typing import Any, Final

import redis
from celery import Celery
from kombu.exceptions import OperationalError
from kombu.transport import TRANSPORT_ALIASES
from kombu.transport import redis as kombu_redis
from redis.exceptions import RedisError, ResponseError

from config.redis_address import ClusterNodes, RedisAddress, Sentinels, Socket, Tcp
from store.client import connect, connection_class, connection_options
from store.diagnosis.trouble import diagnose
from store.errors import Trouble

ONE_SLOT: Final = "{relay}:"
"""Before Celery's keys in cluster mode: the part in braces decides on the slot."""

_SHOWN = {Socket: "unix-socket", Sentinels: "found-by-sentinels", ClusterNodes: "found-in-cluster"}
_OF_TCP = ("socket_connect_timeout", "socket_keepalive", "socket_keepalive_options")


class Channel(kombu_redis.Channel):
    """Kombu's channel, connected to `address`."""

    address: RedisAddress
    url: str
    is_one_shard: bool | None = None
    """Whether Redis is in cluster mode, where Celery's keys must be in one slot; None until it was asked."""
    _kept_client: Any = None

    def _create_client(self, asynchronous: bool = False) -> Any:
        """Return the client of the channel's pool. Kombu makes one for each command, which costs more than most do."""
        if asynchronous:
            return super()._create_client(asynchronous=True)  # type: ignore[no-untyped-call]
        if self._kept_client is None or self._kept_client.connection_pool is not self.pool:
            self._kept_client = super()._create_client()  # type: ignore[no-untyped-call]
        return self._kept_client

    def _get_client(self) -> Any:
        if Channel.is_one_shard is None:
            with connect(self.url) as client, suppress(RedisError, OSError):  # the channel fails too
                Channel.is_one_shard = _is_in_cluster_mode(client)
        self.global_keyprefix = key_prefix()
        return super()._get_client()  # type: ignore[no-untyped-call]

    def _connparams(self, asynchronous: bool = False) -> dict[str, Any]:
        self.connection_class = connection_class(self.address)
        options = connection_options(self.address)
        params: dict[str, Any] = super()._connparams(asynchronous=asynchronous)  # type: ignore[no-untyped-call]
        params |= options
        if "path" in options:
            for name in ("host", "port", *_OF_TCP):
                params.pop(name, None)
        return params


class Transport(kombu_redis.Transport):
    """Kombu's transport with `Channel`."""

    Channel = Channel


def _is_in_cluster_mode(client: redis.Redis) -> bool:
    try:
        return int(client.info("cluster").get("cluster_enabled", 0)) == 1
    except ResponseError:  # INFO is not permitted
        return False


def use_broker(app: Celery, url: str) -> None:
    """Make `app` use the Redis of this URL. The URL that Celery and Flower see, and may show, has no password."""
    address = RedisAddress.parse(url)
    Channel.address, Channel.url, Channel.is_one_shard = address, url, None
    TRANSPORT_ALIASES["redis"] = f"{__name__}:{Transport.__name__}"
    shown = address.place if isinstance(address.place, Tcp) else _SHOWN[type(address.place)]
    app.conf.broker_url = f"redis://{shown}/{address.database}"


def key_prefix() -> str:
    """Return what Celery's keys begin with; it is known once Celery has connected."""
    return ONE_SLOT if Channel.is_one_shard else ""


def trouble_of_celery(app: Celery) -> Trouble | None:
    """Return why Celery's connection cannot be used now; None when it can publish and read the queue."""
    try:
        with app.connection_for_write() as connection, connection.channel() as channel:
            channel.client.publish("/relay.probe", "")
            channel.client.llen(app.conf.task_default_queue)
    except (RedisError, OSError, OperationalError) as error:
        return diagnose(error)
    return None
