"""Kafka, and what speaks its protocol, such as Azure Event Hubs, through Confluent's client.

A process is a member of a consumer group, which divides the partitions among its members. For each partition, the group
has one committed offset: below it, Redis has every message. What was only read is not committed.
"""

import logging
import math
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka import Message as Record

from config.sources.model import QueueSource
from consume.sources.interface import GATHER_S, Message, SourceUnavailable
from consume.sources.kafka.errors import AWAY, MOVED, sentences
from consume.sources.kafka.options import ANSWER_WITHIN_S, client_options
from consume.sources.kafka.positions import PartitionPosition

_LATEST, _EARLIEST = -1, -2
"""What the protocol calls the ends of a partition where a time is expected."""

_silent = logging.getLogger("relay.consume.kafka")
_silent.addHandler(logging.NullHandler())
_silent.propagate = False


class _Handle(NamedTuple):
    """Where a message is, and the assignment that it came by; after another assignment nothing is committed for it."""

    partition: int
    offset: int
    position: PartitionPosition


def connect(source: QueueSource) -> "Kafka":
    """Return the source, after the brokers have answered for its topic. Raise SourceUnavailable."""
    return Kafka(source)


class Kafka:
    """One topic. It joins the consumer group with the first call of `receive`, so that a look moves no partition."""

    hold_s = math.inf

    def __init__(self, source: QueueSource) -> None:
        self._topic, self._group = source.queue, source.consumer_group
        self._place = f"Kafka at {source.address}"
        self._error: KafkaError | None = None
        self._positions: dict[int, PartitionPosition] = {}
        self._arrived: list[Message] = []
        self._joined = self._paused = False
        try:
            self._consumer = Consumer(client_options(source, self._note_error), logger=_silent)
        except KafkaException:  # its text may have parts of the URL
            raise SourceUnavailable(
                f"the client of {self._place} refuses the files or the name and password of `url`",
                "see that ca_certs, certfile and keyfile are PEM files that relay may read, and that no value is empty",
            ) from None
        try:
            self._partitions()
        except SourceUnavailable:
            self.close()
            raise

    def receive(self, max_messages: int, max_bytes: int, wait_s: float) -> list[Message]:
        """Return the messages that are there, as the interface says."""
        self._join()
        self._set_paused(False)
        until = time.monotonic() + wait_s
        while len(self._arrived) < max_messages and self._size() < max_bytes:
            left = GATHER_S if self._arrived else until - time.monotonic()
            if left <= 0 or (not self._poll(left) and self._arrived):
                break
        if not self._arrived:
            self._look_for_trouble()
        self._commit()
        messages, self._arrived = self._arrived, []
        return messages

    def confirm(self, messages: Sequence[Message]) -> None:
        """Commit the offsets below which Redis has every message; leave partitions that others have meanwhile."""
        for message in messages:
            handle: _Handle = message.handle
            handle.position.confirm(handle.offset)
        self._commit()

    def keep(self, messages: Sequence[Message]) -> None:
        """Stay in the group, with all partitions paused; the topic keeps its messages."""
        del messages
        if self._joined:
            self._set_paused(True)
            while self._poll(0):
                pass

    def give_back(self, messages: Sequence[Message]) -> None:
        """Read from the first of the messages again; those behind it that are confirmed are skipped."""
        first: dict[int, int] = {}
        for message in messages:
            handle: _Handle = message.handle
            if self._positions.get(handle.partition) is handle.position:
                first[handle.partition] = min(handle.offset, first.get(handle.partition, handle.offset))
        try:
            for partition, offset in first.items():
                self._consumer.seek(TopicPartition(self._topic, partition, offset))
        except KafkaException as error:
            raise self._unavailable(error.args[0]) from None

    def peek(self, wait_s: float) -> Message | None:
        """Return the next message for the group, without joining it."""
        self._consumer.assign(
            [TopicPartition(self._topic, partition, start) for partition, (start, _) in self._ends().items()]
        )
        until = time.monotonic() + wait_s
        while (left := until - time.monotonic()) > 0:
            record = self._next_record(left)
            if record is not None:
                return self._message(record, PartitionPosition(), came_before=False)
        return None

    def backlog(self) -> int | None:
        """Return how many offsets of the topic are not committed for the group, in all partitions."""
        return sum(max(0, end - start) for start, end in self._ends().values())

    def close(self) -> None:
        """Leave the group, which gives the partitions to other processes."""
        try:
            self._consumer.close()
        except (KafkaException, RuntimeError):
            return

    def _join(self) -> None:
        if self._joined:
            return
        try:
            self._consumer.subscribe(
                [self._topic], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost
            )
        except KafkaException as error:
            raise self._unavailable(error.args[0]) from None
        self._joined = True

    def _assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._positions = {each.partition: PartitionPosition() for each in partitions}
        consumer.assign(partitions)
        # The client remembers from earlier assignments that a partition was paused.
        (consumer.pause if self._paused else consumer.resume)(partitions)

    def _revoked(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Commit what Redis has, as long as this process may; drop the messages that Redis does not have."""
        self._commit()
        self._lost(consumer, partitions)

    def _lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        gone = {each.partition for each in partitions}
        self._positions = {number: each for number, each in self._positions.items() if number not in gone}
        self._arrived = [each for each in self._arrived if each.handle.partition not in gone]
        consumer.unassign()

    def _set_paused(self, paused: bool) -> None:
        if paused != self._paused:
            self._paused = paused
            try:
                change = self._consumer.pause if paused else self._consumer.resume
                change(self._consumer.assignment())
            except KafkaException as error:
                raise self._unavailable(error.args[0]) from None

    def _poll(self, wait_s: float) -> bool:
        """Wait for a message, and for news of the group; return whether a message came."""
        record = self._next_record(wait_s)
        if record is None:
            return False
        partition, offset = record.partition(), record.offset()
        position = None if partition is None else self._positions.get(partition)
        if position is None or offset is None:
            return True
        came_before = position.arrive(offset)
        if came_before is not None:
            self._arrived.append(self._message(record, position, came_before))
        return True

    def _next_record(self, wait_s: float) -> Record | None:
        """Return the next record. Raise SourceUnavailable where the client says that there will be none."""
        try:
            record = self._consumer.poll(wait_s)
        except KafkaException as refused:
            raise self._unavailable(refused.args[0]) from None
        if record is None:
            return None
        error = record.error()
        if error is None:
            return record
        if error.code() in AWAY:
            self._error = error
        elif not error.retriable():
            raise self._unavailable(error)
        return None

    def _message(self, record: Record, position: PartitionPosition, came_before: bool) -> Message:
        partition, offset = record.partition() or 0, record.offset() or 0
        headers = {"key": _text(record.key()), "partition": str(partition)}
        headers |= {name: _text(value) for name, value in _pairs(record)}
        # A topic that was deleted and created again has the same offsets, but other times.
        message_id = f"{self._topic}/{partition}/{offset}/{record.timestamp()[1]}"
        value = record.value()
        return Message(_bytes(value), message_id, headers, came_before, _Handle(partition, offset, position))

    def _size(self) -> int:
        return sum(len(each.body) for each in self._arrived)

    def _commit(self) -> None:
        """Commit for each partition of this process; what the broker cannot take now is committed later."""
        offsets = {number: each.to_commit() for number, each in self._positions.items()}
        wanted = [TopicPartition(self._topic, number, each) for number, each in offsets.items() if each is not None]
        if not wanted:
            return
        try:
            done = self._consumer.commit(offsets=wanted, asynchronous=False) or []
        except KafkaException as error:
            if error.args[0].code() not in AWAY | MOVED:
                raise self._unavailable(error.args[0]) from None
            return
        for each in done:
            if each.error is None:
                self._positions[each.partition].committed = each.offset
            elif each.error.code() not in AWAY | MOVED:
                raise self._unavailable(each.error)

    def _partitions(self) -> list[int]:
        """Return the partitions of the topic. Raise SourceUnavailable where there is no such topic."""
        try:
            topic = self._consumer.list_topics(self._topic, timeout=ANSWER_WITHIN_S).topics[self._topic]
        except KafkaException as error:
            self._consumer.poll(0)  # a reason, such as a wrong password, comes as an event of its own
            raise self._unavailable(error.args[0]) from None
        if topic.error is not None or not topic.partitions:
            raise self._unavailable(topic.error or KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
        return sorted(topic.partitions)

    def _ends(self) -> dict[int, tuple[int, int]]:
        """Return for each partition where the group continues, and where the partition ends."""
        numbers = self._partitions()
        try:
            asked = [TopicPartition(self._topic, number) for number in numbers]
            committed = {each.partition: each.offset for each in self._consumer.committed(asked, ANSWER_WITHIN_S)}
            first, end = (self._limits(numbers, limit) for limit in (_EARLIEST, _LATEST))
        except KafkaException as error:
            raise self._unavailable(error.args[0]) from None
        return {number: (max(committed[number], first[number]), end[number]) for number in numbers}

    def _limits(self, numbers: Sequence[int], limit: int) -> dict[int, int]:
        asked = [TopicPartition(self._topic, number, limit) for number in numbers]
        return {each.partition: each.offset for each in self._consumer.offsets_for_times(asked, ANSWER_WITHIN_S)}

    def _note_error(self, error: KafkaError) -> None:
        """Remember an error that has no message of its own; the client calls this while relay waits for messages."""
        self._error = error

    def _look_for_trouble(self) -> None:
        """Raise SourceUnavailable where an error was noted and the brokers do not answer."""
        if self._error is not None:
            self._partitions()
            self._error = None

    def _unavailable(self, error: KafkaError | None) -> SourceUnavailable:
        """Return what to raise: for the noted reason, where the error only says that nothing answers."""
        if error is None or (error.code() in AWAY and self._error is not None):
            error = self._error
        return SourceUnavailable(*sentences(error, self._place, self._topic, self._group))


def _pairs(record: Any) -> Sequence[tuple[str, bytes | None]]:
    """Return the headers; none where the client cannot read them, because a name is no UTF-8."""
    try:
        return record.headers() or ()
    except (SystemError, UnicodeDecodeError):
        return ()


def _bytes(value: str | bytes | None) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""


def _text(value: str | bytes | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else value or ""
