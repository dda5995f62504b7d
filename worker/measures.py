"""What a settlement raises beside the books: the counters behind the histograms of operations/catalogue.py."""

from typing import NamedTuple, assert_never

from delivery.verdict import ConnectionFault, Delivered, RetryLater, Split, Verdict
from operations.histograms import ANSWER, DELIVERY, REQUEST_BYTES, REQUEST_EVENTS
from operations.samples import DEAD, REQUESTS
from worker.compose import Draft
from worker.conclude import Conclusion


class Sent(NamedTuple):
    """One request to TikTok: its bytes, how long the answer took, and when it came on Redis's clock."""

    bytes: int
    took_s: float
    answered_ms: int


def measures(draft: Draft, conclusion: Conclusion, verdict: Verdict | None, sent: Sent | None) -> dict[str, int]:
    """Counters to raise, by name; deaths alone where nothing was sent."""
    raised = {f"{DEAD}{reason}": count for reason, count in conclusion.reasons.items()}
    if verdict is None or sent is None:
        return raised
    return {
        **raised,
        f"{REQUESTS}{name_of(verdict)}": 1,
        **ANSWER.observe([(sent.took_s, 1)]),
        **REQUEST_EVENTS.observe([(len(draft.items), 1)]),
        **REQUEST_BYTES.observe([(sent.bytes, 1)]),
        **DELIVERY.observe(
            (max(0, sent.answered_ms - chunk.received_ms) / 1000, delivered)  # ingest's clock may be ahead of Redis's
            for chunk, delivered in zip(draft.chunks, conclusion.delivered, strict=True)
            if delivered
        ),
    }


def name_of(verdict: Verdict) -> str:
    """The verdict as a label."""
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
