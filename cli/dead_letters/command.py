"""`relay dead-letters`: the events that will not be tried again by themselves, and why."""

from typing import Any, Final

import click
from rich.console import Group, RenderableType
from rich.text import Text

from cli.context import open_store
from cli.dead_letters.discard import discard
from cli.dead_letters.edit import edit
from cli.dead_letters.export import export
from cli.dead_letters.options import condition_options, json_option, query_of, reveal_option
from cli.dead_letters.replay import replay
from cli.dead_letters.reveals import note_reveal, reveals
from cli.terminal.output import BAD, MUTED, console, json_text, note, plain, print_json, table
from delivery.dead_letter import DeadLetter
from lanes.chunk import Chunk
from lanes.errors import ChunkUnreadable
from operations.dead_letters.index import find_once
from operations.dead_letters.store import DeadLetterStore, public, source_of, without_source
from operations.errors import OperatorError

SHOWN: Final = 50


@click.group("dead-letters")
def dead_letters() -> None:
    """List, show, mend and replay events that will not be tried again by themselves.

    Values are masked, TikTok's messages included, because they may quote what they refuse; --reveal shows all.
    """


for command in (edit, replay, discard, export, reveals):
    dead_letters.add_command(command)


@dead_letters.command("list")
@condition_options
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=SHOWN,
    show_default=True,
    help="The newest so many (not with --json).",
)
@json_option
@reveal_option
def list_(*, limit: int, as_json: bool, reveal: bool, **conditions: Any) -> None:
    """List them, oldest first."""
    with open_store() as store:
        query = query_of(store, conditions)
        found = find_once(store.client, store.connections, query)
        entries = list(found.oldest() if as_json else reversed(found.newest(0, limit)))
        letters = [without_source(letter) for letter in store.read_each(entries)]
        if reveal and letters:
            note_reveal(store, "list", [letter.id for letter in letters])
    if as_json:
        print_json([public(letter, reveal=reveal) for letter in letters])
        return
    if not letters:
        note("no such dead letters" if query.has_conditions else "no dead letters")
        return
    console().print(_table(letters, reveal=reveal))
    if len(found) > limit:
        note(f"the newest {limit} of {len(found):,}; --limit N shows more, relay dead-letters count what there is")


@dead_letters.command("count")
@condition_options
@json_option
def count_(*, as_json: bool, **conditions: Any) -> None:
    """Count them by connection, stage, reason and field."""
    with open_store() as store:
        groups = find_once(store.client, store.connections, query_of(store, conditions)).groups()
    rows = sorted(groups, key=lambda row: (row.connection, -row.dead_letters, row.stage, row.reason, row.field or ""))
    names = ("connection", "stage", "reason", "field")
    if as_json:
        print_json([{**dict(zip(names, row[:4], strict=True)), "dead_letters": row.dead_letters} for row in rows])
        return
    made = table(*names, "dead letters", right=("dead letters",))
    for connection, stage, reason, field, number in rows:
        made.add_row(connection, stage, Text(reason, style=BAD), plain(field or ""), f"{number:,}")
    console().print(made if rows else Text("no dead letters", style=MUTED))


@dead_letters.command("show")
@click.argument("letter_id", metavar="ID")
@json_option
@reveal_option
def show(*, letter_id: str, as_json: bool, reveal: bool) -> None:
    """Show one with everything kept about it, the event it came from included."""
    with open_store() as store:
        letter = store.find(letter_id)
        if letter is None:
            raise OperatorError(
                f"there is no dead letter {letter_id} (any more): relay dead-letters list says which exist"
            )
        source = _opened(store, letter)
        if reveal:
            note_reveal(store, "show", [letter.id])
    inside = source_of(source, reveal=reveal) if isinstance(source, Chunk) else None
    if as_json:
        print_json({**public(letter, reveal=reveal), "source": inside})
    else:
        console().print(_whole(public(letter, reveal=reveal), inside))
    if isinstance(source, ChunkUnreadable):
        raise OperatorError(f"the source cannot be decrypted: {source.what_to_do}")
    if not reveal and not as_json:
        note("values are masked; --reveal shows them")


def _opened(store: DeadLetterStore, letter: DeadLetter) -> Chunk | ChunkUnreadable:
    try:
        return store.open(letter)
    except ChunkUnreadable as error:
        return error


def _table(letters: list[DeadLetter], *, reveal: bool) -> RenderableType:
    made = table("id and time", "connection and event", "reason and field", "what to do")
    made.show_lines = True
    made.columns[0].no_wrap = made.columns[2].no_wrap = True
    for letter in letters:
        shown = public(letter, reveal=reveal)
        code = "" if letter.tiktok_code is None else f" {letter.tiktok_code}"
        made.add_row(
            Text(f"{letter.id}\n{shown['at'][:19].replace('T', ' ')}", style=MUTED),
            plain("\n".join(part for part in (letter.connection, letter.tiktok_event, letter.event_id) if part)),
            Text.assemble((letter.reason + code, BAD), "\n", plain(letter.field or "")),
            plain(shown["message"]),
        )
    return made


def _whole(fields: dict[str, Any], inside: dict[str, Any] | None) -> RenderableType:
    made = table("", "")
    made.show_header = False
    for name, value in fields.items():
        made.add_row(Text(name, style=MUTED), Text("–", style=MUTED) if value is None else plain(str(value)))
    if inside is None:
        return made
    for name, value in inside.items():
        if name != "batch" and value is not None:
            made.add_row(Text(name, style=MUTED), plain(str(value)))
    return Group(made, "", Text("The batch, with this event only", style="bold"), json_text(inside["batch"]))
