"""Celery's connection to Redis, built from the same address as all others: kombu's own parser is not used."""

from typing import Any

from celery import Celery
from kombu.transport import TRANSPORT_ALIASES
from kombu.transport import redis as kombu_redis

from config.redis_address import RedisAddress, Tcp
from lanes.client import connection_class, connection_options

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
