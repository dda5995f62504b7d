"""One dead letter: why it died, its event, the request it would be now, what TikTok said; masked, unless revealed."""

from hashlib import sha256
from typing import Any

from starlette.responses import Response

from config.dead_letter_reasons import REASONS
from config.errors import ConfigurationError
from config.model import Connection
from console.desk import Desk
from console.pages.letters import note
from console.reception import NotThere
from console.visit import Visit
from delivery.dead_letter import DeadLetter
from lanes.chunk import Chunk
from lanes.dead_letters import read_dead_letter
from lanes.errors import ChunkUnreadable
from operations.dead_letters.field_names import path_of_field
from operations.dead_letters.preview import Blocked, ReplayPreview
from operations.dead_letters.replay import is_late
from operations.dead_letters.store import DeadLetterStore, public, source_of


def show(desk: Desk, visit: Visit) -> Response:
    """The letter, masked."""
    return page(desk, visit, desk.store())


def reveal(desk: Desk, visit: Visit) -> Response:
    """The letter with everything in it, which is written down first."""
    store = desk.store()
    note(store, visit, "console show", [found(store, visit).id])
    return page(desk, visit, store, reveal=True)


def found(store: DeadLetterStore, visit: Visit) -> DeadLetter:
    """The letter that the address names."""
    letter = store.find(visit.path["id"])
    if letter is None:
        raise NotThere("There is no such dead letter any more: it was sent again, or discarded.")
    return letter


def shown_outlook(outlook: ReplayPreview | Blocked, *, reveal: bool) -> dict[str, Any]:
    """What a template says of it."""
    if isinstance(outlook, Blocked):
        return {"blocked": outlook.why, "sent": [], "request": None, "dead_letters": [], "not_sent": [], "url": ""}
    sent = [item.tiktok_event for item in outlook.items]
    said = outlook.as_object(reveal=reveal)
    return {"blocked": None, "sent": sent, "url": outlook.url, **said}


def page(desk: Desk, visit: Visit, store: DeadLetterStore, *, reveal: bool = False, problem: str = "") -> Response:
    """The letter's page; `problem` is a sentence on what was not done."""
    letter = found(store, visit)
    source = _opened(store, letter)
    stored = read_dead_letter(store.client, letter.connection, letter.id) or b""
    return desk.page(
        visit,
        "letter.html",
        letter=letter,
        shown=public(letter, reveal=reveal),
        reason=REASONS.get(letter.reason),
        reveal=reveal,
        source=source_of(source, reveal=reveal) if isinstance(source, Chunk) else None,
        unreadable="" if isinstance(source, Chunk) else str(source),
        problem=problem,
        read=sha256(stored).hexdigest(),
        outlook=shown_outlook(_outlook(desk, store, letter, source), reveal=reveal),
        late=isinstance(source, Chunk) and is_late(source.first_unknown_ms, store.now_ms()),
        path=visit.field("path") or path_of_field(letter, connection_of(desk, letter)),
        value=visit.field("value"),
    )


def connection_of(desk: Desk, letter: DeadLetter) -> Connection | None:
    """Return the letter's connection as the file has it; None where it has none, or is refused now."""
    try:
        return desk.configuration().connections.get(letter.connection)
    except ConfigurationError:
        return None


def _opened(store: DeadLetterStore, letter: DeadLetter) -> Chunk | ChunkUnreadable:
    try:
        return store.open(letter)
    except ChunkUnreadable as error:
        return error


def _outlook(
    desk: Desk, store: DeadLetterStore, letter: DeadLetter, source: Chunk | ChunkUnreadable
) -> ReplayPreview | Blocked:
    if isinstance(source, ChunkUnreadable):
        return Blocked(f"its source cannot be decrypted: {source.what_to_do}")
    try:
        return desk.outlooks(store).of(letter, source)
    except ConfigurationError:
        return Blocked("the configuration file is refused now: mend it first")
