"""`relay dead-letters replay --dry-run`: each letter with why it died and the request it would now become."""

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from cli.dead_letters.reveals import note_reveal
from cli.terminal.output import BAD, GOOD, MUTED, console, json_text, note, plain, print_json
from delivery.dead_letter import DeadLetter
from lanes.chunk import Chunk
from lanes.errors import ChunkUnreadable
from operations.dead_letters.preview import Blocked, ReplayPreview, ReplayPreviews, former_reason, shown_body
from operations.dead_letters.query import DeadLetterQuery, Found
from operations.dead_letters.replay import GONE
from operations.dead_letters.store import DeadLetterStore, public


def show(
    store: DeadLetterStore,
    query: DeadLetterQuery,
    found: Found,
    previews: ReplayPreviews,
    *,
    as_json: bool,
    reveal: bool,
) -> None:
    """Print what each would become, one after the other. Raises SystemExit(1) if one is missing."""
    shown, seen = [], list[str]()
    for letter in store.read_each(found.oldest()):
        seen.append(letter.id)
        outlook = _outlook(store, letter, previews)
        if as_json:
            shown.append({**public(letter, reveal=reveal), "now": object_of(outlook, reveal=reveal)})
        else:
            console().print(_sheet(letter, outlook, reveal=reveal))
    missing = query.missing(seen)
    if as_json:
        print_json(shown)
    elif not seen and not missing:
        note("no such dead letters")
    if reveal and seen:
        note_reveal(store, "replay --dry-run", seen)
    for letter_id in missing:
        note(f"{letter_id}: {GONE}")
    if missing:
        raise SystemExit(1)


def _outlook(store: DeadLetterStore, letter: DeadLetter, previews: ReplayPreviews) -> ReplayPreview | Blocked:
    try:
        source: Chunk = store.open(letter)
    except ChunkUnreadable as error:
        return Blocked(f"its source cannot be decrypted: {error.what_to_do}")
    return previews.of(letter, source)


def object_of(outlook: ReplayPreview | Blocked, *, reveal: bool) -> dict[str, Any]:
    """For `--json`: `blocked`, a sentence or null, before what `ReplayPreview.as_object` has."""
    if isinstance(outlook, Blocked):
        return {"blocked": outlook.why, "request": None, "dead_letters": [], "not_sent": []}
    return {"blocked": None, **outlook.as_object(reveal=reveal)}


def _sheet(letter: DeadLetter, outlook: ReplayPreview | Blocked, *, reveal: bool) -> RenderableType:
    head = Text.assemble((letter.id, "bold"), f"  {letter.connection}", (f"  {letter.tiktok_event or ''}", MUTED))
    lines: list[RenderableType] = [head, Text(plain(f"  then  {former_reason(letter, reveal=reveal)}"))]
    if isinstance(outlook, Blocked):
        return Group(*lines, Text(f"  now   {outlook.why}", style=BAD), "")
    style = GOOD if outlook.items and not outlook.rejected else BAD
    lines += [Text(plain(f"  now   {sentence}"), style=style) for sentence in outlook.sentences()]
    if outlook.items:
        body = json_text(shown_body(outlook.body, reveal=reveal))
        lines += [Text(f"  POST  {outlook.url}", style=MUTED), body]
    return Group(*lines, "")
