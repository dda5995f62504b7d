"""The options of Kafka's client: limits, times, TLS and SASL."""

from collections.abc import Callable
from typing import Any, Final

from confluent_kafka import KafkaError

from config.sources.address import SourceAddress
from config.sources.model import QueueSource

MOST_AHEAD_BYTES: Final = 8 * 1024 * 1024
"""What the client reads ahead, and what one answer of a broker may have; beyond one message."""
ANSWER_WITHIN_S: Final = 10.0
SESSION_S: Final = 15
"""A process that is gone loses its partitions to the others after this time."""
POLL_WITHIN_S: Final = 60
"""A process that does not ask for messages for so long loses its partitions too; `keep` asks."""


def client_options(source: QueueSource, note_error: Callable[[KafkaError], None]) -> dict[str, Any]:
    """Return the options of the client; it calls `note_error` for errors that have no message of their own."""
    return {
        "bootstrap.servers": ",".join(map(str, source.address.hosts)),
        "client.id": "relay",
        "group.id": source.consumer_group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "earliest",
        "allow.auto.create.topics": False,
        "session.timeout.ms": SESSION_S * 1000,
        "max.poll.interval.ms": POLL_WITHIN_S * 1000,
        "queued.max.messages.kbytes": MOST_AHEAD_BYTES // 1024,
        "fetch.max.bytes": MOST_AHEAD_BYTES,
        "socket.timeout.ms": int(ANSWER_WITHIN_S * 1000),
        "log_level": 0,
        "error_cb": note_error,
        **_security(source.address),
    }


def _security(address: SourceAddress) -> dict[str, Any]:
    parameters = dict(address.parameters)
    options: dict[str, Any] = {}
    signs_in = address.username is not None
    if signs_in:
        mechanism = parameters.get("sasl", "PLAIN")
        options |= {
            "sasl.mechanism": mechanism,
            "sasl.username": address.username,
            "sasl.password": address.password,
        }
    options["security.protocol"] = f"{'sasl_' if signs_in else ''}{'ssl' if address.tls else 'plaintext'}"
    names = {"ca_certs": "ssl.ca.location", "certfile": "ssl.certificate.location", "keyfile": "ssl.key.location"}
    return options | {names[name]: value for name, value in parameters.items() if name in names}
