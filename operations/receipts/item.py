"""One line of a trace: an item of an event, where it waits or how it ended."""

from typing import Any, NamedTuple

from delivery.dead_letter import DeadLetter, rfc3339
from delivery.receipt import ReceiptFields
from mapping.match_keys import codes_of


class Place(NamedTuple):
    """Where an event waits: the lane, and how many events are before it."""

    lane: str
    position: int


class TraceItem(NamedTuple):
    """An item of an event. `at_ms` is when it ended, None while it waits; times are in Unix milliseconds.

    `dead_letter` is its dead letter, while that is in the store.
    """

    event_id: str
    facts: ReceiptFields
    at_ms: int | None
    place: Place | None = None
    dead_letter: DeadLetter | None = None

    @property
    def is_outcome(self) -> bool:
        """Whether this line says where the item is or how it ended; the line of a replay does not."""
        return self.facts.outcome != "replayed"

    @property
    def match_keys(self) -> list[str]:
        """The codes of the match keys that the item carried."""
        return codes_of(self.facts.match_keys)

    @property
    def notes(self) -> list[str]:
        """The notes on the item: the field, then the note."""
        return [f"{field}: {note}" for field, note in self.facts.notes]

    def as_object(self) -> dict[str, Any]:
        """Return the line as `relay trace --json` shows it."""
        facts = self.facts
        return {
            "event_id": self.event_id,
            "connection": facts.connection,
            "input": facts.input,
            "tiktok_event": facts.tiktok_event,
            "outcome": facts.outcome,
            "reason": facts.reason,
            "received_at": rfc3339(facts.received_ms) if facts.received_ms else None,
            "ended_at": None if self.at_ms is None else rfc3339(self.at_ms),
            "tiktok_code": facts.tiktok_code,
            "tiktok_request_id": facts.tiktok_request_id,
            "attempts": facts.attempts,
            "match_keys": self.match_keys,
            "notes": self.notes,
        }
