"""Decode messages and sort their batches; every message becomes at least one request, if only with a dead letter."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from config.sources.model import QueueSource
from consume.decoding import decode, unusable
from consume.sources.interface import Message
from ingest.active_configuration import ActiveConfiguration
from ingest.answers import RequestRefused
from ingest.request_log import log_unexpected_error
from ingest.sorting import Limits, SortedRequest, sort
from mapping.incoming.body import JsonBytes
from mapping.incoming.invalid_batch import Unusable

_FAULT: Final = "relay could not read or store this because of a fault in relay; please report it."


@dataclass(slots=True, eq=False)
class Part:
    """A part of a message with an append of its own; nearly always it is the whole message."""

    request: SortedRequest
    elements: Sequence[JsonBytes] = field(repr=False)
    message_id: str
    failures: int = 0


@dataclass(slots=True, eq=False)
class HeldMessage:
    """A message that is neither confirmed nor given back, and its parts that Redis does not have yet."""

    message: Message
    parts: list[Part]

    @property
    def size(self) -> int:
        """The bytes of its batches."""
        return sum(memoryview(element).nbytes for part in self.parts for element in part.elements)


class MessageSorter:
    """Sorts the messages of one source, under the configuration that was active when they came."""

    def __init__(
        self,
        source: QueueSource,
        largest_request: int,
        count: Callable[[str], None],
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        """`count` gets `invalid` for each element that is no batch."""
        self._source, self._largest, self._count, self._clock_ms = source, largest_request, count, clock_ms
        limits = Limits.of(largest_request, 0)
        self._limits = limits.in_thread()

    def hold(self, message: Message, active: ActiveConfiguration) -> HeldMessage:
        """Return the message with all of its parts."""
        input_id = self._source.input_of(message.headers)
        try:
            elements: Sequence[JsonBytes] = decode(message.body, self._largest)
            parts = [*self._parts(input_id, active, elements, message.id)]
        except Exception as error:  # noqa: BLE001 - it must neither stop the queue nor come again for ever
            log_unexpected_error("message_failed", error, source=self._source.id, input=input_id)
            parts = [self._fault(input_id, active, message.body, message.id)]
        return HeldMessage(message, parts)

    def smaller_parts(self, part: Part, active: ActiveConfiguration, why: str) -> list[Part]:
        """Return a part in two halves, because one write does not take it; a single batch becomes a dead letter."""
        return [*self._split(part.request.input, active, part.elements, part.message_id, why)]

    def without_faults(self, part: Part, active: ActiveConfiguration) -> Part:
        """Return a part that relay cannot store as a dead letter."""
        return self._fault(part.request.input, active, b"\n".join(map(bytes, part.elements)), part.message_id)

    def _parts(
        self, input_id: str, active: ActiveConfiguration, elements: Sequence[JsonBytes], message_id: str
    ) -> Iterator[Part]:
        plans, now_ms = active.plans[input_id], self._clock_ms()
        try:
            request = sort(input_id, plans, elements, now_ms, self._limits, message_id=message_id)
        except RequestRefused as refused:
            yield from self._split(input_id, active, elements, message_id, refused.message)
            return
        for element in elements:
            if type(element) is Unusable:
                self._count("invalid")
        yield Part(request, elements, message_id)

    def _split(
        self, input_id: str, active: ActiveConfiguration, elements: Sequence[JsonBytes], message_id: str, why: str
    ) -> Iterator[Part]:
        if len(elements) == 1:
            yield from self._parts(input_id, active, [unusable(why, elements[0])], message_id)
            return
        middle = len(elements) // 2
        for number, half in enumerate((elements[:middle], elements[middle:])):
            yield from self._parts(input_id, active, half, f"{message_id}.{number}")

    def _fault(self, input_id: str, active: ActiveConfiguration, content: bytes, message_id: str) -> Part:
        self._count("invalid")
        elements = [unusable(_FAULT, content)]
        request = sort(input_id, active.plans[input_id], elements, self._clock_ms(), message_id=message_id)
        return Part(request, elements, message_id)
