"""Post the events of a draft: in one request, and in further ones while TikTok refuses some event among them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol, TypeAlias, assert_never

from delivery.answer import Answer, NoAnswer
from delivery.search import Ending, Search
from delivery.verdict import ConnectionFault, Delivered, RetryLater, Split, Verdict, judge
from worker.steps.compose import Draft

SLOW_S: Final = 2.0
"""A request that takes longer is trouble: the connection then has one request at a time."""
MOST_REFUSED_WITH_NONE_DELIVERED: Final = 10
"""Then the search settles what it knows, so that the circuit breaker hears of it before a day's events are refused."""


class SentRequest(NamedTuple):
    """One request to TikTok and what its answer meant; `took_s` is how long the answer, or the lack of it, took."""

    bytes: int
    events: int
    took_s: float
    verdict: Verdict


Trouble: TypeAlias = RetryLater | ConnectionFault
"""A verdict on the connection or the moment, and not on the events."""


@dataclass(frozen=True, slots=True)
class PostResult:
    """What became of a draft's events: `endings` by their index in the draft; those that are not in it go on.

    `step`: how many events the next request should take, 0 for all. `trouble` ended the search.
    """

    sent: list[SentRequest] = field(default_factory=list)
    endings: Mapping[int, Ending] = field(default_factory=dict)
    step: int = 0
    trouble: Trouble | None = None

    @property
    def last_events(self) -> int:
        """How many events the last request carried."""
        return self.sent[-1].events if self.sent else 0

    @property
    def slow(self) -> bool:
        """Whether any request took so long that the connection should have one at a time."""
        return any(sent.took_s > SLOW_S for sent in self.sent)


class Poster(Protocol):
    """What posts one body: `delivery.client.Client`."""

    def post(self, path: str, body: bytes, access_token: str, /) -> Answer | NoAnswer:
        """Answer, or say why there is none."""


def post_draft(
    draft: Draft, client: Poster, access_token: str, *, step: int = 0, go_on: Callable[[], bool] = lambda: True
) -> PostResult:
    """Post until every event has ended, TikTok answers for no event, an answer is slow, or `go_on` says no."""
    search = Search([item.body for item in draft.items], step)
    sent: list[SentRequest] = []
    trouble: Trouble | None = None
    while request := search.next_request():
        body, began = draft.body(request), time.monotonic()
        answer = client.post(draft.plan.route.path, body, access_token)
        verdict = judge(answer, len(request))
        sent.append(SentRequest(len(body), len(request), time.monotonic() - began, verdict))
        match verdict:
            case Delivered():
                search.accepted(dict(verdict.rejected))
            case Split():
                search.refused(verdict)
            case RetryLater() | ConnectionFault():
                trouble = verdict
                break
            case _:
                assert_never(verdict)
        hopeless = search.refused_with_none_delivered >= MOST_REFUSED_WITH_NONE_DELIVERED
        if hopeless or sent[-1].took_s > SLOW_S or not go_on():
            break
    return PostResult(sent, search.endings, search.step if search.step < len(draft.items) else 0, trouble)
