"""The dead letters: by what they died of, filtered, searched, a page at a time; and exported."""

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

import msgspec
from starlette.responses import Response, StreamingResponse

from console.desk import Desk
from console.filters import fields_of, filter_of
from console.visit import Visit
from delivery.dead_letter import DeadLetter
from lanes.dead_letters import some_letters
from operations.dead_letters.query import NONE, Facts, Filter, Found
from operations.dead_letters.store import LetterBox, exported, public
from operations.reveals import note_reveal

ON_A_PAGE: Final = 50
SHOWN_GROUPS: Final = 30
EXPORTED_AT_ONCE: Final = 100


def show(desk: Desk, visit: Visit) -> Response:
    """Those that the filter means, newest first."""
    box, wanted = desk.box(), filter_of(visit)
    found = desk.letters.find(box.connections, wanted)
    pages = max(1, math.ceil(len(found) / ON_A_PAGE))
    number = max(1, visit.number("page", 1, pages))
    groups = found.groups()
    return desk.page(
        visit,
        "letters.html",
        wanted=wanted,
        fields=fields_of(wanted),
        none=NONE,
        total=len(found),
        groups=groups[:SHOWN_GROUPS],
        more_groups=len(groups) - SHOWN_GROUPS,
        most=max((group.letters for group in groups), default=1),
        letters=_read(box, found.newest((number - 1) * ON_A_PAGE, ON_A_PAGE)),
        page=number,
        pages=pages,
        choices=_choices(desk, box),
    )


def export(desk: Desk, visit: Visit) -> Response:
    """JSON lines of those that the filter means, masked."""
    box = desk.box()
    return _lines(box, desk.letters.find(box.connections, filter_of(visit)), reveal=False)


def export_revealed(desk: Desk, visit: Visit) -> Response:
    """The same with everything in them, which is written down first."""
    box = desk.box()
    found = desk.letters.find(box.connections, filter_of(visit))
    note(box, visit, "console export", [one.id for one in found.oldest()])
    return _lines(box, found, reveal=True)


def note(box: LetterBox, visit: Visit, what: str, ids: Sequence[str]) -> None:
    """Write down that this visitor is shown these letters unmasked."""
    who = f"console session {visit.session.name}" if visit.session else "console"
    note_reveal(box, who, visit.address, what, ids)


def _choices(desk: Desk, box: LetterBox) -> dict[str, list[str]]:
    """What the filter offers: what there is."""
    cells = [cell for cell, _ in desk.letters.find(box.connections, Filter()).cells]
    return {
        "connection": list(box.connections),
        "reason": sorted({cell.reason for cell in cells}),
        "field": sorted({cell.field or NONE for cell in cells}),
        "tiktok_event": sorted({cell.tiktok_event or NONE for cell in cells}),
    }


def _read(box: LetterBox, some: Sequence[Facts]) -> list[dict[str, Any]]:
    """Those letters as they are shown in a list; those that have gone meanwhile are left out."""
    shown: dict[str, dict[str, Any]] = {}
    for connection in {one.connection for one in some}:
        ids = [one.id for one in some if one.connection == connection]
        for letter_id, stored in zip(ids, some_letters(box.client, connection, ids), strict=True):
            if stored is not None:
                shown[letter_id] = public(box.read(stored, letter_id, connection), reveal=False)
    return [shown[one.id] for one in some if one.id in shown]


def _lines(box: LetterBox, found: Found, *, reveal: bool) -> Response:
    name = f"dead-letters{'-revealed' if reveal else ''}.jsonl"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    letters = _each(box, found.oldest())
    parts = iter(lambda: _json_lines(box, list(islice(letters, EXPORTED_AT_ONCE)), reveal=reveal), b"")
    return StreamingResponse(parts, media_type="application/jsonl", headers=headers)


def _json_lines(box: LetterBox, letters: Sequence[DeadLetter], *, reveal: bool) -> bytes:
    return b"".join(msgspec.json.encode(exported(box, letter, reveal=reveal)) + b"\n" for letter in letters)


def _each(box: LetterBox, facts: Iterator[Facts]) -> Iterator[DeadLetter]:
    """The letters themselves, a few at a time; those that have gone meanwhile are left out."""
    while page := list(islice(facts, EXPORTED_AT_ONCE)):
        for connection in dict.fromkeys(one.connection for one in page):
            ids = [one.id for one in page if one.connection == connection]
            for letter_id, stored in zip(ids, some_letters(box.client, connection, ids), strict=True):
                if stored is not None:
                    yield box.read(stored, letter_id, connection)
