"""The path of waiting events: claim the lane, map, post, judge, settle; again while events and time are left."""

import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

import structlog

from config.model import Configuration, Connection
from delivery.verdict import ConnectionFault, Delivered, RetryLater
from lanes.lanes import ClaimLimits
from lanes.names import connection_of
from lanes.settlement import RECHECK_MS, Lease, Lost, PauseState, Refused, Released, Settlement
from store.errors import RedisAway, RedisFull
from worker.runtime import Runtime
from worker.steps.compose import Blocked, Composer, Draft
from worker.steps.measures import measures
from worker.steps.outcomes import DeliveryContext
from worker.steps.posting import PostResult, post_draft
from worker.steps.settlement import build_settlement, settle_blocked, settle_split
from worker.steps.split_chunk import OversizedChunk

log = structlog.get_logger("relay.worker")

DRAIN_FOR_S: Final = 5.0
"""A job ends after this long although more waits: so Flower shows single jobs, and workers stop quickly."""
SETTLE_WITHIN_S: Final = 12.0
"""A lease lasts 15 s, and was renewed 4 s ago at most."""
SETTLE_AGAIN_S: Final = 0.2
GATHER_MS: Final = ((16, 50), (8, 20))
"""After a request with at least this many events emptied its lane, a job waits this many ms for more, without a Celery
message. After fewer it ends, so that a lone event does not wait."""
REFUSED_FOR_GOOD: Final = ("script", "refused")
"""Troubles that are answers to the settlement itself: trying again changes nothing."""


@dataclass(slots=True)
class JobReport:
    """What one job did, as counts and reasons only, because Flower shows it."""

    connection: str
    ended: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    trouble: str | None = None
    hangs: bool = False
    """Whether its last request got a slow answer, or none."""

    def failure(self, job: str | None) -> str | None:
        """Return one line if there is something to act on, else None."""
        lines = []
        if self.reasons:
            reasons = ", ".join(f"{reason} ×{count}" for reason, count in self.reasons.most_common())
            dead = f"{self.reasons.total():,} of {self.ended:,} events dead-lettered: {reasons}"
            lines.append(f"{dead} (relay dead-letters list --job {job})")
        if self.trouble:
            lines.append(self.trouble)
        return f"{self.connection}: {'; '.join(lines)}" if lines else None


def drain(
    lane: str, runtime: Runtime, job: str | None = None, monotonic: Callable[[], float] = time.monotonic
) -> JobReport:
    """Deliver what waits in `lane` for up to 5 s, or until the process must stop.

    Raise ValueError when `lane` is not a lane's name, RedisAway, RedisFull.
    """
    report = JobReport(connection_of(lane))
    configuration = runtime.file.current
    connection = configuration.connections.get(report.connection)
    if runtime.stopping.is_set():
        return report  # the lane is woken again, for another worker
    if connection is None or not connection.enabled:
        defer_lane(report.connection, "removed" if connection is None else "disabled", lane, runtime)
        return report
    step = _Step(runtime, configuration, connection, report, job)
    until = monotonic() + DRAIN_FOR_S
    lease: Lease | Released | Lost | Refused = runtime.lanes.claim(lane, step.claim_limits)
    kept: Lease | None = None
    try:
        while isinstance(lease, Lease):
            runtime.leases.keep(kept := lease)
            lease = step.take(
                lease, lambda: monotonic() < until and not runtime.stopping.is_set() and step.is_up_to_date
            )
            if isinstance(lease, Released) and lease.gathers and not runtime.stopping.wait(step.gather_ms / 1000):
                with suppress(RedisAway, RedisFull):  # what the job did is settled: its report counts
                    lease = runtime.lanes.claim(lane, step.claim_limits)
    finally:
        if kept is not None:
            runtime.leases.remove(kept)
    return report


def gather_ms(events: int) -> int:
    """Return how long a job waits for more after a request with `events` events; 0 for not at all."""
    return next((ms for least, ms in GATHER_MS if events >= least), 0)


