"""What is Kafka's own: offsets and partitions. One offset for each says what Redis has; others may get a partition."""

import json
import time
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from support.mock_kafka import running_mock_cluster
from support.noida import Noida
from support.queues import KafkaQueue
from support.waiting import until

from config.sources.address import SourceAddress
from config.sources.model import QueueSource
from consume.sources.interface import Message, SourceUnavailable
from consume.sources.kafka.positions import PartitionPosition

PARTITIONS = range(KafkaQueue.PARTITIONS)


@pytest.fixture
def topic(kafka: Noida) -> KafkaQueue:
    """An empty topic."""
    return KafkaQueue(kafka.address)


@pytest.fixture
def opened(topic: KafkaQueue) -> Iterator[Callable[[], "Kafka"]]:  # noqa: F821
    """Open the topic, as a process does; close every connection at the end."""
    from consume.sources.kafka.topic import Kafka

    sources: list[Kafka] = []

    def open_it() -> Kafka:
        sources.append(Kafka(topic.source))
        return sources[-1]

    yield open_it
    for source in sources:
        source.close()


def take(source: "Kafka", number: int) -> list[Message]:  # type: ignore[name-defined]  # noqa: F821
    """Receive this many messages, in their order."""
    messages: list[Message] = []

    def enough() -> bool:
        messages.extend(source.receive(number - len(messages), 1 << 20, 1.0))
        return len(messages) >= number

    until(enough)
    return sorted(messages, key=lambda each: each.handle[:2])


def bodies(*numbers: int) -> list[bytes]:
    return [b'{"mpid":"%d"}' % number for number in numbers]


def test_only_the_offset_below_which_redis_has_all_is_committed(topic: KafkaQueue, opened: Callable) -> None:  # type: ignore[type-arg]
    topic.publish(bodies(*range(9)))
    source = opened()
    messages = take(source, 9)
    partition = [message for message in messages if message.handle.partition == 1]
    source.confirm([partition[2]])
    assert topic.committed()[1] < 1
    source.confirm([partition[0]])
    assert topic.committed()[1] == 1
    source.confirm([partition[1]])
    assert topic.committed()[1] == 3
    assert topic.committed()[0] < 1


def test_what_was_only_read_comes_to_the_next_process(topic: KafkaQueue, opened: Callable) -> None:  # type: ignore[type-arg]
    """With the same ids."""
    topic.publish(bodies(*range(6)))
    first = opened()
    messages = take(first, 6)
    first.confirm(messages[:2])
    first.close()
    again = take(opened(), 4)
    assert {message.id for message in again} == {message.id for message in messages[2:]}


def test_a_partition_that_moved_is_neither_committed_nor_lost(topic: KafkaQueue, opened: Callable) -> None:  # type: ignore[type-arg]
    """Of the partitions that a second process gets, the first one commits nothing more; their messages come there."""
    topic.publish(bodies(*range(6)))
    first, second = opened(), opened()
    messages = take(first, 6)
    moved: list[Message] = []

    def shared() -> bool:
        first.keep(messages)
        moved.extend(second.receive(10, 1 << 20, 0.2))
        return bool(moved)

    until(shared)
    first.confirm(messages)
    assert all(offset < 1 for offset in topic.committed().values())
    came: set[str] = set()

    def all_came() -> bool:
        for source in (first, second):
            found = source.receive(10, 1 << 20, 0.2)
            came.update(message.id for message in found)
            source.confirm(found)
        came.update(message.id for message in moved)
        second.confirm(moved)
        return topic.ready() == 0

    until(all_came)
    assert came == {message.id for message in messages}


def test_partitions_are_shared_by_processes(topic: KafkaQueue, opened: Callable) -> None:  # type: ignore[type-arg]
    first, second = opened(), opened()
    seen: dict[int, set[int]] = {0: set(), 1: set()}
    numbers = count()

    def both() -> bool:
        topic.publish(bodies(*(next(numbers) for _ in PARTITIONS)))
        for name, source in enumerate((first, second)):
            found = source.receive(10, 1 << 20, 0.3)
            source.confirm(found)
            if found:
                seen[name] = {message.handle.partition for message in found}
        return bool(seen[0] and seen[1]) and not seen[0] & seen[1]

    until(both)


