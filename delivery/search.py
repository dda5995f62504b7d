"""Find the events that TikTok refuses among those of one request, in few further requests.

TikTok refuses a whole request for one bad event and does not always say which. The search is pure: `next_request`
returns what to send, and `accepted` or `refused` take what TikTok answered. Every event ends as delivered or refused.

- A refusal that names nothing: the leading half of the refused events is tried next, until a bad event is alone.
- A refusal that names an event or a value: that event, or one event with that value, is tried alone. If it is refused,
  the other events with that value are set apart and tried alone, ten at a time between requests of the others.
- After a refused event, requests grow again from the size that TikTok last accepted.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

from delivery.named_values import NamedValue, NamedValues
from delivery.verdict import Delivered, Rejection, Split

Ending: TypeAlias = Delivered | Rejection
"""How an event ended."""

MOST_APART: Final = 10


class _Candidate(NamedTuple):
    """An event that a refusal named, by its place or by `value`; `request` is the refused one."""

    event: int
    value: NamedValue | None
    request: list[int]


class Search:
    """The search in one draft, one request at a time; events are named by their index in the draft.

    `step`: how many events the first request takes, 0 for all.
    """

    def __init__(self, bodies: Sequence[bytes], step: int = 0) -> None:
        self.endings: dict[int, Ending] = {}
        self._step = step
        self._values = NamedValues(bodies)
        self._open = list(range(len(bodies)))
        self._apart: list[int] = []
        self._suspect_count = 0
        """How many leading open events are suspect: at least one of them is refused."""
        self._worked = 0
        """The most events that TikTok accepted in one request since there were suspects."""
        self._trusts_names = True
        self._candidate: _Candidate | None = None
        self._request: list[int] = []
        self._refused = 0
        self._tries_apart = False

    @property
    def step(self) -> int:
        """How many events the first request of a later draft should take, 0 for all.

        A search that is interrupted after every request still ends, because the next one begins with this size.
        """
        suspects = len(self._candidate.request) if self._candidate else self._suspect_count
        return max(1, suspects // 2) if suspects else self._step

    @property
    def refused_with_none_delivered(self) -> int:
        """How many events were refused, if none was delivered; else 0."""
        return self._refused if self._refused == len(self.endings) else 0

    def next_request(self) -> list[int]:
        """Return the events to send next, in order; empty when every event has ended."""
        if self._candidate is not None:
            self._request = [self._candidate.event]
        elif self._apart and self._is_time_for_apart():
            self._request = self._apart[:1]
        else:
            size = max(1, self._suspect_count // 2) if self._suspect_count else self._step or len(self._open)
            self._request = self._up_to_apart(self._open[:size])
        return self._request

    def _is_time_for_apart(self) -> bool:
        """Return whether the next request is for an event that was set apart.

        These must not collect at the end of a lane: many refusals in a row look like a broken connection.
        """
        if not self._open:
            return True
        passed = bisect_left(self._apart, self._open[0])
        self._tries_apart = passed > 0 and (self._tries_apart or passed >= MOST_APART)
        return self._tries_apart and self._refused < len(self.endings)

    def _up_to_apart(self, events: list[int]) -> list[int]:
        """Return the leading events, so that at most ten events set apart stand before the last of them."""
        if len(self._apart) <= MOST_APART or self._apart[MOST_APART] < events[0]:
            return events
        return events[: bisect_left(events, self._apart[MOST_APART])]

    def accepted(self, delivered: Delivered) -> None:
        """Record that TikTok accepted the request, except the rejected events (by their place in it)."""
        request = self._request
        self.endings.update(dict.fromkeys(request, delivered))
        for place, rejection in delivered.rejected:
            self.endings[request[place]] = rejection
        self._refused += len(delivered.rejected)
        if self._candidate is not None:
            self._disprove(self._candidate)
        elif request[0] in self._apart:
            self._open, self._apart = sorted(self._open + self._apart[1:]), []
            self._suspect_count, self._step = 0, 1
        else:
            del self._open[: len(request)]
            self._grow(len(request))

    def refused(self, split: Split) -> None:
        """Record that TikTok refused the whole request because of some event in it."""
        request = self._request
        if len(request) > 1:
            self._candidate = self._named(split) if self._trusts_names else None
            self._suspect_count = 0 if self._candidate else len(request)
            return
        self.endings[request[0]] = split.rejection
        self._refused += 1
        if self._candidate is not None:
            self._prove(self._candidate)
        elif request[0] in self._apart:
            del self._apart[0]
        else:
            del self._open[0]
            self._step = max(1, self._worked * 2)
            self._suspect_count = self._worked = 0
            self._trusts_names = True

    def _grow(self, size: int) -> None:
        if not self._suspect_count:
            self._step = size * 2
            return
        self._worked = max(self._worked, size)
        self._suspect_count = max(0, self._suspect_count - size)
        if not self._suspect_count:  # TikTok accepted each part of a request that it had refused
            self._worked, self._trusts_names = 0, True

    def _named(self, split: Split) -> _Candidate | None:
        """Return the event to try alone; None when the refusal does not distinguish the request's events."""
        request = self._request
        if split.suspect_position is not None and split.suspect_position < len(request):
            event = request[split.suspect_position]
            return _Candidate(event, self._values.value_of(event, split.rejection), request)
        found = self._values.rarest(split.rejection, request)
        return None if found is None else _Candidate(*found, request)

    def _prove(self, candidate: _Candidate) -> None:
        """Set apart the other events with the named value: the named event was refused alone."""
        alike = set(self._values.holders(candidate.value)) if candidate.value else set[int]()
        self._open.remove(candidate.event)
        self._apart = sorted(self._apart + [event for event in self._open if event in alike])
        self._open = [event for event in self._open if event not in alike]
        left = set(self._open)
        self._step = max(1, sum(event in left for event in candidate.request) // 2)
        self._candidate = None

    def _disprove(self, candidate: _Candidate) -> None:
        """Halve the refused request: the named event was accepted alone, so another one is at fault."""
        if candidate.value is not None:
            self._values.distrust(candidate.value)
        self._open.remove(candidate.event)
        self._suspect_count, self._trusts_names = len(candidate.request) - 1, False
        self._candidate = None
