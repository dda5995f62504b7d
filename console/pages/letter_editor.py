"""Correcting a letter's event: in full, which reveals it, or one field; what it would become is shown all the while."""

import msgspec
from starlette.responses import RedirectResponse, Response

from console.desk import Desk
from console.pages import bulk_actions as bulk_actions
from console.pages import letter
from console.pages.letters import note
from console.visit import Visit
from lanes.chunk import Chunk
from operations.dead_letters.edit import Found, corrected, digest_of, editable, find_dead_letter, is_sendable, text_of
from operations.dead_letters.edit import keep as keep_letter
from operations.dead_letters.field_names import names_of
from operations.dead_letters.paths import set_value
from operations.dead_letters.query import DeadLetterQuery
from operations.dead_letters.store import DeadLetterStore, public
from operations.errors import OperatorError


def edit(desk: Desk, visit: Visit) -> Response:
    """The whole event as text, with what it would become beside it."""
    store = desk.store()
    found = find_dead_letter(store, visit.path["id"])
    note(store, visit, "console edit", [found.dead_letter.id])
    return _editor(desk, visit, store, found, text_of(found.source))


def outlook(desk: Desk, visit: Visit) -> Response:
    """A part of the page: what the event, as it is written now, would become."""
    store = desk.store()
    found = find_dead_letter(store, visit.path["id"])
    try:
        source = _corrected(desk, visit, found)
    except OperatorError as error:
        return desk.page(visit, "outlook.html", problem=str(error).removeprefix("nothing was kept: "), outlook=None)
    now = desk.outlooks(store).of(found.dead_letter, source)
    return desk.page(visit, "outlook.html", problem="", outlook=letter.shown_outlook(now, reveal=False))


def keep(desk: Desk, visit: Visit) -> Response:
    """Put the corrected event in its place; and with `send`, on its way."""
    store = desk.store()
    found = find_dead_letter(store, visit.path["id"])
    try:
        keep_letter(store, found, _to_keep(desk, visit, store, found))
    except OperatorError as error:
        problem = str(error)
        if "text" in visit.form:
            return _editor(desk, visit, store, found, visit.field("text"), problem)
        return letter.page(desk, visit, store, problem=problem)
    if visit.field("send"):
        return bulk_actions.replay_found(desk, visit, DeadLetterQuery(ids=(found.dead_letter.id,)))
    return RedirectResponse(f"/console/dead-letters/{found.dead_letter.id}?kept=1", 303)


def _to_keep(desk: Desk, visit: Visit, store: DeadLetterStore, found: Found) -> Chunk:
    """The corrected source. OperatorError when it should not be kept."""
    if visit.field("read") != digest_of(found):
        raise OperatorError("somebody changed this letter meanwhile: look at it again, then correct it")
    source = _corrected(desk, visit, found)
    if not visit.field("anyway") and not is_sendable(desk.outlooks(store).of(found.dead_letter, source)):
        raise OperatorError("as it is now it would not be sent: correct it further, or keep it so all the same")
    return source


def _editor(desk: Desk, visit: Visit, store: DeadLetterStore, found: Found, text: str, problem: str = "") -> Response:
    before = desk.outlooks(store).of(found.dead_letter, found.source)
    return desk.page(
        visit,
        "letter_editor.html",
        letter=found.dead_letter,
        shown=public(found.dead_letter, reveal=False),
        text=text,
        read=digest_of(found),
        before=letter.shown_outlook(before, reveal=False),
        problem=problem,
    )


def _corrected(desk: Desk, visit: Visit, found: Found) -> Chunk:
    """The source as the form has it: all of it as text, or with one field set. OperatorError when it is no event."""
    if "text" in visit.form:
        return corrected(found.source, visit.field("text"))
    batch = editable(text_of(found.source))
    names = names_of(found.dead_letter, letter.connection_of(desk, found.dead_letter))
    set_value(batch, f"{visit.field('path')}={visit.field('value')}", names)
    return corrected(found.source, msgspec.json.encode(batch).decode())