def test_a_process_keeps_its_partitions_while_redis_is_away(
    topic: KafkaQueue,
    opened: Callable,  # type: ignore[type-arg]
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As long as `keep` is called; without, the group gives its partitions to others, and relay says so."""
    monkeypatch.setattr("consume.sources.kafka.options.SESSION_S", 6)
    monkeypatch.setattr("consume.sources.kafka.options.POLL_WITHIN_S", 6)
    topic.publish(bodies(1))
    source = opened()
    held = take(source, 1)
    topic.publish(bodies(2, 3))
    end = time.monotonic() + 8
    while time.monotonic() < end:
        source.keep(held)
        time.sleep(0.2)
    source.confirm(held)
    assert sum(max(0, offset) for offset in topic.committed().values()) == 1
    source.confirm(take(source, 2))
    assert topic.ready() == 0

    def asks_too_late() -> None:
        for _ in range(10):
            time.sleep(7)
            source.receive(1, 1, 0.5)

    with pytest.raises(SourceUnavailable, match="did not ask for messages in time"):
        asks_too_late()


def test_what_is_read_ahead_has_a_bound_in_bytes(kafka: Noida, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of 18 MB in four partitions, the client has 8 MiB and at most one answer more, which has 1 MiB of each."""
    from confluent_kafka import Producer

    from consume.sources.kafka import options
    from consume.sources.kafka import topic as client

    del kafka  # the mock cluster needs the same package, or the test is skipped
    ahead: list[int] = []

    def note(statistics: str) -> None:
        partitions = json.loads(statistics)["topics"].get("batches", {}).get("partitions", {"0": {"fetchq_size": 0}})
        ahead.append(max(each["fetchq_size"] for each in partitions.values()))  # of the queue that all share

    own = client.client_options
    monkeypatch.setattr(
        client, "client_options", lambda *args: {**own(*args), "stats_cb": note, "statistics.interval.ms": 100}
    )
    with running_mock_cluster() as address:
        producer = Producer({"bootstrap.servers": address, "log_level": 0})
        for number in range(20):
            producer.produce("batches", b"x" * 900_000, partition=number % 4)
            producer.flush()
        source = client.Kafka(QueueSource("batches", SourceAddress.parse(f"kafka://{address}"), "batches", "web"))
        take(source, 1)
        for _ in range(5):
            assert len(source.receive(1, 1, 10.0)) == 1
            time.sleep(0.2)
            source.keep([])
        source.close()
    assert 4_000_000 < max(ahead) <= options.MOST_AHEAD_BYTES + (4 << 20)


def test_a_look_moves_neither_offsets_nor_partitions(topic: KafkaQueue, opened: Callable) -> None:  # type: ignore[type-arg]
    topic.publish(bodies(*range(3)))
    source = opened()
    held = take(source, 3)
    source.confirm(held[:1])
    other = opened()
    seen = other.peek(10)
    assert seen is not None
    assert seen.id in {message.id for message in held[1:]}
    assert other.backlog() == 2
    other.close()
    source.keep([])
    source.confirm(held[1:])
    assert topic.ready() == 0


@pytest.mark.parametrize("files", ["ca_certs=/not/there.pem", "certfile=/not/there.pem&keyfile=/not/there.pem"])
def test_a_file_for_tls_that_cannot_be_used_is_said(files: str) -> None:
    """Without the password, and without a broker."""
    pytest.importorskip("confluent_kafka")
    from consume.sources.kafka.topic import Kafka

    address = SourceAddress.parse(f"kafkas://joe:testing@127.0.0.1:1?{files}")
    with pytest.raises(SourceUnavailable, match="to do: see that ca_certs, certfile and keyfile are PEM") as refused:
        Kafka(QueueSource("batches", address, "batches", "web"))
    assert "testing" not in str(refused.value)


def test_the_broker_may_go_and_come_back(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The source says so, and another connection continues where Redis has all."""
    from consume.sources.kafka.topic import Kafka

    broker = Noida(tmp_path_factory.mktemp("kafka") / "broker")
    try:
        topic = KafkaQueue(broker.address)
        topic.publish(bodies(*range(6)))
        source = Kafka(topic.source)
        source.confirm(take(source, 6)[:3])
        left = topic.ready()
        broker.kill()

        def ask() -> None:
            for _ in range(60):
                source.receive(1, 1, 1.0)

        with pytest.raises(SourceUnavailable, match="does not answer; to do: check that Kafka runs"):
            ask()
        source.close()
        broker.start()
        assert topic.ready() == left
        again = Kafka(topic.source)
        again.confirm(take(again, left))
        assert topic.ready() == 0
        again.close()
    finally:
        broker.close()


class Position(RuleBasedStateMachine):
    """What is committed never passes a message that Redis has not, with gaps in the offsets, and going back."""

    def __init__(self) -> None:
        super().__init__()
        self.position = PartitionPosition()
        self.log: list[int] = []
        self.read = 0
        self.in_redis: set[int] = set()
        self.held: list[int] = []
        self.came: set[int] = set()

    @rule(gap=st.integers(1, 3))
    def publish(self, gap: int) -> None:
        self.log.append((self.log[-1] if self.log else -1) + gap)

    @rule(number=st.integers(1, 4))
    def receive(self, number: int) -> None:
        for offset in self.log[self.read : self.read + number]:
            before = self.position.arrive(offset)
            assert (before is None) == (offset in self.in_redis)
            if before is not None:
                assert before == (offset in self.came)
                self.held.append(offset)
            self.came.add(offset)
        self.read = min(len(self.log), self.read + number)

    @rule(data=st.data())
    def confirm(self, data: st.DataObject) -> None:
        for offset in data.draw(st.lists(st.sampled_from(self.held), unique=True) if self.held else st.just([])):
            self.position.confirm(offset)
            self.held.remove(offset)
            self.in_redis.add(offset)

    @rule()
    def give_all_back(self) -> None:
        if self.held:
            self.read = self.log.index(min(self.held))
            self.held = []

    @rule()
    def commit(self) -> None:
        offset = self.position.to_commit()
        if offset is not None:
            self.position.committed = offset

    @invariant()
    def nothing_is_passed(self) -> None:
        assert all(offset in self.in_redis for offset in self.log if offset < self.position.committed)

    @invariant()
    def what_redis_has_is_committed(self) -> None:
        if self.came and self.came <= self.in_redis:
            assert (self.position.to_commit() or self.position.committed) == max(self.came) + 1


TestPosition = Position.TestCase
