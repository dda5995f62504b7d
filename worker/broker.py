"""Celery's connection to Redis, built from the same address as all others: kombu's own parser is not used."""

from typing import Any

from celery import Celery
from kombu.exceptions import OperationalError
from kombu.transport import TRANSPORT_ALIASES
from kombu.transport import redis as kombu_redis
from redis.exceptions import RedisError

from config.redis_address import RedisAddress, Tcp
from store.client import connection_class, connection_options
from store.errors import Trouble
from store.trouble import diagnose

_OF_TCP = ("socket_connect_timeout", "socket_keepalive", "socket_keepalive_options")


class Channel(kombu_redis.Channel):
    """Kombu's channel; where it connects to and how, `address` says."""

    address: RedisAddress

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
    """Kombu's transport with that channel."""

    Channel = Channel


def use_broker(app: Celery, url: str) -> None:
    """Let `app` use the Redis of this URL. What Celery and Flower know of it, and may show, holds no secret."""
    address = RedisAddress.parse(url)
    Channel.address = address
    TRANSPORT_ALIASES["redis"] = f"{__name__}:{Transport.__name__}"
    shown = address.place if isinstance(address.place, Tcp) else "unix-socket"
    app.conf.broker_url = f"redis://{shown}/{address.database}"


def trouble_of_celery(app: Celery) -> Trouble | None:
    """Why Celery's own connection cannot be used now; None when a message could be sent and a channel be heard."""
    try:
        with app.connection_for_write() as connection, connection.channel() as channel:
            channel.client.publish("/relay.probe", "")
            channel.client.llen(app.conf.task_default_queue)
    except (RedisError, OSError, OperationalError) as error:
        return diagnose(error)
    return None
