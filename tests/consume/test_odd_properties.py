"""Messages with properties that the queue's client cannot read: they arrive, and never stop the queue."""

import struct
from pathlib import Path
from typing import Any

import amqp
import pytest
from support.bench import Bench
from support.consuming import consuming, declare, log_of, source_lines
from support.events import as_json, batch, purchase
from support.noida import Noida
from support.queues import KafkaQueue, RabbitQueue
from support.rabbitmq import RabbitMq
from support.raw_kafka import publish_raw
from support.waiting import until

HEADERS, MESSAGE_ID, TIMESTAMP, TYPE = 0x2000, 0x80, 0x40, 0x20


class RawMessage(amqp.Message):  # type: ignore[misc]
    """A message whose properties are these bytes: the flags, and then the values."""

    def __init__(self, body: bytes, flags: int, values: bytes) -> None:
        super().__init__(body)
        self.raw = struct.pack(">H", flags) + values

    def _serialize_properties(self) -> bytes:
        return self.raw


def short(text: bytes) -> bytes:
    return bytes([len(text)]) + text


def table(*items: tuple[bytes, bytes]) -> bytes:
    """Return a table of headers: names, and values with the code of their type."""
    content = b"".join(short(name) + value for name, value in items)
    return struct.pack(">I", len(content)) + content


def text(value: bytes) -> bytes:
    return b"S" + struct.pack(">I", len(value)) + value


MILLISECONDS = b"T" + struct.pack(">Q", 1_764_179_000_000)
"""A time in the year 57,874, as publishers write it who take milliseconds for seconds."""
APP = (b"app", text(b"shop"))


def nested(depth: int) -> bytes:
    value = b"V"
    for _ in range(depth):
        value = b"F" + table((b"in", value))
    return value


ODD = {
    "id that is no UTF-8": (MESSAGE_ID, short(b"\xff\xfe")),
    "id with half a character": (MESSAGE_ID, short(b"\xed\xa0\x80")),
    "header with a time beyond all calendars": (HEADERS, table((b"at", MILLISECONDS), APP)),
    "header within 3,000 others": (HEADERS, table((b"deep", nested(3000)), APP)),
    "header that is no UTF-8": (HEADERS, table((b"\xff", text(b"\xff\xfe")), APP)),
    "type that is no UTF-8": (HEADERS | TIMESTAMP | TYPE, table(APP) + struct.pack(">Q", 1 << 63) + short(b"\xff")),
}


ENCODINGS = {
    "half a character": ("utf-7", b"+2AA-"),
    "half a character, escaped": ("unicode_escape", b"\\ud800"),
    "what is no encoding": ("gzip", b"no batch"),
    "UTF-16": ("utf-16", as_json(batch(purchase(1))).decode().encode("utf-16")),
}


def publish(broker: RabbitMq, queue: str, message: Any) -> None:
    with broker.connection() as connection:
        connection.channel().basic_publish(message, routing_key=queue)


@pytest.mark.parametrize("odd", ODD)
def test_a_message_with_unreadable_properties_arrives(
    odd: str, rabbitmq: RabbitMq, bench: Bench, tmp_path: Path
) -> None:
    """So do the messages behind it."""
    queue = RabbitQueue(rabbitmq)
    publish(rabbitmq, queue.source.queue, RawMessage(as_json(batch(purchase(1, source_message_id=None))), *ODD[odd]))
    queue.publish([as_json(batch(purchase(2)))])
    declare(bench, source_lines(queue))
    with consuming(tmp_path, bench.url):
        until(lambda: bench.count("accepted") == (2,) and queue.ready() == 0)
    assert log_of(tmp_path).count('"source_connected"') == 1


@pytest.mark.parametrize("name", ENCODINGS)
def test_a_message_in_another_encoding_arrives(name: str, rabbitmq: RabbitMq, bench: Bench, tmp_path: Path) -> None:
    """The client decodes it; what that makes of it may be no text that can be encoded again."""
    queue = RabbitQueue(rabbitmq)
    encoding, body = ENCODINGS[name]
    rabbitmq.publish(body, queue=queue.source.queue, content_encoding=encoding)
    queue.publish([as_json(batch(purchase(2)))])
    declare(bench, source_lines(queue))
    with consuming(tmp_path, bench.url):
        until(lambda: bench.count("accepted") == (2,) and queue.ready() == 0)
    assert log_of(tmp_path).count('"source_connected"') == 1
    bench.drain_all()
    assert bench.count("dead_lettered") == (int(name != "UTF-16"),)


def test_a_record_with_an_unreadable_header_arrives(kafka: Noida, bench: Bench, tmp_path: Path) -> None:
    """So do those behind it in the same partition."""
    topic = KafkaQueue(kafka.address)
    publish_raw(kafka.address, topic.source.queue, as_json(batch(purchase(1))), b"\xff\xfe")
    topic.publish([as_json(batch(purchase(2)))] * KafkaQueue.PARTITIONS)
    declare(bench, source_lines(topic))
    with consuming(tmp_path, bench.url):
        until(lambda: bench.count("accepted") == (4,) and topic.ready() == 0)
    assert log_of(tmp_path).count('"source_connected"') == 1
