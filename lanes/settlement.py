"""The values that a job and its lane exchange: a lease goes in, a settlement comes out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

Refusal = Literal["not due", "leased", "busy", "paused", "backing_off", "disabled", "removed"]
OUT_OF_REACH: Final = "out_of_reach"
"""`Pause.by` while requests cannot reach TikTok: relay keeps trying, and an operator has to repair the way there."""
RECHECK_MS: Final = 60_000
"""How long a lane that must not deliver waits until a worker checks again whether it may."""
CIRCUIT_BREAKER: Final = "circuit_breaker"
"""`Pause.by` of a pause that the circuit breaker started."""
PauseState = Literal["paused", "backing_off", "disabled", "removed"]


@dataclass(frozen=True, slots=True)
class BatchSizing:
    """How many events a lane's next claim and its first request take, and the failures that made them few.

    `limit`: events of the claim, 0 for the claim's own limit; `step`: events of its first request, 0 for all;
    `attempts`: retryable answers in a row, the first at `failing_since` (Unix ms, 0 for none).
    """

    limit: int = 0
    step: int = 0
    attempts: int = 0
    failing_since: int = 0


@dataclass(frozen=True, slots=True)
class Lease:
    """A claimed lane: the leading chunks, encoded, and the state of the lane and its connection.

    now_ms                  Redis's clock at the claim
    alone                   earlier claims of a single event that were not settled
    probing                 the connection is paused and this request tries whether it works again
    spaced                  the connection's requests are spaced, so this claim is good for one
    connection_delivered_at the connection's last delivery, Unix ms
    dead_letter_bytes       what its dead letters hold
    """

    lane: str
    token: str = field(repr=False)
    head: int
    now_ms: int
    sizing: BatchSizing
    alone: int
    probing: bool
    probes: int
    connection_delivered_at: int
    chunks: Sequence[bytes] = field(repr=False)
    spaced: bool = False
    dead_letter_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """The lane cannot be claimed now, and why."""

    why: Refusal


@dataclass(frozen=True, slots=True)
class Released:
    """The settlement is written and the lease is over; `waiting` events are left in the whole connection.

    `gathers`: the lane is empty and kept for this job, which must claim it again after `ClaimLimits.gather_ms`.
    """

    waiting: int
    gathers: bool = False


@dataclass(frozen=True, slots=True)
class Lost:
    """The lease has ended, or this settlement was written before: stop the job; another one claims the lane."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Pauses the whole connection for the settlement's delay.

    `by` says who or what paused it; `what` is a sentence on what to do.
    """

    state: PauseState
    what: str = ""
    by: str = ""
    probes: int = 0
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class PauseStatus:
    """A paused connection. Only an operator ends a pause `by` "operator"; `fingerprint` is of the failed settings."""

    state: str
    by: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class CircuitBreaker:
    """When refusals pause a connection: this many events in this many requests within a window, none delivered."""

    pause: Pause
    events: int = 50
    requests: int = 2
    window_ms: int = 600_000
    delay_ms: int = 300_000


class StoredDeadLetter(NamedTuple):
    """A dead letter for the store: opaque bytes under an id, and a label that it is counted by.

    `shared` is the id of the part that it has in common with other dead letters; see `Settlement.shared`.
    """

    id: str
    label: str
    content: bytes
    shared: str = ""


@dataclass(frozen=True, slots=True)
class DeadLetterShare:
    """How many bytes a connection's dead letters may hold (0: no bound), and what to do when they hold that much.

    `what` is shown while the connection is paused for it. `fingerprint` is the configuration's: another one ends the
    pause, and the next claim decides again.
    """

    bytes: int = 0
    what: str = ""
    fingerprint: str = ""


NO_BOUND: Final = DeadLetterShare()


class Receipts(NamedTuple):
    """The receipts that one script appends: their number, their ids and body, and the budget in bytes of all receipts.

    Without any, nothing is appended. `archive` is the budget in bytes of what waits for the archive, 0 without one.
    With one, the content begins with the SHA-256 of each event's id.
    """

    number: int = 0
    content: bytes = b""
    budget: int = 0
    archive: int = 0

    def described(self) -> dict[str, int]:
        """Return what the scripts need beside the content."""
        described = {"number": self.number, "budget": self.budget}
        return {**described, "archive": self.archive} if self.archive else described


NO_RECEIPTS: Final = Receipts()


@dataclass(frozen=True, slots=True)
class Settlement:
    """The result of one step of a lease, for its leading chunks.

    sizing           for the lane's next claim
    trim             leading chunks that are finished or rewritten; their unfinished events are in `leftovers`
    leftovers        chunks to put back, oldest first
    counts           counters of the ledger to raise: delivered, dead_lettered, unsupported, withheld, extra …
    days             the same by the day on which the events were received (`lanes.daily_counts.day_of`), by finer names
    match_keys       how many delivered events carried and lost each match key, by day of receipt (`match_keys.py`)
    hours            lists of counts by name, by hour of receipt (`lanes.hourly_counts.hour_of`); callers know the names
    dead_letters     one for each of the `dead_lettered`
    shared           parts that dead letters have in common, by id; Redis keeps each once, while a dead letter needs it
    share            how much the connection's dead letters may hold
    receipts         of the items that ended, all but the unsupported; or none
    measures         further counters to raise; their readers know what the names mean
    delay_ms         how long the lane, or with `pause` the connection, waits
    posted           leading chunks, after all this, that are in a POST whose outcome is unknown
    refused          events that TikTok refused; with `circuit_breaker`, they may pause the connection
    trouble          whether the last request failed or was slow; None when there was none
    throttled        TikTok answered that requests come too fast: space those of the whole connection
    """

    sizing: BatchSizing
    trim: int = 0
    leftovers: Sequence[bytes] = ()
    counts: Mapping[str, int] = field(default_factory=dict)
    days: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    match_keys: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    hours: Mapping[int, Mapping[str, Sequence[int]]] = field(default_factory=dict)
    dead_letters: Sequence[StoredDeadLetter] = field(default=(), repr=False)
    shared: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    share: DeadLetterShare = NO_BOUND
    receipts: Receipts = field(default=NO_RECEIPTS, repr=False)
    measures: Mapping[str, int] = field(default_factory=dict)
    delay_ms: int = 0
    posted: int = 0
    trouble: bool | None = None
    throttled: bool = False
    pause: Pause | None = None
    last_error: str | None = None
    refused: int = 0
    circuit_breaker: CircuitBreaker | None = None
