"""Count what a settlement adds to the metrics beside the ledger: the samples of operations/metrics/catalogue.py."""

from collections import Counter
from collections.abc import Sequence
from typing import assert_never

from delivery.outcome_names import withheld
from delivery.verdict import ConnectionFault, Delivered, RetryLater, Split, Verdict
from mapping.fields.phones.numbers import COUNTRY_UNKNOWN
from operations.metrics.histograms import ANSWER, DELIVERY, REQUEST_BYTES, REQUEST_EVENTS
from operations.metrics.samples import DEAD, PHONES, REQUESTS
from worker.steps.compose import Draft
from worker.steps.posting import SentRequest
from worker.steps.settlement import DeliveryOutcome


def measures(draft: Draft, outcome: DeliveryOutcome, sent: Sequence[SentRequest], answered_ms: int) -> dict[str, int]:
    """Return the counters to raise, by name; without a request, only those of dead letters and withheld events.

    `answered_ms`: the time of the last answer, by Redis's clock.
    """
    unsent = {
        **{f"{DEAD}{reason}": count for reason, count in outcome.reasons.items()},
        **{withheld(rule): count for rule, count in outcome.withheld.items()},
    }
    if not sent:
        return unsent
    return {
        **unsent,
        **_phones_without_country(draft, sent),
        **Counter(f"{REQUESTS}{name_of(request.verdict)}" for request in sent),
        **ANSWER.observe((request.took_s, 1) for request in sent),
        **REQUEST_EVENTS.observe((request.events, 1) for request in sent),
        **REQUEST_BYTES.observe((request.bytes, 1) for request in sent),
        **DELIVERY.observe(
            (max(0, answered_ms - chunk.received_ms) / 1000, delivered)  # ingest's clock may be ahead of Redis's
            for chunk, delivered in zip(draft.chunks, outcome.delivered, strict=True)
            if delivered
        ),
    }


def _phones_without_country(draft: Draft, sent: Sequence[SentRequest]) -> dict[str, int]:
    """Count the phone numbers without a country in the draft, if TikTok accepted a request of it."""
    if not any(isinstance(request.verdict, Delivered) for request in sent):
        return {}
    notes = [note.note for item in draft.items if item.notes for note in item.notes]
    count = sum(note in COUNTRY_UNKNOWN for note in notes)
    return {PHONES: count} if count else {}


def name_of(verdict: Verdict) -> str:
    """Return the verdict as a metric label."""
    match verdict:
        case Delivered():
            return "delivered"
        case RetryLater():
            return "retry_later"
        case Split():
            return "split"
        case ConnectionFault():
            return "connection_fault"
        case _:
            assert_never(verdict)
