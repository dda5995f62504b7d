"""Connect to a queue by the kind that its URL names; the client of each kind is imported only when it is used."""

import importlib
from collections.abc import Mapping
from typing import Final, NamedTuple

from config.sources.model import QueueSource
from consume.sources.interface import Source, SourceUnavailable
from consume.sources.tls import check_files


class Kind(NamedTuple):
    """Its name for people, where the function that connects is, and the extra that installs what it needs."""

    name: str
    module: str
    extra: str


KINDS: Final[Mapping[str, Kind]] = {
    "kafka": Kind("Kafka", "consume.sources.kafka.topic", "kafka"),
    "pubsub": Kind("Pub/Sub", "consume.sources.pubsub", "pubsub"),
    "rabbitmq": Kind("RabbitMQ", "consume.sources.rabbitmq", "rabbitmq"),
    "sqs": Kind("SQS", "consume.sources.sqs", "sqs"),
}
"""Every kind of `config/sources/address.py`; each module has a function `connect(source) -> Source`."""


def open_source(source: QueueSource) -> Source:
    """Return the connected source.

    Raise SourceUnavailable, also where its client is not installed or a file of its TLS cannot be used.
    """
    kind = KINDS[source.address.kind]
    check_files(source.address.parameters, f"{kind.name} at {source.address}")
    try:
        module = importlib.import_module(kind.module)
    except ImportError:
        raise SourceUnavailable(
            f"the client of {source.address.kind} is not installed",
            f"install it with the pip beside relay: pip install 'tiktok-events-relay[{kind.extra}]'; "
            "in a container, build the image again: it has the clients of all kinds",
        ) from None
    opened: Source = module.connect(source)
    return opened
