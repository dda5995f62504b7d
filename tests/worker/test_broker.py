"""Celery's connection: a wake-up that a worker took is nowhere else in Redis, and a channel keeps its client."""

from collections.abc import Iterator

import pytest
import redis
from celery import Celery
from kombu import Connection

from worker.app import QUEUE, app
from worker.messaging.broker import use_broker


@pytest.fixture
def celery(redis_url: str) -> Iterator[Celery]:
    """Relay's app on the test's server."""
    former = app.conf.broker_url
    use_broker(app, redis_url)
    yield app
    app.conf.broker_url = former


@pytest.fixture
def connection(celery: Celery) -> Iterator[Connection]:
    """A connection as workers have it."""
    with celery.connection_for_read() as connection:
        yield connection


def test_a_wake_up_that_is_taken_and_not_acknowledged_is_not_written_again(
    connection: Connection, redis_url: str
) -> None:
    """Kombu would write a copy and remove it, two transactions a job; the waker repeats what is lost."""
    taken = []
    with redis.Redis.from_url(redis_url) as client, connection.channel() as channel:
        client.flushall()
        connection.Producer(channel).publish({"lane": "shop:0"}, routing_key=QUEUE, declare=[app.amqp.queues[QUEUE]])
        with connection.Consumer(
            [app.amqp.queues[QUEUE]], callbacks=[lambda _, message: taken.append(message)], channel=channel
        ):
            connection.drain_events(timeout=30)
        assert [each.decode() for each in client.scan_iter() if b"kombu" not in each] == []
        (message,) = taken
        assert channel.qos.get(message.delivery_tag) is message  # so it counts for the prefetch limit
        message.reject(requeue=True)
        assert client.llen(QUEUE) == 1


def test_a_channel_keeps_its_client_until_its_connections_are_closed(connection: Connection) -> None:
    """A new one for each command took a tenth of a worker's CPU in single posts."""
    with connection.channel() as channel:
        with channel.conn_or_acquire() as first, channel.conn_or_acquire() as second:
            assert first is second
        channel._disconnect_pools()
        with channel.conn_or_acquire() as third:
            assert third is not first
            assert third.ping()
