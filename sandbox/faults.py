"""Fail on demand: decide which fault a request gets; `fault_answers.py` builds its answer."""

import hashlib
import random
from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec

from sandbox.inspection import Submission

Mode = Literal[
    "http_503",
    "http_429",
    "http",
    "code",
    "throttle_40100",
    "error_50000",
    "refuse_token",
    "refuse_event",
    "partial_20001",
    "partial_20001_no_list",
    "garbage",
    "hang",
    "slow",
    "reset",
    "take_then_reset",
    "take_then_hang",
    "take_then_503",
]


class Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One fault, as in `PUT /_sandbox/fault`. A filter that is absent matches every request."""

    mode: Mode
    probability: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    """That a request gets it. `refuse_event` without `event_id`: that an event is bad, the same events each time."""
    count: Annotated[int, msgspec.Meta(ge=0)] | None = None
    """How many requests get it."""
    seconds: Annotated[float, msgspec.Meta(ge=0)] | None = None
    """`slow`: the delay (default 1); `hang`: when the connection is closed (default never)."""
    event_id: str | list[str] | None = None
    """Filter: requests with one of these events; `refuse_event` and `partial_20001` refuse these events."""
    event_source_id: str | None = None
    """Filter: requests for this event source id or pixel code."""
    path: str | None = None
    """Filter: requests to this path."""
    retry_after: str | int | None = None
    """The `Retry-After` header of the answer."""
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] = 500
    """`http`: the status."""
    code: int = 40002
    """`code`: the code."""
    message: str = "error on demand"
    """`code`: the message."""
    seed: int = 0

    def names(self, event_id: object) -> bool:
        """Return whether `event_id` names the event with this id."""
        wanted = self.event_id
        return event_id in wanted if isinstance(wanted, list) else event_id == wanted


class ArmedFault:
    """A fault with its random numbers and its count of requests."""

    def __init__(self, fault: Fault, place: int) -> None:
        """`place`: among the faults in force, so that faults of one seed get different random numbers."""
        self.fault = fault
        self.struck = 0
        self._random = random.Random(f"{fault.seed}:{place}")  # noqa: S311 - no secrets

    def strike(self, path: str, submission: Submission | None) -> bool:
        """Return whether this request gets the fault, and count it."""
        if not self._concerns(path, submission) or self._is_used_up():
            return False
        if not self._is_decided_by_event() and self._random.random() >= self.fault.probability:
            return False
        self.struck += 1
        return True

    def bad_events(self, submission: Submission) -> list[int]:
        """Return the positions of the events that this fault refuses."""
        ids = submission.event_ids()
        if self.fault.event_id is not None:
            return [position for position, event_id in enumerate(ids) if self.fault.names(event_id)]
        if self._is_decided_by_event():
            return [position for position, event_id in enumerate(ids) if self._is_bad(event_id)]
        return [self._random.randrange(len(ids))] if ids else []

    def _is_used_up(self) -> bool:
        return self.fault.count is not None and self.struck >= self.fault.count

    def _is_decided_by_event(self) -> bool:
        return self.fault.mode == "refuse_event" and self.fault.event_id is None

    def _concerns(self, path: str, submission: Submission | None) -> bool:
        fault = self.fault
        if fault.path is not None and fault.path != path:
            return False
        if fault.event_source_id is not None and (submission is None or submission.source != fault.event_source_id):
            return False
        if fault.event_id is None and not self._is_decided_by_event():
            return True
        return submission is not None and bool(self.bad_events(submission))

    def _is_bad(self, event_id: object) -> bool:
        """Return whether the event is bad; the id decides, so a retried or split request has the same bad events."""
        digest = hashlib.blake2b(f"{self.fault.seed}:{event_id}".encode(), digest_size=7).digest()
        return int.from_bytes(digest) < self.fault.probability * 2**56


class FaultBoard:
    """The faults in force, in the given order."""

    def __init__(self) -> None:
        self.armed: tuple[ArmedFault, ...] = ()

    def arm(self, faults: Sequence[Fault]) -> None:
        """Replace the faults in force."""
        self.armed = tuple(ArmedFault(fault, place) for place, fault in enumerate(faults))

    def strikes(self, path: str, submission: Submission | None) -> list[ArmedFault]:
        """Return the faults of this request: every `slow`, then the first other."""
        struck: list[ArmedFault] = []
        for armed in self.armed:
            if armed.strike(path, submission):
                struck.append(armed)
                if armed.fault.mode != "slow":
                    break
        return struck


_decoder = msgspec.json.Decoder(Fault | list[Fault])


def read_faults(body: bytes) -> list[Fault]:
    """Parse one fault or a list of faults. Raise `msgspec.MsgspecError` with the place and what is allowed."""
    faults = _decoder.decode(body)
    return faults if isinstance(faults, list) else [faults]