class _Step:
    """The steps from one lease to one settlement, under one configuration."""

    def __init__(
        self, runtime: Runtime, configuration: Configuration, connection: Connection, report: JobReport, job: str | None
    ) -> None:
        share = runtime.dead_letter_share(connection)
        self.claim_limits = replace(runtime.claim_limits(connection, configuration), dead_letters=share)
        self.gather_ms = 0
        self._runtime, self._connection, self._report = runtime, connection, report
        self._configuration = configuration
        self._composer = Composer(
            runtime.codec.decode,
            lambda input_id: runtime.plan(connection, input_id, configuration),
            runtime.profiles.recall if connection.remembers else None,
            runtime.own_ms,
        )
        self._context = DeliveryContext(
            connection=connection.id,
            job=job,
            fingerprint=connection.fingerprint,
            most_events=self.claim_limits.events,
            encode=runtime.codec.encode,
            random=runtime.random,
            encrypt=None if runtime.keyring is None else runtime.keyring.encrypt,
            secret=runtime.shared_parts_secret,
            own_ms=runtime.own_ms(),
            share=share,
            receipts=runtime.receipts,
            is_watched=bool(runtime.live.watches),
        )

    @property
    def is_up_to_date(self) -> bool:
        """Return whether the configuration is still in force, and whether someone watches is as it was."""
        runtime = self._runtime
        return runtime.file.current is self._configuration and bool(runtime.live.watches) == self._context.is_watched

    def take(self, lease: Lease, has_time: Callable[[], bool]) -> Lease | Released | Lost:
        """Compose, post, judge, settle. `has_time` returns whether there is time for another request or lease."""
        began = time.monotonic()
        match self._composer.compose(lease):
            case Blocked(what_to_do, error):
                self._report.trouble = f"{error}: {what_to_do}"
                return self._settle(lease, settle_blocked(what_to_do, lease, error), go_on=False)
            case OversizedChunk() as oversized:
                return self._settle(lease, settle_split(oversized, lease, self._runtime.codec.encode), go_on=True)
            case Draft() as draft:
                return self._deliver(draft, lease, began, has_time)
            case other:
                assert_never(other)

    def _deliver(
        self, draft: Draft, lease: Lease, began: float, has_time: Callable[[], bool]
    ) -> Lease | Released | Lost:
        """Post the draft and settle the result. `began`: when the lease came, on this process's monotonic clock."""
        posted = PostResult()
        if draft.items:
            if not self._runtime.lanes.mark_posted(lease, len(draft.chunks)):
                return Lost()
            posted = post_draft(
                draft,
                self._runtime.client,
                self._connection.access_token,
                step=lease.sizing.step,
                go_on=lambda: (
                    has_time() and not lease.probing and not lease.spaced and self._runtime.leases.holds(lease)
                ),
            )
        answered_ms = lease.now_ms + round((time.monotonic() - began) * 1000)
        outcome = build_settlement(draft, posted, lease, self._context)
        counters = measures(draft, outcome, posted.sent, answered_ms)
        self.gather_ms = gather_ms(outcome.ended) if self._runtime.slots.has_spare else 0
        result = self._settle(lease, replace(outcome.settlement, measures=counters), go_on=has_time())
        if not isinstance(result, Lost):
            _log_verdicts(posted, lease)
            if outcome.shown:
                self._runtime.live.offer(outcome.shown, answered_ms)
            self._report.ended += outcome.ended
            self._report.reasons.update(outcome.reasons)
            if posted.sent:
                self._report.hangs = posted.slow or isinstance(posted.trouble, RetryLater)
            if outcome.trouble and isinstance(result, Released):
                self._report.trouble = outcome.trouble.replace("{waiting}", f"{result.waiting:,}")
        return result

    def _settle(self, lease: Lease, settlement: Settlement, *, go_on: bool) -> Lease | Released | Lost:
        """Settle; while Redis is away, try again as long as a lease lasts: else the events would be sent again."""
        next_claim = replace(self.claim_limits, gather_ms=self.gather_ms) if go_on else None
        until = time.monotonic() + SETTLE_WITHIN_S
        while True:
            try:
                return self._runtime.lanes.settle(lease, settlement, next_claim)
            except RedisAway as away:
                lasting = not away.trouble.passes or away.trouble.code in REFUSED_FOR_GOOD
                if lasting or time.monotonic() > until or self._runtime.stopping.wait(SETTLE_AGAIN_S):
                    raise


def _log_verdicts(posted: PostResult, lease: Lease) -> None:
    """Log the start and the end of a pause, and unexpected answers; called once the settlement holds."""
    trouble = posted.trouble
    if isinstance(trouble, ConnectionFault) and not lease.probing:
        log.warning("connection_paused", error=trouble.error, who=trouble.who, what_to_do=trouble.what_to_do)
    if isinstance(trouble, RetryLater) and trouble.remedy and not lease.probing:
        who, what_to_do = trouble.remedy.who, trouble.remedy.what_to_do
        log.warning("tiktok_unreachable", error=trouble.error, who=who, what_to_do=what_to_do)
    delivered = [sent.verdict for sent in posted.sent if isinstance(sent.verdict, Delivered)]
    if delivered and lease.probing:
        log.info("connection_resumed")
    for note in {verdict.note for verdict in delivered if verdict.note}:
        log.warning("tiktok_answer_unexpected", note=note)


def defer_lane(connection: str, state: PauseState, lane: str, runtime: Runtime) -> None:
    """Pause a connection that must not deliver, and defer its lane: claiming a paused lane does that.

    If the connection was resumed in between, the claim is granted; the lease is then released at once.
    """
    runtime.lanes.pause(connection, state, RECHECK_MS, {})
    lease = runtime.lanes.claim(lane, ClaimLimits())
    if isinstance(lease, Lease):
        runtime.lanes.settle(lease, Settlement(lease.sizing))
