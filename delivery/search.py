"""Find the events that TikTok refuses among those of one request, in few further requests.

TikTok refuses a request as a whole for one bad event, and need not say which. Pure: requests go out by `next_request`,
what TikTok said comes in by `accepted` or `refused`; every event ends as what TikTok said of it.

- A refusal that names nothing: the leading half of the refused events is tried next, until a bad event is alone.
- A refusal that names an event or a value: that event, or one event with that value, is tried alone. If it is refused,
  the other events with that value are set apart and tried alone, after all others.
- After a refused event, requests grow again from the size that TikTok last accepted.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from delivery.named_values import NamedValue, NamedValues
from delivery.verdict import Delivered, Rejection, Split

Ending: TypeAlias = Delivered | Rejection
"""How an event ended."""

_DELIVERED = Delivered()


class _Candidate(NamedTuple):
    """An event that a refusal named, by its place or by `value`; `request` is what was refused."""

    event: int
    value: NamedValue | None
    request: list[int]


class Search:
    """The events of one draft, by their index; one request at a time.

    `step` is how many events the next request takes, 0 for all: a later draft may start from it.
    """

    def __init__(self, bodies: Sequence[bytes], step: int = 0) -> None:
        self.endings: dict[int, Ending] = {}
        self.step = step
        self._values = NamedValues(bodies)
        self._open = list(range(len(bodies)))
        self._apart: list[int] = []
        self._suspects = 0
        """Leading open events that are known to hold a refused one."""
        self._worked = 0
        """The most events that TikTok accepted at once since there are suspects."""
        self._trusts_names = True
        self._candidate: _Candidate | None = None
        self._request: list[int] = []
        self._refused = 0

    @property
    def refused_with_none_delivered(self) -> int:
        """How many events were refused, where none was delivered; else 0."""
        return self._refused if self._refused == len(self.endings) else 0

    def next_request(self) -> list[int]:
        """The events to send next, in their order; empty when every event has ended."""
        if self._candidate is not None:
            self._request = [self._candidate.event]
        elif self._open:
            size = max(1, self._suspects // 2) if self._suspects else self.step or len(self._open)
            self._request = self._open[:size]
        else:
            self._request = self._apart[:1]
        return self._request

    def accepted(self, rejected: Mapping[int, Rejection]) -> None:
        """TikTok accepted the request, all but the `rejected` (by their place in it)."""
        request = self._request
        for place, event in enumerate(request):
            self.endings[event] = rejected.get(place, _DELIVERED)
        self._refused += len(rejected)
        if self._candidate is not None:
            self._disprove(self._candidate)
        elif self._open:
            del self._open[: len(request)]
            self._grow(len(request))
        else:
            self._open, self._apart = self._apart[1:], []
            self.step = 1

    def refused(self, split: Split) -> None:
        """TikTok refused the request for the sake of some event in it."""
        request = self._request
        if len(request) > 1:
            self._candidate = self._named(split) if self._trusts_names else None
            self._suspects = 0 if self._candidate else len(request)
            return
        self.endings[request[0]] = split.rejection
        self._refused += 1
        if self._candidate is not None:
            self._prove(self._candidate)
        elif self._open:
            del self._open[0]
            self.step = max(1, self._worked * 2)
            self._suspects = self._worked = 0
            self._trusts_names = True
        else:
            del self._apart[0]

    def _grow(self, size: int) -> None:
        if not self._suspects:
            self.step = size * 2
            return
        self._worked = max(self._worked, size)
        self._suspects = max(0, self._suspects - size)
        if not self._suspects:  # each part was accepted, and together they were refused: TikTok thought better of it
            self._worked, self._trusts_names = 0, True

    def _named(self, split: Split) -> _Candidate | None:
        """The event to try alone; None when the refusal tells its events apart in no way."""
        request = self._request
        if split.hint is not None and split.hint < len(request):
            event = request[split.hint]
            return _Candidate(event, self._values.value_of(event, split.rejection), request)
        found = self._values.rarest(split.rejection, request)
        return None if found is None else _Candidate(*found, request)

    def _prove(self, candidate: _Candidate) -> None:
        """The named event was refused alone: others with its value are tried alone as well, later."""
        alike = set(self._values.holders(candidate.value)) if candidate.value else set[int]()
        self._open.remove(candidate.event)
        self._apart += [event for event in self._open if event in alike]
        self._open = [event for event in self._open if event not in alike]
        left = set(self._open)
        self.step = max(1, sum(event in left for event in candidate.request) // 2)
        self._candidate = None

    def _disprove(self, candidate: _Candidate) -> None:
        """The named event was accepted alone: some other of the refused request is at fault, so halve it."""
        if candidate.value is not None:
            self._values.distrust(candidate.value)
        self._open.remove(candidate.event)
        self._suspects, self._trusts_names = len(candidate.request) - 1, False
        self._candidate = None
