"""The list of dead letters: counts by reason, filter and search, pages, and export."""

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import msgspec
from starlette.responses import Response, StreamingResponse

from console.filters import fields_of, query_of
from console.pages.dead_letters.reveals import record_reveal
from console.request import PageRequest
from console.services import Services
from delivery.dead_letter import DeadLetter
from operations.dead_letters.query import NONE, DeadLetterQuery, Found, IndexKey
from operations.dead_letters.store import DeadLetterStore, exported, public
from operations.dead_letters.unknown import absent_field, malformed_conditions, unknown_conditions

ON_A_PAGE: Final = 50
SHOWN_COUNTS: Final = 30
EXPORTED_AT_ONCE: Final = 100


def show(services: Services, request: PageRequest) -> Response:
    """Show the dead letters of the filter, newest first."""
    store, query = services.store(), query_of(request)
    found = services.index.find(store.connections, query)
    pages = max(1, math.ceil(len(found) / ON_A_PAGE))
    number = max(1, request.number("page", 1, pages))
    counts = found.failure_counts()
    keys = [key for key, _ in services.index.find(store.connections, DeadLetterQuery()).keys]
    on_page = found.newest((number - 1) * ON_A_PAGE, ON_A_PAGE)
    return services.page(
        request,
        "dead_letters/listing.html",
        query=query,
        fields=fields_of(query),
        no_value=NONE,
        total=len(found),
        counts=counts[:SHOWN_COUNTS],
        more_counts=len(counts) - SHOWN_COUNTS,
        most=max((count.dead_letters for count in counts), default=1),
        dead_letters=[public(dead_letter, reveal=False) for dead_letter in store.read_each(on_page)],
        page=number,
        pages=pages,
        unknown=list(_unknown(query, store, keys)),
        choices=_choices(store, keys),
    )


def export(services: Services, request: PageRequest) -> Response:
    """Return the dead letters of the filter as JSON lines, masked."""
    store = services.store()
    return _file(store, services.index.find(store.connections, query_of(request)), reveal=False)


def export_revealed(services: Services, request: PageRequest) -> Response:
    """Return the dead letters of the filter unmasked, after writing that to the audit log."""
    store = services.store()
    found = services.index.find(store.connections, query_of(request))
    record_reveal(store, request, "console export", [entry.id for entry in found.oldest()])
    return _file(store, found, reveal=True)


def _unknown(query: DeadLetterQuery, store: DeadLetterStore, keys: Sequence[IndexKey]) -> Iterator[str]:
    """Yield sentences about what the filter asks and no dead letter can have."""
    yield from malformed_conditions(query)
    yield from unknown_conditions(query, store.connections, lambda: keys)
    yield from filter(None, [absent_field(query, lambda: keys)])


def _choices(store: DeadLetterStore, keys: Sequence[IndexKey]) -> dict[str, list[str]]:
    """Return the values that each select of the filter offers: those that dead letters have."""
    return {
        "connection": list(store.connections),
        "reason": sorted({key.reason for key in keys}),
        "field": sorted({key.field or NONE for key in keys}),
        "tiktok_event": sorted({key.tiktok_event or NONE for key in keys}),
    }


def _file(store: DeadLetterStore, found: Found, *, reveal: bool) -> Response:
    name = f"dead-letters{'-revealed' if reveal else ''}.jsonl"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    dead_letters = store.read_each(found.oldest())
    parts = iter(lambda: _json_lines(store, list(islice(dead_letters, EXPORTED_AT_ONCE)), reveal=reveal), b"")
    return StreamingResponse(parts, media_type="application/jsonl", headers=headers)


def _json_lines(store: DeadLetterStore, dead_letters: Sequence[DeadLetter], *, reveal: bool) -> bytes:
    objects = (exported(store, dead_letter, reveal=reveal) for dead_letter in dead_letters)
    return b"".join(msgspec.json.encode(each) + b"\n" for each in objects)
