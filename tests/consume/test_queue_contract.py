"""Every kind of queue keeps the contract of `Source`, on a real server: one suite for all of them."""

import dataclasses
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from support.queues import Queue
from support.waiting import until

from consume.sources.interface import Message, Source, SourceUnavailable
from consume.sources.opening import open_source

BODIES = [b'{"events":[],"mpid":"%d"}' % number for number in range(25)]


@pytest.fixture
def opened(queue: Queue) -> Iterator[Callable[[], Source]]:
    """Open the queue; close every connection at the end."""
    sources: list[Source] = []

    def open_it() -> Source:
        sources.append(open_source(queue.source))
        return sources[-1]

    yield open_it
    for source in sources:
        source.close()


def take(source: Source, number: int) -> list[Message]:
    """Receive this many messages, in as many calls as it takes."""
    messages: list[Message] = []

    def enough() -> bool:
        messages.extend(source.receive(number - len(messages), 1 << 20, 1.0))
        return len(messages) >= number

    until(enough)
    return messages


def test_a_message_has_its_bytes_its_headers_and_an_id(queue: Queue, opened: Callable[[], Source]) -> None:
    queue.publish([b'{"mpid":"\xc3\xa9"}'], message_id="m-1", app="shop")
    (message,) = take(opened(), 1)
    assert message.body == b'{"mpid":"\xc3\xa9"}'
    assert message.headers["app"] == "shop"
    assert message.id
    assert not message.redelivered


def test_a_confirmed_message_is_gone_and_a_returned_one_comes_again(queue: Queue, opened: Callable[[], Source]) -> None:
    """With the same id, and marked as delivered before."""
    queue.publish(BODIES[:3])
    source = opened()
    messages = take(source, 3)
    source.confirm(messages[1:2])
    source.give_back([messages[0], messages[2]])
    again = take(source, 2)
    assert {message.id for message in again} == {messages[0].id, messages[2].id}
    assert {message.body for message in again} == {messages[0].body, messages[2].body}
    assert all(message.redelivered for message in again)
    source.confirm(again)
    source.close()
    assert opened().receive(10, 1 << 20, 1.0) == []
    assert queue.ready() == 0


def test_all_messages_come_and_all_can_be_confirmed(queue: Queue, opened: Callable[[], Source]) -> None:
    queue.publish(BODIES)
    source = opened()
    messages = take(source, len(BODIES))
    assert sorted(message.body for message in messages) == sorted(BODIES)
    source.confirm(messages[5:])
    source.confirm(messages[:5])
    assert source.receive(10, 1 << 20, 1.0) == []
    assert queue.ready() == 0
    assert not source.backlog()


def test_no_more_messages_are_read_than_fit(queue: Queue, opened: Callable[[], Source]) -> None:
    """Neither in number, nor in bytes beyond the last message or the last ten, which is what SQS gives at once."""
    queue.publish([b"x" * 10_000] * 25)
    source = opened()
    assert len(source.receive(2, 1 << 20, 5.0)) == 2
    received = source.receive(25, 20_000, 5.0)
    assert 1 <= len(received) <= 10


def test_neither_the_backlog_nor_the_end_reads_what_waits(queue: Queue, opened: Callable[[], Source]) -> None:
    """What the queue has sent ahead stays outside of the process: it may be gigabytes."""
    bodies = [b"x" * 200_000] * 200
    queue.publish(bodies)
    source = opened()
    assert source.receive(1, 1 << 20, 5.0)
    tracemalloc.start()
    try:
        source.backlog()
        source.close()
        assert tracemalloc.get_traced_memory()[1] < sum(map(len, bodies)) // 2
    finally:
        tracemalloc.stop()


def test_held_messages_are_not_given_to_others(queue: Queue, opened: Callable[[], Source]) -> None:
    queue.publish(BODIES[:2])
    source, other = opened(), None
    messages = take(source, 2)
    source.keep(messages)
    other = opened()
    assert other.receive(10, 1 << 20, 1.0) == []
    source.confirm(messages)


def test_the_backlog_is_what_waits(queue: Queue, opened: Callable[[], Source]) -> None:
    """Pub/Sub alone does not say it."""
    source = opened()
    queue.publish(BODIES[:7])
    assert until(lambda: source.backlog() == (None if queue.source.address.kind == "pubsub" else 7))


def test_what_is_not_there_is_said_without_the_password(queue: Queue) -> None:
    for change in ({"queue": f"{queue.source.queue}-not-there"}, {"address": _nowhere(queue)}):
        if change.get("address") == queue.source.address:
            continue
        with pytest.raises(SourceUnavailable) as refused:
            open_source(dataclasses.replace(queue.source, **change))
        assert "guest:" not in str(refused.value)
        assert "testing" not in str(refused.value)
        assert "; to do: " in str(refused.value)


def _nowhere(queue: Queue) -> object:
    """Return the address with ports at which nothing listens; unchanged where it has no hosts."""
    address = queue.source.address
    return dataclasses.replace(address, hosts=tuple(host._replace(port=1) for host in address.hosts))
