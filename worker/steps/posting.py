"""Post the events of a draft: in one request, and in further requests while TikTok refuses some of them."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol, TypeAlias, assert_never

from delivery.answer import Answer, NoAnswer
from delivery.search import Ending, Search
from delivery.verdict import ConnectionFault, Delivered, RetryLater, Split, Verdict, judge
from worker.steps.compose import Draft

SLOW_S: Final = 2.0
"""A request that takes longer is slow: its connection then has one request at a time."""
MOST_REFUSED_WITH_NONE_DELIVERED: Final = 10
"""The search stops here and settles what it knows, so that the circuit breaker can pause the connection in time."""


class SentRequest(NamedTuple):
    """One request to TikTok and its verdict; `took_s` is the time until the answer, or until waiting for it ended."""

    bytes: int
    events: int
    took_s: float
    verdict: Verdict


Trouble: TypeAlias = RetryLater | ConnectionFault
"""A verdict that concerns all requests of the connection, not single events."""


@dataclass(frozen=True, slots=True)
class PostResult:
    """How the events of a draft ended: `endings` by their index in the draft. Events not in it wait for a retry.

    `step`: how many events the next request should take, 0 for all. `trouble`: why posting stopped, if it did.
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
        """Whether any request was slow, so that the connection should have one request at a time."""
        return any(sent.took_s > SLOW_S for sent in self.sent)


class PostClient(Protocol):
    """The part of `delivery.client.Client` that is used here."""

    def post(self, path: str, body: bytes, access_token: str, /) -> Answer | NoAnswer:
        """Post one body; return TikTok's answer, or why there is none."""


def post_draft(
    draft: Draft, client: PostClient, access_token: str, *, step: int = 0, go_on: Callable[[], bool] = lambda: True
) -> PostResult:
    """Post until every event has ended, the connection fails, an answer is slow, or `go_on` is False.

    `step`: how many events the first request takes, 0 for all.
    """
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
                search.accepted(verdict)
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
