"""`relay dead-letters`: the group of commands, with list, count and show."""

from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from cli.changes import open_store
from cli.dead_letters.options import find
from cli.dead_letters.reveals import note_reveal
from cli.terminal.output import BAD, MUTED, console, json_text, note, plain, print_json, table
from config.dead_letter_reasons import REASONS
from delivery.dead_letter import DeadLetter
from lanes.chunk import Chunk
from lanes.errors import ChunkUnreadable
from operations.dead_letters.store import DeadLetterStore, public, source_of, without_source
from operations.errors import OperatorError


def list_(*, limit: int, as_json: bool, reveal: bool, **conditions: Any) -> None:
    """List dead letters, oldest first."""
    with open_store() as store:
        query, found = find(store, conditions)
        entries = list(found.oldest() if as_json else reversed(found.newest(0, limit)))
        selected = [without_source(dead_letter) for dead_letter in store.read_each(entries)]
        if reveal and selected:
            note_reveal(store, "list", [dead_letter.id for dead_letter in selected])
    if as_json:
        print_json([public(dead_letter, reveal=reveal) for dead_letter in selected])
        return
    if not selected:
        note("no such dead letters" if query.has_conditions else "no dead letters")
        return
    console().print(_table(selected, reveal=reveal))
    if len(found) > limit:
        note(f"Showing the newest {limit} of {len(found):,}. Pass --limit N for more, or run relay dead-letters count.")


def count_(*, as_json: bool, **conditions: Any) -> None:
    """Count dead letters by connection, stage, reason and field."""
    with open_store() as store:
        groups = find(store, conditions)[1].failure_counts()
    counts = sorted(groups, key=lambda row: (row.connection, -row.dead_letters, row.stage, row.reason, row.field or ""))
    names = ("connection", "stage", "reason", "field")
    if as_json:
        print_json([{**dict(zip(names, row[:4], strict=True)), "dead_letters": row.dead_letters} for row in counts])
        return
    rows = table(*names, "dead letters", right=("dead letters",))
    for connection, stage, reason, field, number in counts:
        rows.add_row(connection, stage, Text(reason, style=BAD), plain(field or ""), f"{number:,}")
    console().print(rows if counts else Text("no dead letters", style=MUTED))


def show(*, dead_letter_id: str, as_json: bool, reveal: bool) -> None:
    """Show one dead letter with all its fields and its event."""
    with open_store() as store:
        dead_letter = store.find(dead_letter_id)
        if dead_letter is None:
            raise OperatorError(
                f"Unknown dead letter {dead_letter_id}. It never existed or is gone; see relay dead-letters list."
            )
        source = _open_source(store, dead_letter)
        if reveal:
            note_reveal(store, "show", [dead_letter.id])
    source_object = source_of(source, reveal=reveal) if isinstance(source, Chunk) else None
    if as_json:
        print_json({**public(dead_letter, reveal=reveal), "source": source_object})
    else:
        rows = {**public(dead_letter, reveal=reveal), **_remedy_of(dead_letter.reason)}
        console().print(_details(rows, source_object))
    if isinstance(source, ChunkUnreadable):
        raise OperatorError(f"The event of this dead letter cannot be decrypted: {source.what_to_do}")
    if not reveal and not as_json:
        note("Values are masked; pass --reveal to show them.")


def _open_source(store: DeadLetterStore, dead_letter: DeadLetter) -> Chunk | ChunkUnreadable:
    try:
        return store.open(dead_letter)
    except ChunkUnreadable as error:
        return error


def _table(selected: list[DeadLetter], *, reveal: bool) -> RenderableType:
    rows = table("id and time", "connection and event", "reason and field", "what to do")
    rows.show_lines = True
    rows.columns[0].no_wrap = rows.columns[2].no_wrap = True
    for dead_letter in selected:
        shown = public(dead_letter, reveal=reveal)
        code = "" if dead_letter.tiktok_code is None else f" {dead_letter.tiktok_code}"
        rows.add_row(
            Text(f"{dead_letter.id}\n{shown['at'][:19].replace('T', ' ')}", style=MUTED),
            plain(
                "\n".join(
                    part for part in (dead_letter.connection, dead_letter.tiktok_event, dead_letter.event_id) if part
                )
            ),
            Text.assemble((dead_letter.reason + code, BAD), "\n", plain(dead_letter.field or "")),
            plain(shown["message"]),
        )
    return rows


def _remedy_of(reason: str) -> dict[str, str]:
    """Return what the catalogue says of a reason, as rows; none for a reason of another version."""
    row = REASONS.get(reason)
    return {} if row is None else {"what is wrong": row.sentence, "what to do": row.remedy, "who does it": row.who}


def _details(fields: dict[str, Any], source_object: dict[str, Any] | None) -> RenderableType:
    rows = table("", "")
    rows.show_header = False
    for name, value in fields.items():
        rows.add_row(Text(name, style=MUTED), Text("–", style=MUTED) if value is None else plain(str(value)))
    if source_object is None:
        return rows
    for name, value in source_object.items():
        if name != "batch" and value is not None:
            rows.add_row(Text(name, style=MUTED), plain(str(value)))
    return Group(rows, "", Text("The batch, with this event only", style="bold"), json_text(source_object["batch"]))
