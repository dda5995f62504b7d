"""Fixtures: servers of queues for the whole session, and an empty queue of each kind."""

from collections.abc import Callable, Iterator

import pytest
from support.moto import running_moto
from support.noida import Noida
from support.pubsub import Emulator
from support.queues import KafkaQueue, PubSubQueue, Queue, RabbitQueue, SqsQueue
from support.rabbitmq import RabbitMq


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMq]:
    """Run one RabbitMQ; a test that kills it needs its own."""
    broker = RabbitMq(tmp_path_factory.mktemp("rabbitmq") / "node")
    yield broker
    broker.close()


@pytest.fixture(scope="session")
def moto() -> Iterator[str]:
    """Run one server of AWS's protocols."""
    with running_moto() as url:
        yield url


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Noida]:
    """Run one broker of Kafka's protocol; a test that kills it needs its own."""
    broker = Noida(tmp_path_factory.mktemp("kafka") / "broker")
    yield broker
    broker.close()


@pytest.fixture(scope="session")
def pubsub() -> Iterator[Emulator]:
    """Run one emulator of Pub/Sub."""
    emulator = Emulator()
    yield emulator
    emulator.close()


KINDS: dict[str, Callable[[pytest.FixtureRequest], Queue]] = {
    "kafka": lambda request: KafkaQueue(request.getfixturevalue("kafka").address),
    "pubsub": lambda request: PubSubQueue(request.getfixturevalue("pubsub").address),
    "rabbitmq": lambda request: RabbitQueue(request.getfixturevalue("rabbitmq")),
    "sqs": lambda request: SqsQueue(request.getfixturevalue("moto")),
}
"""Every kind of queue whose server can run here; the tests of sources run on each."""


@pytest.fixture(params=KINDS)
def queue(request: pytest.FixtureRequest) -> Queue:
    """An empty queue."""
    return KINDS[request.param](request)
