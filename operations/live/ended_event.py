"""An event as it ended, and the line of JSON that shows it: source and request masked, TikTok's answer beside."""

from typing import Any, Final, NamedTuple

import msgspec

from delivery.receipt import ReceiptFields
from lanes.chunk import Batch, Entry
from operations.dead_letters.preview import shown_body
from operations.dead_letters.store import batch_for_people
from operations.masking import mask_sentence
from operations.receipts.item import TraceItem

MOST_SOURCE_BYTES: Final = 32 * 1024
MOST_LINE_BYTES: Final = 16 * 1024
"""Of an event whose source or line is larger, source and request are not shown."""
TOO_LARGE: Final = "too large to be shown"


class EndedEvent(NamedTuple):
    """An item that ended. `batch` is the JSON of its batch without events, `raw` its own; both hold personal data.

    `message` says why it was not sent; with `quotes`, TikTok wrote it and may quote the event.
    `request` is the TikTok event as it was sent, None where nothing was.
    """

    event_id: str | None
    facts: ReceiptFields
    batch: bytes
    raw: bytes
    message: str = ""
    quotes: bool = False
    request: bytes | None = None

    @property
    def kind(self) -> tuple[str, str, str | None]:
        """Events of one kind look alike; each kind gets its part of what is shown."""
        return self.facts.connection, self.facts.outcome, self.facts.tiktok_event

    def line(self, at_ms: int) -> bytes:
        """Return the masked JSON that shows it, in one line."""
        shown = TraceItem(self.event_id or "", self.facts, at_ms).as_object()
        message = mask_sentence(self.message) if self.quotes else self.message
        shown |= {"event_id": self.event_id, "message": message or None, "dead_letter": self.facts.dead_letter}
        line = _encoded(shown | {"source": self._source_for_people(), "request": self._request_for_people()})
        if len(line) <= MOST_LINE_BYTES:
            return line
        return _encoded(shown | {"source": TOO_LARGE, "request": None if self.request is None else TOO_LARGE})

    def _source_for_people(self) -> Any:
        if len(self.batch) + len(self.raw) > MOST_SOURCE_BYTES:
            return TOO_LARGE
        return batch_for_people(Batch(self.batch, [Entry(0, None, self.raw)]), reveal=False)

    def _request_for_people(self) -> Any:
        if self.request is None:
            return None
        return TOO_LARGE if len(self.request) > MOST_SOURCE_BYTES else shown_body(self.request, reveal=False)


def _encoded(shown: dict[str, Any]) -> bytes:
    return msgspec.json.encode(shown)
