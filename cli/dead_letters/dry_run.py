"""`relay dead-letters replay --dry-run`: show each dead letter's reason and the request that it would become now."""

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
    """Print what each dead letter would become, one at a time. Raise SystemExit(1) if one is missing."""
    shown, seen = [], list[str]()
    for dead_letter in store.read_each(found.oldest()):
        seen.append(dead_letter.id)
        preview = _preview_of(store, dead_letter, previews)
        if as_json:
            shown.append({**public(dead_letter, reveal=reveal), "now": object_of(preview, reveal=reveal)})
        else:
            console().print(_sheet(dead_letter, preview, reveal=reveal))
    missing = query.missing(seen)
    if as_json:
        print_json(shown)
    elif not seen and not missing:
        note("No dead letter matches.")
    if reveal and seen:
        note_reveal(store, "replay --dry-run", seen)
    for dead_letter_id in missing:
        note(f"{dead_letter_id}: {GONE}")
    if missing:
        raise SystemExit(1)


def _preview_of(store: DeadLetterStore, dead_letter: DeadLetter, previews: ReplayPreviews) -> ReplayPreview | Blocked:
    try:
        source: Chunk = store.open(dead_letter)
    except ChunkUnreadable as error:
        return Blocked(f"its event cannot be decrypted: {error.what_to_do}")
    return previews.of(dead_letter, source)


def object_of(preview: ReplayPreview | Blocked, *, reveal: bool) -> dict[str, Any]:
    """Return the object of `--json`: `blocked`, a sentence or null, then the fields of `ReplayPreview.as_object`."""
    if isinstance(preview, Blocked):
        return {"blocked": preview.why, "request": None, "dead_letters": [], "not_sent": []}
    return {"blocked": None, **preview.as_object(reveal=reveal)}


def _sheet(dead_letter: DeadLetter, preview: ReplayPreview | Blocked, *, reveal: bool) -> RenderableType:
    head = Text.assemble(
        (dead_letter.id, "bold"), f"  {dead_letter.connection}", (f"  {dead_letter.tiktok_event or ''}", MUTED)
    )
    lines: list[RenderableType] = [head, Text(plain(f"  then  {former_reason(dead_letter, reveal=reveal)}"))]
    if isinstance(preview, Blocked):
        return Group(*lines, Text(f"  now   {preview.why}", style=BAD), "")
    style = GOOD if preview.items and not preview.rejected else BAD
    lines += [Text(plain(f"  now   {sentence}"), style=style) for sentence in preview.sentences()]
    if preview.items:
        body = json_text(shown_body(preview.body, reveal=reveal))
        lines += [Text(f"  POST  {preview.url}", style=MUTED), body]
    return Group(*lines, "")
