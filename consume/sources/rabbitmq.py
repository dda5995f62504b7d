"""RabbitMQ, and other brokers that speak AMQP 0-9-1, through kombu."""

import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final

from amqp import exceptions as amqp_errors
from kombu.connection import Connection

from config.sources.address import Host, SourceAddress
from config.sources.model import QueueSource
from consume.sources.interface import GATHER_S, HOLD_S, Message, SourceUnavailable, peek_by_receiving
from consume.sources.rabbitmq_properties import tolerant_frame_handler
from consume.sources.tls import tls_sentences

MOST_AHEAD: Final = 1_000
"""How many messages the broker may send before earlier ones are confirmed; what is not read stays in its buffers."""
CONNECT_WITHIN_S: Final = 5.0
ANSWER_WITHIN_S: Final = 20.0
HEARTBEAT_S: Final = 60

_RUN_CHECK: Final = "check that RabbitMQ runs, and that `url` has its host and port"

_connection: Any = Connection
"""It has no types."""


def connect(source: QueueSource) -> "RabbitMq":
    """Return the source, connected to the first of its hosts that answers. Raise SourceUnavailable."""
    unavailable = None
    for host in source.address.hosts:
        try:
            return RabbitMq(source, host)
        except SourceUnavailable as error:
            unavailable = error
    assert unavailable is not None  # noqa: S101 - there is at least one host
    raise unavailable


