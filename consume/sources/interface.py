"""The interface of a queue: messages as raw bytes, acknowledged only when the caller says so.

One thread uses a source at a time. After SourceUnavailable the object is of no more use: the caller closes it and opens
another one. Messages that were not confirmed by then come again, from the queue itself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from config.errors import RelayError

HOLD_S: Final = 300.0
"""`Source.hold_s` of queues that count how often a message is returned."""
GATHER_S: Final = 0.005
"""How long the next message is waited for once there is one: messages that come together share an append."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message as the queue has it.

    `id` is the same each time this message is delivered; "" where the queue has no such id. `headers` are its headers
    or attributes as text. `handle` is what the source needs to acknowledge it.
    """

    body: bytes = field(repr=False)
    id: str = ""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    redelivered: bool = False
    handle: Any = field(default=None, repr=False)


class SourceUnavailable(RelayError):
    """The queue cannot be used now. Neither sentence shows a part of the URL but the host."""

    def __init__(self, problem: str, what_to_do: str) -> None:
        super().__init__(f"{problem}; to do: {what_to_do}")
        self.problem = problem
        self.what_to_do = what_to_do


class Source(Protocol):
    """A queue that is connected. Every method may raise SourceUnavailable."""

    hold_s: float
    """How long messages may be held for Redis before they are given back; math.inf where holding them costs nothing."""

    def receive(self, max_messages: int, max_bytes: int, wait_s: float) -> list[Message]:
        """Return the messages that are there, after up to `wait_s` seconds for the first one.

        Read no further message once there are `max_messages`, or `max_bytes` bytes of bodies. So the last one may
        exceed `max_bytes`, and no more than that is held in memory.
        """
        ...

    def confirm(self, messages: Sequence[Message]) -> None:
        """Acknowledge messages: Redis has their events.

        Messages are confirmed in any order. A queue that knows only offsets commits the highest one below which every
        message is confirmed.
        """
        ...

    def keep(self, messages: Sequence[Message]) -> None:
        """Prolong the hold on messages that are neither confirmed nor given back; take no others meanwhile.

        Called every few seconds while Redis is full or away, also without messages, so that the connection stays.
        """
        ...

    def give_back(self, messages: Sequence[Message]) -> None:
        """Return messages to the queue, which delivers them again, to this process or another one."""
        ...

    def peek(self, wait_s: float) -> Message | None:
        """Return the next message without taking it, after up to `wait_s` seconds; call no `receive` afterwards."""
        ...

    def backlog(self) -> int | None:
        """Return how many messages wait in the queue, without those that are held; None where it does not say."""
        ...

    def close(self) -> None:
        """Close the connection; messages that are held go back. Raise nothing."""
        ...


def peek_by_receiving(source: Source, wait_s: float) -> Message | None:
    """Receive the next message and give it back, where a queue has no other way; it counts that as a delivery."""
    messages = source.receive(1, 1, wait_s)
    source.give_back(messages)
    return messages[0] if messages else None
