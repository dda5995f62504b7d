"""Build the settlement of a lease from the verdict on its draft: what ended, what waits, and until when."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

from config.dead_letter_reasons import OPERATOR, REJECTED_BY_TIKTOK
from delivery.backoff import delay
from delivery.last_error import LastError
from delivery.verdict import ConnectionFault, Rejection, RetryLater
from lanes.batch_sizing import after_retry, after_success
from lanes.chunk import Chunk
from lanes.settlement import (
    CIRCUIT_BREAKER,
    OUT_OF_REACH,
    RECHECK_MS,
    BatchSizing,
    CircuitBreaker,
    Lease,
    Pause,
    Settlement,
)
from operations.live.ended_event import EndedEvent
from worker.steps.compose import Draft
from worker.steps.match_keys import count_match_keys
from worker.steps.outcomes import DeliveryContext, OutcomeCounter
from worker.steps.posting import PostResult
from worker.steps.receipts import receipts_of
from worker.steps.split_chunk import OversizedChunk
from worker.steps.watched import WatchedCounter

HOPELESS_ATTEMPTS: Final = 10
FIRST_PROBE_S: Final = 5.0
PROBE_CAP_S: Final = 300.0
ALL_REFUSED: Final = (
    "TikTok refuses every event and accepts none. Read the dead letters, correct the configuration or the sender, then "
    "run relay connections resume. Until then relay tries a few events every five minutes"
)


@dataclass(frozen=True, slots=True)
class DeliveryOutcome:
    """A settlement, and what to report about it: dead letters by reason, withheld events by rule, and the trouble.

    `delivered` has a count for each of the draft's chunks; `ended` counts all. `trouble` is one line, with
    `{waiting}` in place of the backlog; None for none.
    """

    settlement: Settlement
    reasons: Mapping[str, int] = field(default_factory=dict)
    withheld: Mapping[str, int] = field(default_factory=dict)
    delivered: Sequence[int] = ()
    ended: int = 0
    trouble: str | None = None
    shown: Sequence[EndedEvent] = field(default=(), repr=False)
    """What ended, where someone watches."""


def build_settlement(draft: Draft, posted: PostResult, lease: Lease, context: DeliveryContext) -> DeliveryOutcome:
    """Return what to settle: events that ended are counted, the others wait as long as the verdict says."""
    counter = (WatchedCounter if context.is_watched else OutcomeCounter)(draft, lease, context)
    outcome = _judged(counter, posted, lease)
    return replace(outcome, shown=counter.shown) if isinstance(counter, WatchedCounter) else outcome


def _judged(counter: OutcomeCounter, posted: PostResult, lease: Lease) -> DeliveryOutcome:
    match posted.trouble:
        case None if not posted.sent:
            return _outcome(counter, counter.end(posted.endings.get), lease.sizing)
        case None:
            sizing = after_success(lease.sizing, counter.context.most_events, posted.step)
            parts = counter.end(posted.endings.get)
            return _outcome(counter, parts, sizing, connection_works=True, slow=posted.slow)
        case RetryLater() as later:
            return _later(counter, posted, later)
        case ConnectionFault() as fault:
            return _fault(counter, posted, fault)
        case _:
            assert_never(posted.trouble)


def settle_split(oversized: OversizedChunk, lease: Lease, encode: Callable[[Chunk], bytes]) -> Settlement:
    """Return a settlement in which no event ends and the first chunk is replaced by its two parts."""
    return Settlement(lease.sizing, trim=1, leftovers=[encode(part) for part in oversized.parts])


def settle_blocked(what_to_do: str, lease: Lease, problem: str) -> Settlement:
    """Return a settlement in which no event ends; the lane is checked again in a minute."""
    error = LastError(lease.now_ms, problem, OPERATOR, what_to_do, blocked=True)
    return Settlement(lease.sizing, delay_ms=RECHECK_MS, last_error=error.encode())


def _later(counter: OutcomeCounter, posted: PostResult, verdict: RetryLater) -> DeliveryOutcome:
    draft, lease = counter.draft, counter.lease
    sizing = replace(lease.sizing, attempts=0, failing_since=0) if posted.endings else lease.sizing
    attempt = sizing.attempts + 1
    remedy = verdict.remedy
    if remedy is None and _is_hopeless(draft, lease, attempt):
        message = f"{verdict.error}, {attempt} times in a row, while TikTok accepted other events"
        rejection = Rejection(None, message, None, None)
        return _outcome(counter, counter.end(lambda _: rejection), BatchSizing(), connection_works=True)
    wait_s = delay(attempt, verdict.after_s, counter.context.random)
    parts = counter.end(posted.endings.get)
    size = draft.weight if posted.last_events == len(draft.items) else posted.last_events
    pause = Pause("backing_off", verdict.error, OUT_OF_REACH if remedy else "") if remedy or verdict.throttle else None
    error = LastError(lease.now_ms, verdict.error, *((remedy.who, remedy.what_to_do) if remedy else ()))
    return _outcome(
        counter,
        parts,
        after_retry(sizing, size, lease.now_ms),
        delay_ms=math.ceil(wait_s * 1000),
        unknown=verdict.unknown,
        pause=pause,
        throttled=verdict.throttle,
        error=error,
        trouble=f"{verdict.error}, attempt {attempt}, {{waiting}} events waiting, next try in {math.ceil(wait_s)} s",
    )


def _is_hopeless(draft: Draft, lease: Lease, attempt: int) -> bool:
    """Return whether a single event has failed again and again while the connection delivered others."""
    alone = len(draft.items) == 1
    return alone and attempt >= HOPELESS_ATTEMPTS and lease.connection_delivered_at > lease.sizing.failing_since > 0


def _fault(counter: OutcomeCounter, posted: PostResult, verdict: ConnectionFault) -> DeliveryOutcome:
    lease, context = counter.lease, counter.context
    wait_s = min(PROBE_CAP_S, FIRST_PROBE_S * 2.0 ** min(lease.probes, 10))
    return _outcome(
        counter,
        counter.end(posted.endings.get),
        lease.sizing,
        delay_ms=math.ceil(wait_s * 1000),
        pause=Pause("paused", verdict.what_to_do, probes=lease.probes + 1, fingerprint=context.fingerprint),
        error=LastError(lease.now_ms, verdict.error, verdict.who, verdict.what_to_do),
        trouble=f"paused: {verdict.error}; {{waiting}} events kept",
    )


def _outcome(
    counter: OutcomeCounter,
    parts: list[Chunk] | None,
    sizing: BatchSizing,
    *,
    connection_works: bool = False,
    slow: bool = False,
    delay_ms: int = 0,
    unknown: bool = False,
    pause: Pause | None = None,
    throttled: bool = False,
    error: LastError | None = None,
    trouble: str | None = None,
) -> DeliveryOutcome:
    """Return the settlement of everything counted, and what to report. `parts` is None when no event ended."""
    match_keys, hours = count_match_keys(counter.ended, counter.draft)
    in_doubt = len(counter.draft.chunks) if parts is None else len(parts)
    settlement = Settlement(
        sizing=sizing,
        trim=0 if parts is None else len(counter.draft.chunks),
        leftovers=[counter.context.encode(part) for part in parts or ()],
        counts=counter.counts,
        days=counter.days,
        dead_letters=counter.dead_letters,
        shared=counter.parts.by_id,
        receipts=receipts_of(counter.ended, counter.draft.chunks, counter.context),
        match_keys=match_keys,
        hours=hours,
        share=counter.context.share,
        delay_ms=delay_ms,
        posted=in_doubt if unknown else 0,
        trouble=slow if connection_works else (None if error is None else True),
        throttled=throttled,
        pause=pause,
        last_error=None if error is None else error.encode(),
        refused=counter.reasons[REJECTED_BY_TIKTOK.code],
        circuit_breaker=CircuitBreaker(
            Pause("paused", ALL_REFUSED, CIRCUIT_BREAKER, fingerprint=counter.context.fingerprint)
        ),
    )
    ended = sum(counter.counts[name] for name in ("delivered", "dead_lettered", "unsupported", "withheld"))
    return DeliveryOutcome(settlement, counter.reasons, counter.withheld, counter.delivered, ended, trouble)
