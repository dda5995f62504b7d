"""Redis is away or lacks replicas: a message is acknowledged only after Redis has its events, as a 202 would mean."""

from pathlib import Path

import pytest
import redis
from support.consuming import CONNECTION, consuming, log_of, source_lines
from support.events import as_json, batch, purchase
from support.nodes import Nodes
from support.queues import Queue
from support.waiting import until


def accepted(client: redis.Redis) -> int:
    return int(client.hget("ledger:shop", "accepted") or 0)


def published(queue: Queue, directory: Path, number: int) -> Path:
    """Publish messages, and return the configuration that names the queue."""
    file = directory / "relay.yaml"
    file.write_text(f"{CONNECTION}sources:\n{source_lines(queue)}")
    queue.publish([as_json(batch(purchase(place))) for place in range(number)])
    return file


def test_the_queue_keeps_what_redis_cannot_take(queue: Queue, nodes: Nodes, tmp_path: Path) -> None:
    """Redis is away when relay starts, and again later; each time relay continues."""
    file = published(queue, tmp_path, 5)
    primary = nodes.nodes[0]
    primary.die()
    with consuming(tmp_path, primary.url, RELAY_CONFIG=str(file), TOKEN="t"):
        until(lambda: '"source_waiting"' in log_of(tmp_path))
        assert queue.ready() == 5
        primary.come_back()
        until(lambda: accepted(primary.client) == 5 and queue.ready() == 0)
        primary.die()
        queue.publish([as_json(batch(purchase(9)))])
        until(lambda: log_of(tmp_path).count('"source_waiting"') >= 2)
        primary.come_back()
        until(lambda: accepted(primary.client) == 6 and queue.ready() == 0)


# Messages that a killed process had are held for two minutes by SQS, and for half a minute by Pub/Sub.
@pytest.mark.parametrize("queue", ["rabbitmq", "kafka", "pubsub"], indirect=True)
def test_replicas_confirm_before_a_message_is_acknowledged(queue: Queue, nodes: Nodes, tmp_path: Path) -> None:
    """With RELAY_REPLICAS=1 and no replica, the message is not acknowledged, although Redis has its events."""
    file = published(queue, tmp_path, 0)
    primary, replica = nodes.nodes
    replica.die()
    with consuming(tmp_path, primary.url, RELAY_CONFIG=str(file), TOKEN="t", RELAY_REPLICAS="1") as (process,):
        queue.publish([as_json(batch(purchase(1)))])
        until(lambda: '"source_waiting"' in log_of(tmp_path))
        process.kill()
        until(lambda: queue.ready() == 1)
        process.start()
        replica.come_back(primary)
        until(lambda: accepted(primary.client) >= 1 and queue.ready() == 0)
        until(lambda: queue.ready() == 0)
