"""One dead letter: its reason, its event, TikTok's answer, and the request that a replay would send now."""

from hashlib import sha256
from typing import Any

from starlette.responses import Response

from config.dead_letter_reasons import REASONS
from config.errors import ConfigurationError
from config.model import Connection
from console.dispatch import NotFound
from console.pages.dead_letters.reveals import record_reveal
from console.request import PageRequest
from console.services import Services
from delivery.dead_letter import DeadLetter
from lanes.chunk import Chunk
from lanes.dead_letters import read_dead_letter
from lanes.errors import ChunkUnreadable
from operations.dead_letters.field_names import path_of_field
from operations.dead_letters.preview import Blocked, ReplayPreview
from operations.dead_letters.replay import is_late
from operations.dead_letters.store import DeadLetterStore, public, source_of


def show(services: Services, request: PageRequest) -> Response:
    """Show the dead letter, masked."""
    return page(services, request, services.store())


def reveal(services: Services, request: PageRequest) -> Response:
    """Show the dead letter unmasked, after writing that to the audit log."""
    store = services.store()
    record_reveal(store, request, "console show", [requested_dead_letter(store, request).id])
    return page(services, request, store, reveal=True)


def requested_dead_letter(store: DeadLetterStore, request: PageRequest) -> DeadLetter:
    """Return the dead letter that the URL names. Raise NotFound."""
    dead_letter = store.find(request.path["id"])
    if dead_letter is None:
        raise NotFound("This dead letter does not exist: it was replayed or discarded.")
    return dead_letter


def preview_values(preview: ReplayPreview | Blocked, *, reveal: bool) -> dict[str, Any]:
    """Return what the template needs to show a replay preview."""
    if isinstance(preview, Blocked):
        return {"blocked": preview.why, "sent": [], "request": None, "dead_letters": [], "not_sent": [], "url": ""}
    sent = [item.tiktok_event for item in preview.items]
    return {"blocked": None, "sent": sent, "url": preview.url, **preview.as_object(reveal=reveal)}


def page(
    services: Services, request: PageRequest, store: DeadLetterStore, *, reveal: bool = False, problem: str = ""
) -> Response:
    """Return the dead letter's page; `problem` says what could not be done."""
    dead_letter = requested_dead_letter(store, request)
    source = _source(store, dead_letter)
    stored = read_dead_letter(store.client, dead_letter.connection, dead_letter.id) or b""
    return services.page(
        request,
        "dead_letters/details.html",
        dead_letter=dead_letter,
        shown=public(dead_letter, reveal=reveal),
        reason=REASONS.get(dead_letter.reason),
        reveal=reveal,
        source=source_of(source, reveal=reveal) if isinstance(source, Chunk) else None,
        unreadable="" if isinstance(source, Chunk) else str(source),
        problem=problem,
        read=sha256(stored).hexdigest(),
        preview=preview_values(_preview_of(services, store, dead_letter, source), reveal=reveal),
        late=isinstance(source, Chunk) and is_late(source.first_unknown_ms, store.now_ms()),
        path=request.field("path") or path_of_field(dead_letter, connection_of(services, dead_letter)),
        value=request.field("value"),
    )


def connection_of(services: Services, dead_letter: DeadLetter) -> Connection | None:
    """Return the dead letter's connection from the file; None if it is not there or the file is refused."""
    try:
        return services.configuration().connections.get(dead_letter.connection)
    except ConfigurationError:
        return None


def _source(store: DeadLetterStore, dead_letter: DeadLetter) -> Chunk | ChunkUnreadable:
    try:
        return store.open(dead_letter)
    except ChunkUnreadable as error:
        return error


def _preview_of(
    services: Services, store: DeadLetterStore, dead_letter: DeadLetter, source: Chunk | ChunkUnreadable
) -> ReplayPreview | Blocked:
    if isinstance(source, ChunkUnreadable):
        return Blocked(f"its source cannot be decrypted: {source.what_to_do}")
    try:
        return services.replay_previews(store).of(dead_letter, source)
    except ConfigurationError:
        return Blocked("the configuration file is refused: correct the file first")
