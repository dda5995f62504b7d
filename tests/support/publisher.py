"""A thread that publishes batches to a queue and remembers what the broker confirmed; it repeats what it did not."""

import threading
from collections.abc import Sequence
from contextlib import suppress

import amqp
from support.events import as_json, batch, purchase
from support.queues import Queue

REFUSED: tuple[type[Exception], ...] = (OSError, amqp.AMQPError)
"""What a client raises where the broker did not confirm."""
with suppress(ImportError):
    from confluent_kafka import KafkaException

    REFUSED += (KafkaException,)


class Publisher:
    """Publishes until it is stopped. Every second message has an event without an id and without a time."""

    def __init__(self, queue: Queue) -> None:
        self._queue = queue
        self._stopped = threading.Event()
        self.publishing = threading.Lock()
        """Messages are kept back while another holds it."""
        self.accepted: set[str] = set()
        """The ids of confirmed events that have one of their own."""
        self.without_id = 0
        """The number of confirmed events without one."""
        self._thread = threading.Thread(target=self._publish_all, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the current message and publish no more."""
        self._stopped.set()
        self._thread.join(timeout=120)
        assert not self._thread.is_alive(), "a message was never confirmed"

    def _publish_all(self) -> None:
        number = 0
        while not self._stopped.is_set():
            numbers = range(number, number + 20)
            for message_id, events in self._messages(numbers):
                with self.publishing:
                    self._until_confirmed(as_json(batch(*events)), message_id)
            number += 20
            self._stopped.wait(0.05)

    def _messages(self, numbers: Sequence[int]) -> list[tuple[str, list[dict[str, object]]]]:
        own = [(f"own-{number}", [purchase(number)]) for number in numbers[::2]]
        none = [
            (f"none-{number}", [purchase(number, source_message_id=None, timestamp_unixtime_ms=None)])
            for number in numbers[1::2]
        ]
        return [*own, *none]

    def _until_confirmed(self, body: bytes, message_id: str) -> None:
        while True:
            try:
                self._queue.publish([body], message_id)
            except REFUSED:
                threading.Event().wait(0.2)
                continue
            if message_id.startswith("own"):
                self.accepted.add(f"e{message_id.removeprefix('own-')}")
            else:
                self.without_id += 1
            return
