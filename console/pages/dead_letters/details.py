"""One dead letter: why it died, its event, the request it would be now, what TikTok said; masked, unless revealed."""

from hashlib import sha256
from typing import Any

from starlette.responses import Response

from config.dead_letter_reasons import REASONS
from config.errors import ConfigurationError
from config.model import Connection
from console.dispatch import NotFound
from console.pages.dead_letters.listing import note
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
    """The letter, masked."""
    return page(services, request, services.store())


def reveal(services: Services, request: PageRequest) -> Response:
    """The letter with everything in it, which is written down first."""
    store = services.store()
    note(store, request, "console show", [found(store, request).id])
    return page(services, request, store, reveal=True)


def found(store: DeadLetterStore, request: PageRequest) -> DeadLetter:
    """The letter that the address names."""
    dead_letter = store.find(request.path["id"])
    if dead_letter is None:
        raise NotFound("There is no such dead letter any more: it was sent again, or discarded.")
    return dead_letter


def preview_values(preview: ReplayPreview | Blocked, *, reveal: bool) -> dict[str, Any]:
    """What a template says of it."""
    if isinstance(preview, Blocked):
        return {"blocked": preview.why, "sent": [], "request": None, "dead_letters": [], "not_sent": [], "url": ""}
    sent = [item.tiktok_event for item in preview.items]
    said = preview.as_object(reveal=reveal)
    return {"blocked": None, "sent": sent, "url": preview.url, **said}


def page(
    services: Services, request: PageRequest, store: DeadLetterStore, *, reveal: bool = False, problem: str = ""
) -> Response:
    """The letter's page; `problem` is a sentence on what was not done."""
    dead_letter = found(store, request)
    source = _opened(store, dead_letter)
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
    """Return the letter's connection as the file has it; None where it has none, or is refused now."""
    try:
        return services.configuration().connections.get(dead_letter.connection)
    except ConfigurationError:
        return None


def _opened(store: DeadLetterStore, dead_letter: DeadLetter) -> Chunk | ChunkUnreadable:
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
        return Blocked("the configuration file is refused now: mend it first")
