"""Find events by their ids: every item of them on a timeline, as `relay trace` shows it."""

from typing import Final

from starlette.responses import Response

from console.request import PageRequest
from console.services import Services
from operations.archive.search import Archive
from operations.receipts.describe_item import describe_item
from operations.receipts.span import BadSpan, read_span
from operations.receipts.timeline import timeline
from operations.receipts.trace import describe_reach, trace

MOST_IDS: Final = 100
"""The command traces more at once."""
NAMES: Final = ("Since", "Until")
"""The labels of the fields for times."""


def show(services: Services, request: PageRequest) -> Response:
    """Show the form, and what became of the events whose ids are in it, one a line."""
    ids = list(dict.fromkeys(line.strip() for line in request.field("ids").splitlines() if line.strip()))
    asked = ids[:MOST_IDS]
    overview = services.overview()
    store = services.store()
    times = {name: request.field(name).strip() for name in ("since", "until")}
    found, problem = None, ""
    try:
        span = read_span(times["since"] or None, times["until"] or None, overview.reading.now_ms, names=NAMES)
        found = trace(store, overview.reading, asked, Archive.of(store.settings), span) if asked else None
    except BadSpan as bad:
        problem = str(bad)
    return services.page(
        request,
        "trace.html",
        asked=asked,
        times=times,
        problem=problem,
        more=len(ids) - len(asked),
        found=found,
        cell=overview.cell,
        reach=describe_reach(found) if found else "",
        timeline=timeline,
        describe=lambda item: describe_item(item, overview),
    )
