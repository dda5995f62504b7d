"""Put the receipts of an event and its items into one order of time, for commands and the console alike."""

from collections.abc import Sequence
from typing import NamedTuple

from operations.receipts.item import TraceItem


class Arrival(NamedTuple):
    """When, and at which input, an event was received; usually once."""

    received_ms: int
    input: str


def timeline(items: Sequence[TraceItem]) -> list[Arrival | TraceItem]:
    """Return arrivals and items in the order of time; what still waits comes last.

    An arrival stands before its own items, although two clocks measured the two times.
    """
    first_end: dict[Arrival, float] = {}
    for item in items:
        if item.facts.received_ms:
            arrival = Arrival(item.facts.received_ms, item.facts.input)
            first_end[arrival] = min(first_end.get(arrival, arrival.received_ms), _end(item))
    lines: list[tuple[tuple[float, int, bool], Arrival | TraceItem]] = [
        ((ms, arrival.received_ms, False), arrival) for arrival, ms in first_end.items()
    ]
    lines += [((_end(item), item.facts.received_ms, True), item) for item in items]
    return [line for _, line in sorted(lines, key=lambda line: line[0])]


def _end(item: TraceItem) -> float:
    return float("inf") if item.at_ms is None else item.at_ms
