"""Preview the replay of a dead letter: map it as the worker would, without sending it."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import msgspec

from config.model import Configuration, Input, no_input
from config.settings import Settings
from delivery.dead_letter import DeadLetter
from lanes.chunk import Chunk
from mapping.plan import Plan, compile_plan
from mapping.results import Mapped, Rejected, Unsupported, Withheld
from operations.masking import READABLE, mask, mask_sentence

_READABLE: Final = READABLE | {
    *("event", "event_id", "event_time", "timestamp", "event_source", "event_source_id", "pixel_code", "type"),
    *("currency", "value", "price", "quantity", "num_items", "content_type", "test_event_code", "limited_data_use"),
}
"""Members of a request whose values name no person."""


class Blocked(NamedTuple):
    """The dead letter cannot be mapped; `why` says what to do."""

    why: str


class ReplayPreview(NamedTuple):
    """What a replay would send (`items`), dead-letter (`rejected`) and not send (`unsent`)."""

    url: str
    body: bytes
    items: Sequence[Mapped]
    rejected: Sequence[Rejected]
    unsent: Sequence[Unsupported | Withheld]

    def as_object(self, *, reveal: bool) -> dict[str, Any]:
        """Return it for `--json`: the request or null, new dead letters, and what would be counted and not sent."""
        rejected = ({"reason": item.reason, "field": item.field, "message": item.message} for item in self.rejected)
        return {
            "request": {"url": self.url, "body": shown_body(self.body, reveal=reveal)} if self.items else None,
            "dead_letters": list(rejected),
            "not_sent": [why_unsent(item) for item in self.unsent],
        }

    def sentences(self) -> list[str]:
        """Return one sentence for each result."""
        return [
            *(f"would be sent as {item.tiktok_event}" for item in self.items),
            *(f"would be dead-lettered again: {item.reason}: {item.message}" for item in self.rejected),
            *(f"would not be sent: {why_unsent(item)}" for item in self.unsent),
        ]


class ReplayPreviews:
    """Makes previews under one configuration, at one time."""

    def __init__(self, configuration: Configuration, settings: Settings, now_ms: int) -> None:
        self._configuration, self._settings, self._now_ms = configuration, settings, now_ms
        self._plans: dict[tuple[str, str], Plan] = {}

    def obstacle(self, connection_id: str) -> str | None:
        """Return why nothing of this connection can be replayed now; None when it can."""
        if connection_id in self._configuration.connections:
            return None
        return f"connection {connection_id} is not in the configuration file: put it back first"

    def of(self, dead_letter: DeadLetter, source: Chunk) -> ReplayPreview | Blocked:
        """Return the preview of a dead letter. Remembered IP addresses (I1) are not added, as in `relay preview`."""
        if obstacle := self.obstacle(dead_letter.connection):
            return Blocked(obstacle)
        known = self._configuration.input_of(source.input)
        if known is None:
            return Blocked(no_input(source.input))
        plan = self._plan(dead_letter.connection, known)
        results = [
            result
            for batch in source.batches
            for mapper in (plan.batch(batch.shared, source.received_ms, source.peer_ip or None, None, self._now_ms),)
            for entry in batch.entries
            for result in mapper.map(entry.raw, entry.event_id, entry.items, entry.made)
        ]
        items = [result for result in results if isinstance(result, Mapped)]
        return ReplayPreview(
            url=self._settings.tiktok_url + plan.route.path,
            body=plan.request([item.body for item in items]),
            items=items,
            rejected=[result for result in results if isinstance(result, Rejected)],
            unsent=[result for result in results if isinstance(result, Unsupported | Withheld)],
        )

    def _plan(self, connection_id: str, source: Input) -> Plan:
        key = (connection_id, source.id)
        if key not in self._plans:
            self._plans[key] = compile_plan(self._configuration.connections[connection_id], source)
        return self._plans[key]


def shown_body(body: bytes, *, reveal: bool) -> Any:
    """Return a request's body to show: hashes and free text masked too, unless `reveal`."""
    decoded = msgspec.json.decode(body)
    return decoded if reveal else mask(decoded, names=_READABLE)


def why_unsent(result: Unsupported | Withheld) -> str:
    """Return why the event would not be sent."""
    return result.what if isinstance(result, Unsupported) else result.why


def former_reason(dead_letter: DeadLetter, *, reveal: bool) -> str:
    """Return why the event was dead-lettered, as a sentence."""
    message = dead_letter.message if reveal or dead_letter.stage != "delivery" else mask_sentence(dead_letter.message)
    return f"{dead_letter.reason}: {message}"
