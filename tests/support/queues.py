"""Queues for the tests of sources: each publishes messages, and says how relay's configuration names it."""

import itertools
from collections import Counter
from collections.abc import Sequence
from contextlib import closing, suppress
from typing import Any, Final, Protocol

from support.rabbitmq import RabbitMq

from config.sources.address import SourceAddress
from config.sources.model import QueueSource

with suppress(ImportError):
    from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

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

    def published_again(self) -> int:
        """Return how many messages are there a second time, because a confirmation did not reach the publisher."""
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

    def published_again(self) -> int:
        return 0  # their `message_id` makes one of two


class KafkaQueue:
    """A topic with three partitions, and a consumer group of its own."""

    PARTITIONS = 3

    def __init__(self, broker: str) -> None:
        from confluent_kafka import Producer
        from confluent_kafka.admin import AdminClient, NewTopic

        number = next(_numbers)
        self._topic, group = f"batches-{number}", f"group-{number}"
        servers = {"bootstrap.servers": broker, "log_level": 0}
        admin = AdminClient(servers)
        for made in admin.create_topics([NewTopic(self._topic, self.PARTITIONS, 1)]).values():
            made.result()
        self._servers, self._group = servers, group
        self._producer = Producer({**servers, "acks": "all", "message.timeout.ms": 20_000})
        self._next_partition = itertools.cycle(range(self.PARTITIONS))
        self.url = f"kafka://{broker}"
        self.source = QueueSource("batches", SourceAddress.parse(self.url), self._topic, "web", consumer_group=group)

    def publish(self, bodies: Sequence[bytes], message_id: str = "", **headers: str) -> None:
        """Raise KafkaException where the broker does not confirm one of them."""
        failed: list[KafkaError] = []
        for body in bodies:
            self._producer.produce(
                self._topic,
                body,
                partition=next(self._next_partition),
                headers={"message_id": message_id, **headers},
                on_delivery=lambda error, _: failed.append(error) if error else None,
            )
        self._producer.flush()
        if failed:
            raise KafkaException(failed[0])

    def ready(self) -> int:
        """Return how many messages the group has not committed."""
        with closing(self._reader()) as reader:
            committed = reader.committed([TopicPartition(self._topic, n) for n in range(self.PARTITIONS)], 20)
            ends = [reader.get_watermark_offsets(TopicPartition(self._topic, each.partition), 20) for each in committed]
            pairs = zip(ends, committed, strict=True)
            return sum(high - max(low, each.offset) for (low, high), each in pairs)

    def committed(self) -> dict[int, int]:
        """Return the offset that the group has of each partition; a negative number where it has none."""
        with closing(self._reader()) as reader:
            asked = [TopicPartition(self._topic, number) for number in range(self.PARTITIONS)]
            return {each.partition: each.offset for each in reader.committed(asked, 20)}

    def published_again(self) -> int:
        found: Counter[bytes] = Counter()
        with closing(self._reader()) as reader:
            for number in range(self.PARTITIONS):
                low, high = reader.get_watermark_offsets(TopicPartition(self._topic, number), 20)
                reader.assign([TopicPartition(self._topic, number, low)])
                for _ in range(low, high):
                    record = reader.poll(20)
                    assert record is not None
                    assert record.error() is None
                    found[dict(record.headers())["message_id"]] += 1
        return sum(found.values()) - len(found)

    def _reader(self) -> Any:
        return Consumer({**self._servers, "group.id": self._group, "enable.auto.commit": False})


class PubSubQueue:
    """A subscription of a topic."""

    def __init__(self, emulator: str) -> None:
        import grpc
        from google.pubsub_v1 import PublisherClient, SubscriberClient
        from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
        from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport

        channel, number = grpc.insecure_channel(emulator), next(_numbers)
        self._publisher = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
        self._client = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        self._topic, self._subscription = (
            f"projects/relay/{kind}/batches-{number}" for kind in ("topics", "subscriptions")
        )
        self._publisher.create_topic(name=self._topic)
        self._client.create_subscription(name=self._subscription, topic=self._topic, ack_deadline_seconds=10)
        self.url = f"pubsub://{emulator}"
        self.source = QueueSource("batches", SourceAddress.parse(self.url), self._subscription, "web")

    def publish(self, bodies: Sequence[bytes], message_id: str = "", **headers: str) -> None:
        del message_id  # Pub/Sub gives each message an id
        for body in bodies:
            self._publisher.publish(topic=self._topic, messages=[{"data": body, "attributes": dict(headers)}])

    def ready(self) -> int:
        """Return how many messages can be pulled now; they are given back at once, and none is waited for."""
        from google.pubsub_v1 import PullRequest

        handles: list[str] = []
        request = PullRequest(subscription=self._subscription, max_messages=1000, return_immediately=True)
        pull = self._client.transport.pull  # without the client's warning of return_immediately
        while found := pull(request, timeout=20).received_messages:
            handles += [each.ack_id for each in found]
        for first in range(0, len(handles), 1000):
            some = handles[first : first + 1000]
            self._client.modify_ack_deadline(subscription=self._subscription, ack_ids=some, ack_deadline_seconds=0)
        return len(handles)

    def delete(self) -> None:
        self._client.delete_subscription(subscription=self._subscription)

    def published_again(self) -> int:
        return 0


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

    def published_again(self) -> int:
        return 0
