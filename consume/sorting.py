"""Decode and sort messages; every message becomes at least one part, if only with a dead letter."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from config.sources.model import QueueSource
from consume.sources.interface import Message
from ingest.active_configuration import ActiveConfiguration
from ingest.messages.parts import Part, PartSorter
from ingest.request_log import log_unexpected_error
from mapping.incoming.body import JsonBytes
from mapping.incoming.invalid_batch import Unusable
from mapping.incoming.message import decode


@dataclass(slots=True, eq=False)
class HeldMessage:
    """A message that is neither confirmed nor given back, and its parts that Redis does not have yet."""

    message: Message
    parts: list[Part]

    @property
    def has_batch(self) -> bool:
        """Whether something in it is a batch; the rest becomes dead letters."""
        return any(type(element) is not Unusable for part in self.parts for element in part.elements)

    @property
    def size(self) -> int:
        """The bytes of its batches."""
        return sum(memoryview(element).nbytes for part in self.parts for element in part.elements)


class MessageSorter(PartSorter):
    """Sorts the messages of one source, under the configuration that was active when they came."""

    def __init__(self, source: QueueSource, largest_request: int, count: Callable[[str], None]) -> None:
        """`count` gets `invalid` for each element that is no batch."""
        super().__init__(source.id, largest_request, count)
        self._source, self._largest = source, largest_request

    def hold(self, message: Message, active: ActiveConfiguration) -> HeldMessage:
        """Return the message with all of its parts."""
        input_id = self._source.input_of(message.headers)
        try:
            elements: Sequence[JsonBytes] = decode(message.body, self._largest)
        except Exception as error:  # noqa: BLE001 - it must neither stop the queue nor come again for ever
            log_unexpected_error("message_failed", error, source=self._source.id, input=input_id)
            return HeldMessage(message, [self.fault(input_id, active, [message.body], message.id)])
        return HeldMessage(message, [*self.parts(input_id, active, elements, message.id)])

    def sort_again(self, held: Iterable[HeldMessage], active: ActiveConfiguration) -> None:
        """Sort what Redis does not have yet under another configuration; generated ids stay the same."""
        for each in held:
            each.parts = [
                again
                for part in each.parts
                for again in self.parts(part.request.input, active, part.elements, part.message_id)
            ]
