"""Count how a draft ended while events are watched: remember what each result was, so that it can be shown."""

from delivery.receipt import ReceiptFields
from delivery.verdict import Delivered, Rejection
from lanes.settlement import Lease
from mapping.results import Mapped, Rejected, Result, Unsupported, Withheld
from operations.live.ended_event import EndedEvent
from operations.receipts.ended import event_id_of
from worker.steps.compose import Draft, Prepared
from worker.steps.outcomes import DeliveryContext, ItemOutcome, OutcomeCounter


class WatchedCounter(OutcomeCounter):
    """Counts as OutcomeCounter does. `shown` has each item that ended."""

    looks_at_each = True

    def __init__(self, draft: Draft, lease: Lease, context: DeliveryContext) -> None:
        super().__init__(draft, lease, context)
        self.shown: list[EndedEvent] = []

    def _count(self, prepared: Prepared, result: Result, ended: ItemOutcome) -> None:
        super()._count(prepared, result, ended)
        chunk = self.draft.chunks[prepared.chunk]
        facts = ReceiptFields(
            self.context.connection,
            chunk.input,
            "delivered",
            received_ms=chunk.received_ms,
            repeated=chunk.first_unknown_ms > 0,
            job=self.context.job,
        )
        self.shown.append(self._shown(prepared, result, ended, facts))

    def _shown(self, prepared: Prepared, result: Result, ended: ItemOutcome, facts: ReceiptFields) -> EndedEvent:
        source = (prepared.shared, prepared.entry.raw)
        match result:
            case Mapped():
                notes = tuple([(note.field, note.note) for note in result.notes])
                event, keys = result.tiktok_event, result.match_keys
                facts = facts._replace(tiktok_event=event, attempts=self._attempts, match_keys=keys, notes=notes)
                if isinstance(ended, Delivered | Rejection):
                    facts = facts._replace(tiktok_code=ended.code, tiktok_request_id=ended.request_id)
                message = ""
                if isinstance(ended, Rejection):
                    message, facts = ended.message, self._as_dead_letter(facts)
                return EndedEvent(result.event_id, facts, *source, message, quotes=True, request=result.body)
            case Rejected(tiktok_event=event, event_id=event_id, message=message):
                return EndedEvent(event_id, self._as_dead_letter(facts._replace(tiktok_event=event)), *source, message)
            case Unsupported(what=what):
                facts = facts._replace(outcome="unsupported")
                return EndedEvent(event_id_of(prepared.entry), facts, *source, what)
            case Withheld(why=why, rule=rule):
                facts = facts._replace(outcome="withheld", reason=rule)
                return EndedEvent(event_id_of(prepared.entry), facts, *source, why)

    def _as_dead_letter(self, facts: ReceiptFields) -> ReceiptFields:
        """Return the facts of an item whose dead letter was added last."""
        dead_letter = self.dead_letters[-1]
        return facts._replace(outcome="dead_lettered", reason=dead_letter.label, dead_letter=dead_letter.id)
