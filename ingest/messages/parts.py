"""Sort the elements of a message into parts, and append these; what cannot be taken becomes a dead letter.

A message comes again until it is acknowledged. So nothing in it may be refused for ever.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from ingest.active_configuration import ActiveConfiguration
from ingest.answers import INTERNAL_ERROR, TOO_LARGE, RequestRefused
from ingest.intake import Intake
from ingest.request_log import log_unexpected_error
from ingest.sorting import Limits, SortedRequest, sort
from mapping.incoming.body import JsonBytes
from mapping.incoming.invalid_batch import Unusable
from mapping.incoming.message import unusable

MOST_FAILURES: Final = 2
"""A part of a message that fails alone this often, because of a fault in relay, becomes a dead letter."""
_FAULT: Final = "relay could not read or store this because of a fault in relay; please report it."


@dataclass(slots=True, eq=False)
class Part:
    """A part of a message with an append of its own; nearly always it is the whole message."""

    request: SortedRequest
    elements: Sequence[JsonBytes] = field(repr=False)
    message_id: str
    failures: int = 0


class PartSorter:
    """Sorts the elements of messages under the configuration that is active."""

    def __init__(
        self,
        origin: str,
        largest_request: int,
        count: Callable[[str], None],
        clock_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
    ) -> None:
        """`origin` is the source in log lines; `count` gets `invalid` for each element that is no batch."""
        self._origin, self._count, self._clock_ms = origin, count, clock_ms
        self._limits = Limits.of(largest_request, 0).in_thread()

    def parts(
        self, input_id: str, active: ActiveConfiguration, elements: Sequence[JsonBytes], message_id: str
    ) -> Iterator[Part]:
        """Yield the parts of a message: one, or several where it is too large for one."""
        try:
            yield self._part(input_id, active, elements, message_id)
        except RequestRefused as refused:
            yield from self._split(input_id, active, elements, message_id, refused.message)
        except Exception as error:  # noqa: BLE001 - it must neither stop the queue nor come again for ever
            if len(elements) > 1:
                yield from self._split(input_id, active, elements, message_id, _FAULT)
                return
            log_unexpected_error("message_failed", error, source=self._origin, input=input_id)
            yield self.fault(input_id, active, elements, message_id)

    def smaller_parts(self, part: Part, active: ActiveConfiguration, why: str) -> list[Part]:
        """Return a part in two halves, because one write does not take it; a single batch becomes a dead letter."""
        return [*self._split(part.request.input, active, part.elements, part.message_id, why)]

    def without_faults(self, part: Part, active: ActiveConfiguration) -> list[Part]:
        """Return a part that relay cannot store in halves, and at last the element alone as a dead letter."""
        if len(part.elements) > 1:
            halves = self.smaller_parts(part, active, _FAULT)
            for half in halves:
                half.failures = part.failures
            return halves
        return [self.fault(part.request.input, active, part.elements, part.message_id)]

    def fault(self, input_id: str, active: ActiveConfiguration, elements: Sequence[JsonBytes], message_id: str) -> Part:
        """Return the elements as one dead letter, because of a fault in relay."""
        content = b"\n".join(map(bytes, elements))
        return self._part(input_id, active, [unusable(_FAULT, content)], message_id)

    def _part(self, input_id: str, active: ActiveConfiguration, elements: Sequence[JsonBytes], message_id: str) -> Part:
        plans, now_ms = active.plans[input_id], self._clock_ms()
        request = sort(input_id, plans, elements, now_ms, self._limits, message_id=message_id)
        for element in elements:
            if type(element) is Unusable:
                self._count("invalid")
        return Part(request, elements, message_id)

    def _split(
        self, input_id: str, active: ActiveConfiguration, elements: Sequence[JsonBytes], message_id: str, why: str
    ) -> Iterator[Part]:
        if len(elements) == 1:
            yield from self.parts(input_id, active, [unusable(why, elements[0])], message_id)
            return
        middle = len(elements) // 2
        for number, half in enumerate((elements[:middle], elements[middle:])):
            yield from self.parts(input_id, active, half, f"{message_id}.{number}")


async def append_part(intake: Intake, sorter: PartSorter, part: Part) -> tuple[list[Part], RequestRefused | None]:
    """Append a part. Return the parts that are still to be appended, and the refusal if that is the part unchanged."""
    request, active = part.request, intake.reloader.active
    if not request.accepted:  # a batch without events
        return [], None
    try:
        await intake.coalescer.append(request)
    except RequestRefused as refused:
        if refused.kind == TOO_LARGE:
            return sorter.smaller_parts(part, active, refused.message), None
        if refused.kind == INTERNAL_ERROR:
            part.failures += 1
            if part.failures > MOST_FAILURES:
                return sorter.without_faults(part, active), None
        return [part], refused
    if intake.live.feed.watches:
        intake.live.show(request, active.plans.get(request.input, ()), lambda: part.elements)
    return [], None
