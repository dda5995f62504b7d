"""The journey of waiting events: claim the lane, map, post, judge, settle; again while something is left and time."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final, assert_never

import structlog

from config.model import Configuration, Connection
from delivery.verdict import ConnectionFault, Delivered, RetryLater
from lanes.lanes import Appetite
from lanes.names import group_of
from lanes.settlement import Lease, Lost, Refused, Released, RestState, Settlement
from worker.runtime import Runtime
from worker.steps.compose import Blocked, Carved, Composer, Draft
from worker.steps.measures import measures
from worker.steps.outcomes import Terms
from worker.steps.posting import Posted, post_draft
from worker.steps.settlement import conclude, conclude_blocked, conclude_carved

log = structlog.get_logger("relay.worker")

DRAIN_FOR_S: Final = 5.0
"""A job ends after this long even when more waits: jobs stay visible one by one, and workers leave quickly."""

ASLEEP_MS: Final = 60_000
"""A disabled or removed connection's lanes are looked at again this often."""


@dataclass(slots=True)
class Report:
    """What one job did, in counts and reason codes only: Flower shows it to whoever looks."""

    connection: str
    ended: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    trouble: str | None = None
    hangs: bool = False
    """Whether TikTok was out of reach, or slow, for its last request."""

    def failure(self, job: str | None) -> str | None:
        """One line, facts first, when there is something to act on; else None."""
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
) -> Report:
    """Deliver what waits in `lane` for up to 5 s, or until the process is to stop.

    Raises ValueError for no lane's name, RedisAway, RedisFull.
    """
    report = Report(group_of(lane))
    configuration = runtime.file.current
    connection = configuration.connections.get(report.connection)
    if runtime.stopping.is_set():
        return report  # the lane is woken again, and by then others are there to drain it
    if connection is None or not connection.enabled:
        _put_to_sleep(report.connection, "removed" if connection is None else "disabled", lane, runtime)
        return report
    step = _Step(runtime, configuration, connection, report, job)
    until = monotonic() + DRAIN_FOR_S
    lease: Lease | Released | Lost | Refused = runtime.lanes.claim(lane, step.appetite)
    try:
        while isinstance(lease, Lease):
            runtime.leases.keep(lease)
            lease = step.take(lease, lambda: monotonic() < until and not runtime.stopping.is_set())
    finally:
        runtime.leases.drop(lane)
    return report


class _Step:
    """One lease to one settlement."""

    def __init__(
        self, runtime: Runtime, configuration: Configuration, connection: Connection, report: Report, job: str | None
    ) -> None:
        share = runtime.letter_share(connection)
        self.appetite = replace(runtime.appetite(connection, configuration), letters=share)
        self._runtime, self._connection, self._report = runtime, connection, report
        self._composer = Composer(
            runtime.codec.open,
            lambda input_id: runtime.plan(connection, input_id, configuration),
            runtime.addresses.recall if connection.enrich_ip_address else None,
            runtime.own_ms,
        )
        self._terms = Terms(
            connection=connection.id,
            job=job,
            fingerprint=connection.fingerprint,
            most_events=self.appetite.events,
            seal=runtime.codec.seal,
            random=runtime.random,
            seal_words=None if runtime.keyring is None else runtime.keyring.seal,
            secret=runtime.letters_secret,
            own_ms=runtime.own_ms(),
            share=share,
        )

    def take(self, lease: Lease, goes_on: Callable[[], bool]) -> Lease | Released | Lost:
        """Compose, post, judge, settle; `goes_on` says whether there is time for another request, or another lease."""
        began = time.monotonic()
        match self._composer.compose(lease):
            case Blocked(what_to_do, error):
                self._report.trouble = f"{error}: {what_to_do}"
                return self._settle(lease, conclude_blocked(what_to_do, lease, error), go_on=False)
            case Carved() as carved:
                return self._settle(lease, conclude_carved(carved, lease, self._runtime.codec.seal), go_on=True)
            case Draft() as draft:
                return self._deliver(draft, lease, began, goes_on)
            case other:
                assert_never(other)

    def _deliver(
        self, draft: Draft, lease: Lease, began: float, goes_on: Callable[[], bool]
    ) -> Lease | Released | Lost:
        """`began`: when the lease came, on this process's monotonic clock."""
        posted = Posted()
        if draft.items:
            if not self._runtime.lanes.posted(lease, len(draft.chunks)):
                return Lost()
            posted = post_draft(
                draft,
                self._runtime.client,
                self._connection.access_token,
                step=lease.pace.step,
                go_on=lambda: (
                    goes_on() and not lease.probing and not lease.spaced and self._runtime.leases.holds(lease)
                ),
            )
        answered_ms = lease.now_ms + round((time.monotonic() - began) * 1000)
        conclusion = conclude(draft, posted, lease, self._terms)
        counters = measures(draft, conclusion, posted.sent, answered_ms)
        result = self._settle(lease, replace(conclusion.settlement, measures=counters), go_on=goes_on())
        if not isinstance(result, Lost):
            _say(posted, lease)
            self._report.ended += conclusion.ended
            self._report.reasons.update(conclusion.reasons)
            if posted.sent:
                self._report.hangs = posted.slow or isinstance(posted.trouble, RetryLater)
            if conclusion.trouble and isinstance(result, Released):
                self._report.trouble = conclusion.trouble.replace("{waiting}", f"{result.waiting:,}")
        return result

    def _settle(self, lease: Lease, settlement: Settlement, *, go_on: bool) -> Lease | Released | Lost:
        return self._runtime.lanes.settle(lease, settlement, self.appetite if go_on else None)


def _say(posted: Posted, lease: Lease) -> None:
    """What the log should have of verdicts that hold: the start and the end of a pause, and odd answers."""
    trouble = posted.trouble
    if isinstance(trouble, ConnectionFault) and not lease.probing:
        log.warning("connection paused", error=trouble.error, who=trouble.who, what_to_do=trouble.what_to_do)
    if isinstance(trouble, RetryLater) and trouble.remedy and not lease.probing:
        who, what_to_do = trouble.remedy.who, trouble.remedy.what_to_do
        log.warning("TikTok is out of reach", error=trouble.error, who=who, what_to_do=what_to_do)
    delivered = [sent.verdict for sent in posted.sent if isinstance(sent.verdict, Delivered)]
    if delivered and lease.probing:
        log.info("connection resumed")
    for note in {verdict.note for verdict in delivered if verdict.note}:
        log.warning("TikTok's answer is odd", note=note)


def _put_to_sleep(group: str, state: RestState, lane: str, runtime: Runtime) -> None:
    """A connection that must not deliver keeps its events; a claim that is refused puts its lane off until then.

    It is granted if the connection was resumed in between: then the lease is given back at once.
    """
    runtime.lanes.rest(group, state, ASLEEP_MS, {})
    lease = runtime.lanes.claim(lane, Appetite())
    if isinstance(lease, Lease):
        runtime.lanes.settle(lease, Settlement(lease.pace))