class RabbitMq:
    """One queue of a broker: a connection with a channel for the consumer and one for questions.

    The answer to a question on the consumer's channel comes behind all messages that were sent ahead on it.
    """

    hold_s = HOLD_S

    def __init__(self, source: QueueSource, host: Host) -> None:
        self._queue, self._place = source.queue, f"RabbitMQ at {host}"
        self._arrived: list[Message] = []
        self._arrived_bytes = 0
        self._held: dict[int, None] = {}
        self._consuming = self._closing = False
        self._connection = _connection(**_options(source.address, host))
        try:
            with self._translated():
                self._connection.connect()
                self._channel, self._questions = self._connection.channel(), self._connection.channel()
                self._questions.queue_declare(self._queue, passive=True)
        except SourceUnavailable:
            self.close()
            raise

    def receive(self, max_messages: int, max_bytes: int, wait_s: float) -> list[Message]:
        """Return the messages that are there, as the interface says."""
        with self._translated():
            if not self._consuming:
                self._channel.basic_qos(0, min(MOST_AHEAD, 2 * max_messages), False)
                self._channel.basic_consume(self._queue, callback=self._take)
                self._consuming = True
            until = time.monotonic() + wait_s
            while len(self._arrived) < max_messages and self._arrived_bytes < max_bytes:
                left = GATHER_S if self._arrived else until - time.monotonic()
                if left <= 0:
                    break
                try:
                    self._connection.drain_events(timeout=left)
                except TimeoutError:
                    break
            self._connection.heartbeat_check()
        messages, self._arrived, self._arrived_bytes = self._arrived, [], 0
        return messages

    def confirm(self, messages: Sequence[Message]) -> None:
        """Acknowledge the messages; in one command where none before them is held."""
        tags = sorted(message.handle for message in messages)
        self._release(tags)
        with self._translated():
            if not self._held or next(iter(self._held)) > tags[-1]:
                self._channel.basic_ack(tags[-1], multiple=True)
                return
            for tag in tags:
                self._channel.basic_ack(tag)

    def keep(self, messages: Sequence[Message]) -> None:
        """Send a heartbeat: the broker waits half an hour for acknowledgements, and a minute for any sign of life."""
        del messages
        with self._translated():
            self._connection.connection.send_heartbeat()

    def give_back(self, messages: Sequence[Message]) -> None:
        """Return the messages to their places in the queue."""
        tags = [message.handle for message in messages]
        self._release(tags)
        with self._translated():
            for tag in tags:
                self._channel.basic_reject(tag, requeue=True)

    def peek(self, wait_s: float) -> Message | None:
        """Receive the next message and give it back."""
        return peek_by_receiving(self, wait_s)

    def backlog(self) -> int | None:
        """Return how many messages are ready in the queue."""
        with self._translated():
            return int(self._questions.queue_declare(self._queue, passive=True).message_count)

    def close(self) -> None:
        """Close the connection; the broker returns what was not acknowledged."""
        self._closing = True  # what comes before the answer is not kept
        with suppress(*_ERRORS):
            transport = getattr(self._connection.connection, "transport", None) if self._connection.connected else None
            if transport is not None:
                transport.sock.settimeout(CONNECT_WITHIN_S)
            self._connection.release()

    def _take(self, message: Any) -> None:
        if self._closing:
            return
        tag = message.delivery_tag
        self._held[tag] = None
        body = message.body  # text, where the client could decode it by its `content_encoding`
        body = body if isinstance(body, bytes) else str(body).encode("utf-8", "surrogatepass")
        properties, info = message.properties, message.delivery_info
        headers = {name: _text(info.get(name, "")) for name in ("routing_key", "exchange")}
        headers |= {name: _text(properties[name]) for name in ("app_id", "type") if name in properties}
        headers |= {name: _text(value) for name, value in properties.get("application_headers", {}).items()}
        message_id = _text(properties.get("message_id", ""))
        self._arrived.append(Message(body, message_id, headers, bool(info.get("redelivered")), tag))
        self._arrived_bytes += len(body)

    def _release(self, tags: Sequence[int]) -> None:
        for tag in tags:
            self._held.pop(tag, None)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Raise SourceUnavailable for every error of the client; its text may have parts of the URL."""
        try:
            yield
        except _ERRORS as error:
            raise SourceUnavailable(*_sentences(error, self._place, self._queue)) from None


_ERRORS: Final = (OSError, amqp_errors.AMQPError, EOFError, AttributeError, AssertionError)
"""py-amqp raises the last two where the connection closed meanwhile."""


def _options(address: SourceAddress, host: Host) -> dict[str, Any]:
    options: dict[str, Any] = {
        "transport": "pyamqp",
        "hostname": host.name,
        "port": host.port,
        "userid": address.username or "guest",
        "password": address.password or "guest",
        "virtual_host": address.path or "/",
        "connect_timeout": CONNECT_WITHIN_S,
        "heartbeat": HEARTBEAT_S,
        "transport_options": {
            "read_timeout": ANSWER_WITHIN_S,
            "write_timeout": ANSWER_WITHIN_S,
            "frame_handler": tolerant_frame_handler,
        },
    }
    if address.tls:
        options["ssl"] = {"cert_reqs": ssl.CERT_REQUIRED, "server_hostname": host.name, **address.parameters}
    return options


def _text(value: Any) -> str:
    """Return text that can be encoded: the client lets halves of characters through."""
    text = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else str(value)
    return text.encode("utf-8", "backslashreplace").decode()


_ROWS: Final[tuple[tuple[type[BaseException], str, str], ...]] = (
    (
        amqp_errors.NotFound,
        "{place} has no queue {queue}",
        "declare the queue, or correct `queue` and the virtual host",
    ),
    (
        amqp_errors.AccessRefused,
        "{place} refuses the user of `url`, or the user may not read the queue {queue}",
        "correct the user and the password, or permit it to read: rabbitmqctl set_permissions",
    ),
    (
        amqp_errors.NotAllowed,
        "{place} does not let the user of `url` into the virtual host",
        "correct the virtual host after the last / of `url`, or permit it: rabbitmqctl set_permissions",
    ),
    (
        amqp_errors.ResourceLocked,
        "another connection has the queue {queue} of {place} for itself alone",
        "declare the queue without `exclusive`",
    ),
    (
        amqp_errors.PreconditionFailed,
        "{place} closed the channel, as it does when a message is not acknowledged for half an hour",
        "none: relay connects again, and the messages come again",
    ),
    (TimeoutError, "{place} does not answer in time", _RUN_CHECK),
    (socket.gaierror, "the name of {place} is not known", _RUN_CHECK),
    (ConnectionRefusedError, "{place} does not answer", _RUN_CHECK),
)


def _sentences(error: BaseException, place: str, queue: str) -> tuple[str, str]:
    if isinstance(error, ssl.SSLError):
        return tls_sentences(error, place)
    for kind, problem, what_to_do in _ROWS:
        if isinstance(error, kind):
            return problem.format(place=place, queue=queue), what_to_do
    what_to_do = "none if it starts again; else see the log of RabbitMQ, and whether its port wants amqp:// or amqps://"
    return f"{place} closed the connection", what_to_do
