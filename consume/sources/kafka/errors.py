"""What errors of Kafka's client mean, and what to do about them."""

# ruff: noqa: SLF001 - so the client names those of its errors that no broker sent
from collections.abc import Mapping
from typing import Final

from confluent_kafka import KafkaError

AWAY: Final = frozenset(
    {
        KafkaError._ALL_BROKERS_DOWN,
        KafkaError._TRANSPORT,
        KafkaError._RESOLVE,
        KafkaError._TIMED_OUT,
        KafkaError._WAIT_COORD,
        KafkaError._TIMED_OUT_QUEUE,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.NOT_COORDINATOR,
        KafkaError.REQUEST_TIMED_OUT,
    }
)
"""No broker answers, or the one that knows the group does not; the client connects again."""
MOVED: Final = frozenset(
    {
        KafkaError.ILLEGAL_GENERATION,
        KafkaError.UNKNOWN_MEMBER_ID,
        KafkaError.REBALANCE_IN_PROGRESS,
        KafkaError.FENCED_INSTANCE_ID,
        KafkaError._ASSIGNMENT_LOST,
        KafkaError._STATE,
        KafkaError._NO_OFFSET,
    }
)
"""The group is dividing its partitions again: what is not committed comes to their next holder."""

_RUN_CHECK: Final = "check that Kafka runs, and that `url` has its hosts and ports and says whether it speaks TLS"
_SIGN_IN: Final = (
    "{place} refuses the user of `url`",
    "correct the user, the password and `sasl` in `url`; for Event Hubs the connection string",
)
_ROWS: Final[Mapping[int, tuple[str, str]]] = {
    KafkaError.UNKNOWN_TOPIC_OR_PART: ("{place} has no topic {topic}", "create the topic, or correct `queue`"),
    KafkaError._UNKNOWN_TOPIC: ("{place} has no topic {topic}", "create the topic, or correct `queue`"),
    KafkaError._UNKNOWN_PARTITION: ("{place} has no topic {topic}", "create the topic, or correct `queue`"),
    KafkaError.TOPIC_EXCEPTION: ("{topic} cannot be the name of a topic of {place}", "correct `queue`"),
    KafkaError.TOPIC_AUTHORIZATION_FAILED: (
        "{place} does not let relay read the topic {topic}",
        "permit the user of `url` READ and DESCRIBE on the topic",
    ),
    KafkaError.GROUP_AUTHORIZATION_FAILED: (
        "{place} does not let relay use the consumer group {group}",
        "permit the user of `url` READ on the group, or name another one with `consumer_group`",
    ),
    KafkaError._AUTHENTICATION: _SIGN_IN,
    KafkaError.SASL_AUTHENTICATION_FAILED: _SIGN_IN,
    KafkaError.UNSUPPORTED_SASL_MECHANISM: (
        "{place} does not know the mechanism with which relay signs in",
        "correct `sasl` in `url`: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512",
    ),
    KafkaError._SSL: ("{place} cannot be reached by TLS", "see that it speaks TLS there, and that ca_certs fits"),
    KafkaError._RESOLVE: ("the name of {place} is not known", _RUN_CHECK),
    KafkaError._MAX_POLL_EXCEEDED: (
        "{place} gave the partitions to others, because relay did not ask for messages in time",
        "none: relay joins the group again; if it comes often, the machine has too little time for relay",
    ),
}


def sentences(error: KafkaError | None, place: str, topic: str, group: str) -> tuple[str, str]:
    """Return what happened and what to do; no text of the client's, which may have parts of the URL."""
    if error is None or (error.code() in AWAY and error.code() not in _ROWS):
        return f"{place} does not answer", _RUN_CHECK
    problem, what_to_do = _ROWS.get(error.code(), ("{place} answered " + error.name(), "see the documents of Kafka"))
    return problem.format(place=place, topic=topic, group=group), what_to_do
