"""Correct the event of a dead letter: the whole event, which reveals it, or one field without seeing the rest.

While the operator types, the page shows what the event would become.
"""

import msgspec
from starlette.responses import RedirectResponse, Response

from console.pages.dead_letters import bulk_actions, details
from console.pages.dead_letters.reveals import record_reveal
from console.rendering import sentence
from console.request import PageRequest
from console.services import Services
from lanes.chunk import Chunk
from operations.dead_letters.edit import (
    DecryptedDeadLetter,
    corrected,
    digest_of,
    editable,
    find_dead_letter,
    is_sendable,
    save_source,
    text_of,
)
from operations.dead_letters.field_names import names_of
from operations.dead_letters.paths import set_value
from operations.dead_letters.query import DeadLetterQuery
from operations.dead_letters.store import DeadLetterStore, public
from operations.errors import OperatorError


def edit(services: Services, request: PageRequest) -> Response:
    """Show the whole event as text, with a replay preview beside it, after writing that to the audit log."""
    store = services.store()
    found = find_dead_letter(store, request.path["id"])
    record_reveal(store, request, "console edit", [found.dead_letter.id])
    return _editor(services, request, store, found, text_of(found.source))


def preview(services: Services, request: PageRequest) -> Response:
    """Return the part of the page that shows what the event, as it is in the form, would become."""
    store = services.store()
    found = find_dead_letter(store, request.path["id"])
    template = "dead_letters/replay_preview.html"
    try:
        source = _corrected(services, request, found)
    except OperatorError as error:
        return services.page(request, template, problem=str(error).removeprefix("not saved: "), preview=None)
    replay_preview = services.replay_previews(store).of(found.dead_letter, source)
    return services.page(request, template, problem="", preview=details.preview_values(replay_preview, reveal=False))


def save(services: Services, request: PageRequest) -> Response:
    """Save the corrected event; with the field `send`, replay it too."""
    store = services.store()
    found = find_dead_letter(store, request.path["id"])
    try:
        save_source(store, found, _to_save(services, request, store, found))
    except OperatorError as error:
        problem = sentence(str(error))
        if "text" in request.form:
            return _editor(services, request, store, found, request.field("text"), problem)
        return details.page(services, request, store, problem=problem)
    if request.field("send"):
        return bulk_actions.replay_found(services, request, DeadLetterQuery(ids=(found.dead_letter.id,)))
    return RedirectResponse(f"/console/dead-letters/{found.dead_letter.id}?saved=1", 303)


def _to_save(services: Services, request: PageRequest, store: DeadLetterStore, found: DecryptedDeadLetter) -> Chunk:
    """Return the corrected source. Raise OperatorError if it should not be saved."""
    if request.field("read") != digest_of(found):
        raise OperatorError("this dead letter was changed since you opened it: open it again, then correct it")
    source = _corrected(services, request, found)
    if not request.field("anyway") and not is_sendable(services.replay_previews(store).of(found.dead_letter, source)):
        raise OperatorError("not saved: this event would not be sent. Correct it further, or save it anyway.")
    return source


def _editor(
    services: Services,
    request: PageRequest,
    store: DeadLetterStore,
    found: DecryptedDeadLetter,
    text: str,
    problem: str = "",
) -> Response:
    before = services.replay_previews(store).of(found.dead_letter, found.source)
    return services.page(
        request,
        "dead_letters/editor.html",
        dead_letter=found.dead_letter,
        shown=public(found.dead_letter, reveal=False),
        text=text,
        read=digest_of(found),
        before=details.preview_values(before, reveal=False),
        problem=problem,
    )


def _corrected(services: Services, request: PageRequest, found: DecryptedDeadLetter) -> Chunk:
    """Return the source with the form's text, or with one field set. Raise OperatorError if it is not an event."""
    if "text" in request.form:
        return corrected(found.source, request.field("text"))
    batch = editable(text_of(found.source))
    names = names_of(found.dead_letter, details.connection_of(services, found.dead_letter))
    set_value(batch, f"{request.field('path')}={request.field('value')}", names)
    return corrected(found.source, msgspec.json.encode(batch).decode())
