"""A consumer, the broker or its queue goes in one phase of a message, and Redis is away: nothing is lost."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from support.consuming import CONNECTION, consuming, log_of, source_lines
from support.events import as_json, batch
from support.nodes import Node, Nodes
from support.noida import Noida
from support.proxies import Loop, Proxy
from support.queues import KafkaQueue, RabbitQueue
from support.rabbitmq import RabbitMq
from support.waiting import until

from lanes.chunk import ChunkCodec
from lanes.names import LANES_PER_CONNECTION

WITHOUT_ID = as_json(batch({"event_type": "commerce_event", "data": {"product_action": {"action": "purchase"}}}))


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[RabbitMq]:
    """A broker of the test's own: it is killed."""
    broker = RabbitMq(tmp_path / "broker")
    yield broker
    broker.close()


@pytest.fixture
def way(rabbitmq: RabbitMq) -> Iterator[Proxy]:
    """The way from consumers to the broker."""
    loop = Loop()
    with Proxy(loop, rabbitmq.port) as proxy:
        yield proxy
    loop.close()


def accepted(client: redis.Redis) -> int:
    return int(client.hget("ledger:shop", "accepted") or 0)


def ids(client: redis.Redis) -> set[str | None]:
    """Return the different ids of the events that wait."""
    chunks = [
        ChunkCodec().decode(stored)
        for number in range(LANES_PER_CONNECTION)
        for stored in client.lrange(f"lane:shop:{number}", 0, -1)
    ]
    return {entry.event_id for chunk in chunks for part in chunk.batches for entry in part.entries}


def write(directory: Path, source: str) -> dict[str, str]:
    """Write the configuration; return the environment of consumers."""
    file = directory / "relay.yaml"
    file.write_text(f"{CONNECTION}sources:\n{source}")
    return {"RELAY_CONFIG": str(file), "TOKEN": "t"}


def held_by_a_consumer(queue: RabbitQueue, redis_node: Node) -> None:
    """Publish a message that a consumer gets, while Redis answers nothing."""
    redis_node.freeze()
    queue.publish([WITHOUT_ID], message_id="m-1")
    until(lambda: queue.ready() == 0)


@pytest.mark.parametrize("phase", ["before the append", "before it is acknowledged"])
def test_of_two_consumers_one_is_killed(
    phase: str, rabbitmq: RabbitMq, way: Proxy, nodes: Nodes, tmp_path: Path
) -> None:
    """The other one takes the message, and its event has the same id."""
    queue, node = RabbitQueue(rabbitmq), nodes.nodes[0]
    environment = write(tmp_path, source_lines(queue).replace(str(rabbitmq.port), str(way.port)))
    with consuming(tmp_path, node.url, 2, **environment) as processes:
        until(lambda: all('"source_connected"' in log_of(tmp_path, number) for number in (0, 1)))
        held_by_a_consumer(queue, node)
        if phase == "before it is acknowledged":
            way.hold("client")
            node.thaw()
            until(lambda: accepted(node.client) >= 1)
        for process in processes:
            process.kill()
        way.die()
        way.open()
        until(lambda: queue.ready() == 1)
        node.thaw()
        way.release()
        before = accepted(node.client)
        processes[1].start()
        until(lambda: accepted(node.client) > before and queue.ready() == 0)
        assert len(ids(node.client)) == 1


def test_the_broker_is_killed_while_redis_is_away(broker: RabbitMq, nodes: Nodes, tmp_path: Path) -> None:
    queue, node = RabbitQueue(broker), nodes.nodes[0]
    with consuming(tmp_path, node.url, **write(tmp_path, source_lines(queue))):
        until(lambda: '"source_connected"' in log_of(tmp_path))
        held_by_a_consumer(queue, node)
        until(lambda: '"source_waiting"' in log_of(tmp_path))
        broker.kill()
        broker.start()
        assert queue.ready() == 1
        node.thaw()
        until(lambda: accepted(node.client) >= 1 and queue.ready() == 0)
    assert len(ids(node.client)) == 1


def test_a_queue_is_deleted_and_declared_again_while_redis_is_away(
    rabbitmq: RabbitMq, nodes: Nodes, tmp_path: Path
) -> None:
    """The consumer of the former queue gets nothing any more; relay notices, and takes from the new one."""
    queue, node = RabbitQueue(rabbitmq), nodes.nodes[0]
    with consuming(tmp_path, node.url, **write(tmp_path, source_lines(queue))):
        until(lambda: '"source_connected"' in log_of(tmp_path))
        node.freeze()
        until(lambda: '"source_waiting"' in log_of(tmp_path))
        with rabbitmq.connection() as connection:
            connection.channel().queue_delete(queue.source.queue)
        rabbitmq.declare(queue.source.queue)
        queue.publish([WITHOUT_ID])
        node.thaw()
        until(lambda: accepted(node.client) == 1 and queue.ready() == 0)


def test_partitions_are_divided_again_while_redis_is_away(kafka: Noida, nodes: Nodes, tmp_path: Path) -> None:
    """A consumer leaves, and the other one gets its partitions; what is not in Redis is not committed."""
    queue, node = KafkaQueue(kafka.address), nodes.nodes[0]
    with consuming(tmp_path, node.url, 2, **write(tmp_path, source_lines(queue))) as processes:
        until(lambda: all('"source_connected"' in log_of(tmp_path, number) for number in (0, 1)))
        queue.publish([WITHOUT_ID] * 3)
        until(lambda: accepted(node.client) == 3 and queue.ready() == 0)
        node.freeze()
        until(lambda: all('"source_waiting"' in log_of(tmp_path, number) for number in (0, 1)))
        queue.publish([WITHOUT_ID] * 3)
        processes[0].signal(signal.SIGTERM)
        processes[0].wait()
        assert queue.ready() == 3
        node.thaw()
        until(lambda: queue.ready() == 0)
    assert len(ids(node.client)) == 6
