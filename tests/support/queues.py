"""Queues for the tests of sources: each publishes messages, and says how relay's configuration names it."""

import itertools
from collections.abc import Sequence
from typing import Any, Final, Protocol

from support.rabbitmq import RabbitMq

from config.sources.address import SourceAddress
from config.sources.model import QueueSource

_numbers = itertools.count()


class Queue(Protocol):
    """One empty queue of a server."""

    source: QueueSource
    url: str

    def publish(self, bodies: Sequence[bytes], message_id: str = "", **headers: str) -> None:
        """Put messages into the queue; return when the server has them."""
        ...

    def ready(self) -> int:
        """Return how many messages wait, without those that are held."""
        ...


class RabbitQueue:
    """A durable queue of RabbitMQ."""

    def __init__(self, broker: RabbitMq) -> None:
        self._broker, self._name = broker, f"batches-{next(_numbers)}"
        broker.declare(self._name)
        self.url = broker.url
        self.source = QueueSource("batches", SourceAddress.parse(broker.url), self._name, "web")

    def publish(self, bodies: Sequence[bytes], message_id: str = "", **headers: str) -> None:
        properties: dict[str, Any] = {"message_id": message_id} if message_id else {}
        self._broker.publish(*bodies, queue=self._name, application_headers=headers, **properties)

    def ready(self) -> int:
        return self._broker.ready(self._name)


KEY: Final = "testing"
REGION: Final = "eu-central-1"


class SqsQueue:
    """A queue of SQS."""

    def __init__(self, endpoint: str) -> None:
        import boto3

        signing = {"aws_access_key_id": KEY, "aws_secret_access_key": KEY}
        self._client = boto3.client("sqs", region_name=REGION, endpoint_url=endpoint, **signing)
        self._queue = self._client.create_queue(QueueName=f"batches-{next(_numbers)}")["QueueUrl"]
        self.url = f"sqs://{KEY}:{KEY}@?region={REGION}"
        self.source = QueueSource("batches", SourceAddress.parse(self.url), self._queue, "web")

    def publish(self, bodies: Sequence[bytes], message_id: str = "", **headers: str) -> None:
        del message_id  # SQS gives each message an id
        attributes = {name: {"DataType": "String", "StringValue": value} for name, value in headers.items()}
        for body in bodies:
            self._client.send_message(QueueUrl=self._queue, MessageBody=body.decode(), MessageAttributes=attributes)

    def ready(self) -> int:
        names = ["ApproximateNumberOfMessages"]
        found = self._client.get_queue_attributes(QueueUrl=self._queue, AttributeNames=names)
        return int(found["Attributes"][names[0]])
