"""Show what ingest does not keep (withheld and unsupported events) to those who watch, in threads beside the loop."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Final

from delivery.receipt import ReceiptFields
from ingest.request_log import log_unexpected_error
from ingest.sorting import SortedRequest
from mapping.incoming.batch import NotABatch, head
from mapping.incoming.body import Element
from mapping.incoming.invalid_batch import is_no_batch, split_element
from mapping.incoming.unreadable import own_id_of
from mapping.plan import Plan
from mapping.results import Unsupported, Withheld
from operations.live.ended_event import EndedEvent
from operations.live.feed import LiveFeed
from store.errors import RedisAway

MOST_AT_ONCE: Final = 2
"""Requests whose events are looked through at once; the events of others are only counted as left out."""


class LiveRequests:
    """Looks through requests while someone watches; one instance per event loop."""

    def __init__(self, feed: LiveFeed) -> None:
        self.feed = feed
        self._in_progress: set[asyncio.Future[None]] = set()

    async def step(self) -> None:
        """Show what was found, and learn who watches."""
        if self.feed.is_due:
            with suppress(RedisAway):  # appends and the memory monitor log it
                await asyncio.to_thread(self.feed.step)

    def show(self, request: SortedRequest, plans: Sequence[Plan], batches: Callable[[], Sequence[Element]]) -> None:
        """Show the events of an accepted request that its connections do not want; return at once."""
        unwanted = sum([each.unsupported + len(each.withheld) for each in request.wanted.values()])
        if not unwanted:
            return
        if len(self._in_progress) >= MOST_AT_ONCE:
            self.feed.leave_out(unwanted)
            return
        task = asyncio.ensure_future(asyncio.to_thread(self._offer, request, plans, batches))
        self._in_progress.add(task)
        task.add_done_callback(self._in_progress.discard)

    def _offer(self, request: SortedRequest, plans: Sequence[Plan], batches: Callable[[], Sequence[Element]]) -> None:
        try:
            self.feed.offer(unwanted_events(request, plans, batches()), request.received_ms)
        except Exception as error:  # noqa: BLE001 - the request is accepted; its text may quote the event
            log_unexpected_error("live_failed", error)


def unwanted_events(request: SortedRequest, plans: Sequence[Plan], batches: Sequence[Element]) -> Iterator[EndedEvent]:
    """Yield each event of these batches that a connection withholds or does not support, once for each of them.

    The id of an event without one of its own is None: relay generated it when it sorted the request.
    """
    for raw in batches:
        try:
            split = split_element(raw)
        except NotABatch:
            continue
        if is_no_batch(split.shared):
            continue
        heads = [head(event) for event in split.events]
        for plan in plans:
            whole = plan.withholds(split.environment, split.shared)
            for event, event_head in zip(split.events, heads, strict=True):
                result = whole or plan.refuses(event_head)
                if result is not None:
                    yield _ended(request, plan, result, bytes(split.shared), bytes(event))


def _ended(request: SortedRequest, plan: Plan, result: Unsupported | Withheld, shared: bytes, raw: bytes) -> EndedEvent:
    if isinstance(result, Withheld):
        outcome, reason, why = "withheld", result.rule, result.why
    else:
        outcome, reason, why = "unsupported", None, result.what
    facts = ReceiptFields(plan.connection, request.input, outcome, None, reason, request.received_ms)
    return EndedEvent(own_id_of(raw), facts, shared, raw, why)
