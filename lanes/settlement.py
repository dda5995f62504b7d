"""The values that a job and its lane exchange: a lease going in, a settlement coming out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

Refusal = Literal["not due", "leased", "busy", "paused", "backing_off", "disabled", "removed"]
OUT_OF_REACH: Final = "out_of_reach"
"""`Rest.by` while requests cannot reach the other side: it ends by itself, and lasts until somebody acts."""
RECHECK_MS: Final = 60_000
"""How long a lane that must not deliver waits until a worker checks again whether it may."""
RestState = Literal["paused", "backing_off", "disabled", "removed"]


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a lane goes: what its next claim may take, and what made it careful.

    `limit`: events, 0 for as many as asked; `step`: how many of them the first request takes, 0 for all;
    `attempts`: retryable answers in a row, the first at `failing_since` (Unix ms, 0 for none).
    """

    limit: int = 0
    step: int = 0
    attempts: int = 0
    failing_since: int = 0


@dataclass(frozen=True, slots=True)
class Lease:
    """A claimed lane: the leading chunks, still sealed, and what is known of the lane and its group.

    `now_ms` is Redis's clock at the claim. `alone`: earlier claims of a single event whose process died.
    `probing`: the group rests and this request tries whether it is well. `spaced`: the group's requests are spaced, so
    this claim is good for one. `group_delivered_at`: its last delivery. `letter_bytes`: what its dead letters hold.
    """

    lane: str
    token: str = field(repr=False)
    head: int
    now_ms: int
    pace: Pace
    alone: int
    probing: bool
    probes: int
    group_delivered_at: int
    chunks: Sequence[bytes] = field(repr=False)
    spaced: bool = False
    letter_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """The lane was not to be had, and why."""

    why: Refusal


@dataclass(frozen=True, slots=True)
class Released:
    """The settlement holds and the lease is over; `waiting` events are left in the whole group."""

    waiting: int


@dataclass(frozen=True, slots=True)
class Lost:
    """The lease was no longer ours (or this very settlement already held): drop the job, somebody claims again."""


@dataclass(frozen=True, slots=True)
class Rest:
    """Puts the whole group to rest for the settlement's delay. `by`: whose doing; `what`: a sentence on what to do."""

    state: RestState
    what: str = ""
    by: str = ""
    probes: int = 0
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Resting:
    """A group at rest. `by` is "operator" for a pause that only an operator ends; `fingerprint` is of what failed."""

    state: str
    by: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Valve:
    """When refusals put a group to rest: so many events in so many requests within a window, with none delivered."""

    rest: Rest
    events: int = 50
    requests: int = 2
    window_ms: int = 600_000
    delay_ms: int = 300_000


class Letter(NamedTuple):
    """A dead letter to keep: opaque bytes under an id, counted by a label that means something to others only.

    `shared` is the id of what it has in common with other letters; see `Settlement.shared`.
    """

    id: str
    label: str
    content: bytes
    shared: str = ""


@dataclass(frozen=True, slots=True)
class LetterShare:
    """How many bytes a connection's dead letters may hold (0: no bound), and what its pause says when they do.

    `fingerprint` is the configuration's: another one ends the pause, and the next claim decides again.
    """

    bytes: int = 0
    what: str = ""
    fingerprint: str = ""


NO_BOUND: Final = LetterShare()


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a lease's leading chunks.

    trim         leading chunks that are finished or rewritten; what of them goes on is in `leftovers`, oldest first
    books        counters to raise: delivered, dead, unsupported, withheld, extra, and any others kept beside them
    days         the same by the day on which the events were received (`lanes.daily_counts.day_of`), under finer names
    letters      one for each of the `dead`
    shared       what letters have in common, by id; Redis keeps each once, for as long as a letter needs it
    share        what the connection's dead letters may hold
    measures     further counters to raise, by names that mean something to whoever reads them
    delay_ms     until work on this lane (with `rest`: on the group) may next happen
    posted       leading chunks, after all this, that are in a POST whose outcome is unknown
    refused      events that were refused, not by us; together with `valve`, it may put the group to rest
    trouble      whether the last request failed or was slow; None when there was none
    throttled    too many requests: those of the whole group are spaced, less after each that works
    """

    pace: Pace
    trim: int = 0
    leftovers: Sequence[bytes] = ()
    books: Mapping[str, int] = field(default_factory=dict)
    days: Mapping[int, Mapping[str, int]] = field(default_factory=dict)
    letters: Sequence[Letter] = field(default=(), repr=False)
    shared: Mapping[str, bytes] = field(default_factory=dict, repr=False)
    share: LetterShare = NO_BOUND
    measures: Mapping[str, int] = field(default_factory=dict)
    delay_ms: int = 0
    posted: int = 0
    trouble: bool | None = None
    throttled: bool = False
    rest: Rest | None = None
    last_error: str | None = None
    refused: int = 0
    valve: Valve | None = None
