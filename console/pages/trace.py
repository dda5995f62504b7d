"""Find events by their ids: every item of them on a timeline, as `relay trace` shows it."""

from typing import Final

from starlette.responses import Response

from console.request import PageRequest
from console.services import Services
from operations.archive.search import Archive
from operations.receipts.describe_item import describe_item
from operations.receipts.item import TraceItem
from operations.receipts.trace import describe_reach, trace

MOST_IDS: Final = 100
"""The command traces more at once."""


def show(services: Services, request: PageRequest) -> Response:
    """Show the form, and what became of the events whose ids are in it, one a line."""
    ids = list(dict.fromkeys(line.strip() for line in request.field("ids").splitlines() if line.strip()))
    asked = ids[:MOST_IDS]
    overview = services.overview()
    store = services.store()
    found = trace(store, overview.reading, asked, Archive.of(store.settings)) if asked else None
    return services.page(
        request,
        "trace.html",
        asked=asked,
        more=len(ids) - len(asked),
        found=found,
        cell=overview.cell,
        reach=describe_reach(found) if found else "",
        arrivals=_arrivals,
        describe=lambda item: describe_item(item, overview),
    )


def _arrivals(items: list[TraceItem]) -> list[tuple[int, str]]:
    """Return when, and at which input, the event was received; usually once."""
    return sorted({(item.facts.received_ms, item.facts.input) for item in items if item.facts.received_ms})
