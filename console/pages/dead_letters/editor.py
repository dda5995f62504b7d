"""Correcting a letter's event: in full, which reveals it, or one field; what it would become is shown all the while."""

import msgspec
from starlette.responses import RedirectResponse, Response

from console.pages.dead_letters import bulk_actions, details
from console.pages.dead_letters.listing import note
from console.request import PageRequest
from console.services import Services
from lanes.chunk import Chunk
from operations.dead_letters.edit import Found, corrected, digest_of, editable, find_dead_letter, is_sendable, text_of
from operations.dead_letters.edit import keep as keep_letter
from operations.dead_letters.field_names import names_of
from operations.dead_letters.paths import set_value
from operations.dead_letters.query import DeadLetterQuery
from operations.dead_letters.store import DeadLetterStore, public
from operations.errors import OperatorError


def edit(services: Services, request: PageRequest) -> Response:
    """The whole event as text, with what it would become beside it."""
    store = services.store()
    found = find_dead_letter(store, request.path["id"])
    note(store, request, "console edit", [found.dead_letter.id])
    return _editor(services, request, store, found, text_of(found.source))


def preview(services: Services, request: PageRequest) -> Response:
    """A part of the page: what the event, as it is written now, would become."""
    store = services.store()
    found = find_dead_letter(store, request.path["id"])
    try:
        source = _corrected(services, request, found)
    except OperatorError as error:
        return services.page(
            request,
            "dead_letters/replay_preview.html",
            problem=str(error).removeprefix("nothing was kept: "),
            preview=None,
        )
    now = services.replay_previews(store).of(found.dead_letter, source)
    return services.page(
        request, "dead_letters/replay_preview.html", problem="", preview=details.preview_values(now, reveal=False)
    )


def save(services: Services, request: PageRequest) -> Response:
    """Put the corrected event in its place; and with `send`, on its way."""
    store = services.store()
    found = find_dead_letter(store, request.path["id"])
    try:
        keep_letter(store, found, _to_save(services, request, store, found))
    except OperatorError as error:
        problem = str(error)
        if "text" in request.form:
            return _editor(services, request, store, found, request.field("text"), problem)
        return details.page(services, request, store, problem=problem)
    if request.field("send"):
        return bulk_actions.replay_found(services, request, DeadLetterQuery(ids=(found.dead_letter.id,)))
    return RedirectResponse(f"/console/dead-letters/{found.dead_letter.id}?saved=1", 303)


def _to_save(services: Services, request: PageRequest, store: DeadLetterStore, found: Found) -> Chunk:
    """The corrected source. OperatorError when it should not be kept."""
    if request.field("read") != digest_of(found):
        raise OperatorError("somebody changed this letter meanwhile: look at it again, then correct it")
    source = _corrected(services, request, found)
    if not request.field("anyway") and not is_sendable(services.replay_previews(store).of(found.dead_letter, source)):
        raise OperatorError("as it is now it would not be sent: correct it further, or keep it so all the same")
    return source


def _editor(
    services: Services, request: PageRequest, store: DeadLetterStore, found: Found, text: str, problem: str = ""
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


def _corrected(services: Services, request: PageRequest, found: Found) -> Chunk:
    """The source as the form has it: all of it as text, or with one field set. OperatorError when it is no event."""
    if "text" in request.form:
        return corrected(found.source, request.field("text"))
    batch = editable(text_of(found.source))
    names = names_of(found.dead_letter, details.connection_of(services, found.dead_letter))
    set_value(batch, f"{request.field('path')}={request.field('value')}", names)
    return corrected(found.source, msgspec.json.encode(batch).decode())
