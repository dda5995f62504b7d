"""The dead letters: by what they died of, filtered, searched, a page at a time; and exported."""

import math
from collections.abc import Sequence
from itertools import islice
from typing import Final

import msgspec
from starlette.responses import Response, StreamingResponse

from console.filters import fields_of, query_of
from console.request import PageRequest
from console.services import Services
from delivery.dead_letter import DeadLetter
from operations.audit import note_reveal
from operations.dead_letters.query import NONE, DeadLetterQuery, Found
from operations.dead_letters.store import DeadLetterStore, exported, public

ON_A_PAGE: Final = 50
SHOWN_GROUPS: Final = 30
EXPORTED_AT_ONCE: Final = 100


def show(services: Services, request: PageRequest) -> Response:
    """Those that the filter means, newest first."""
    store, query = services.store(), query_of(request)
    found = services.index.find(store.connections, query)
    pages = max(1, math.ceil(len(found) / ON_A_PAGE))
    number = max(1, request.number("page", 1, pages))
    groups = found.failure_counts()
    on_page = found.newest((number - 1) * ON_A_PAGE, ON_A_PAGE)
    return services.page(
        request,
        "dead_letters/listing.html",
        query=query,
        fields=fields_of(query),
        none=NONE,
        total=len(found),
        groups=groups[:SHOWN_GROUPS],
        more_groups=len(groups) - SHOWN_GROUPS,
        most=max((group.dead_letters for group in groups), default=1),
        dead_letters=[public(dead_letter, reveal=False) for dead_letter in store.read_each(on_page)],
        page=number,
        pages=pages,
        choices=_choices(services, store),
    )


def export(services: Services, request: PageRequest) -> Response:
    """JSON lines of those that the filter means, masked."""
    store = services.store()
    return _lines(store, services.index.find(store.connections, query_of(request)), reveal=False)


def export_revealed(services: Services, request: PageRequest) -> Response:
    """The same with everything in them, which is written down first."""
    store = services.store()
    found = services.index.find(store.connections, query_of(request))
    note(store, request, "console export", [one.id for one in found.oldest()])
    return _lines(store, found, reveal=True)


def note(store: DeadLetterStore, request: PageRequest, what: str, ids: Sequence[str]) -> None:
    """Write down that this visitor is shown these letters unmasked."""
    who = f"console session {request.session.name}" if request.session else "console"
    note_reveal(store, who, request.address, what, ids)


def _choices(services: Services, store: DeadLetterStore) -> dict[str, list[str]]:
    """What the filter offers: what there is."""
    keys = [key for key, _ in services.index.find(store.connections, DeadLetterQuery()).keys]
    return {
        "connection": list(store.connections),
        "reason": sorted({key.reason for key in keys}),
        "field": sorted({key.field or NONE for key in keys}),
        "tiktok_event": sorted({key.tiktok_event or NONE for key in keys}),
    }


def _lines(store: DeadLetterStore, found: Found, *, reveal: bool) -> Response:
    name = f"dead-letters{'-revealed' if reveal else ''}.jsonl"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    dead_letters = store.read_each(found.oldest())
    parts = iter(lambda: _json_lines(store, list(islice(dead_letters, EXPORTED_AT_ONCE)), reveal=reveal), b"")
    return StreamingResponse(parts, media_type="application/jsonl", headers=headers)


def _json_lines(store: DeadLetterStore, dead_letters: Sequence[DeadLetter], *, reveal: bool) -> bytes:
    return b"".join(
        msgspec.json.encode(exported(store, dead_letter, reveal=reveal)) + b"\n" for dead_letter in dead_letters
    )
