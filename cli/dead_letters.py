"""`relay dead-letters`: the events that will not be tried again by themselves, and why."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import click
import msgspec
from rich.console import Group, RenderableType
from rich.json import JSON
from rich.text import Text

from cli.failures import BadNews
from cli.letter_box import LetterBox, public, source_of
from cli.output import BAD, MUTED, console, note, plain, print_json, table
from cli.setting import redis_url, settings_here
from cli.wrong_use import unknown_id
from delivery.letters import DeadLetter
from lanes.chunk import Chunk
from lanes.client import connect
from lanes.errors import ChunkUnreadable

SHOWN: Final = 50


@click.group("dead-letters")
def dead_letters() -> None:
    """List, count and show events that will not be tried again by themselves.

    Values are masked, TikTok's messages included, because they may quote what they refuse; --reveal shows all.
    """


connection_option = click.option("--connection", metavar="ID", help="Only of this connection.")
reason_option = click.option("--reason", metavar="REASON", help="Only with this reason, such as invalid_url.")
job_option = click.option("--job", metavar="ID", help="Only of this job, as Flower and the log name it.")
json_option = click.option("--json", "as_json", is_flag=True, help="JSON alone on stdout.")
reveal_option = click.option("--reveal", is_flag=True, help="Mask nothing: this shows personal data.")


@dead_letters.command("list")
@connection_option
@reason_option
@job_option
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=SHOWN,
    show_default=True,
    help="The newest so many (not with --json).",
)
@json_option
@reveal_option
def list_(
    *, connection: str | None, reason: str | None, job: str | None, limit: int, as_json: bool, reveal: bool
) -> None:
    """List them, oldest first."""
    with _box() as box:
        letters = _chosen(box, connection, reason, job)
    if as_json:
        print_json([public(letter, reveal=reveal) for letter in letters])
        return
    if not letters:
        note("no dead letters" if not (connection or reason or job) else "no such dead letters")
        return
    console().print(_table(letters[-limit:], reveal=reveal))
    if len(letters) > limit:
        note(f"the newest {limit} of {len(letters):,}; --limit N shows more, relay dead-letters count what there is")


@dead_letters.command("count")
@connection_option
@job_option
@json_option
def count_(*, connection: str | None, job: str | None, as_json: bool) -> None:
    """Count them by connection, stage and reason."""
    with _box() as box:
        counts = Counter((one.connection, one.stage, one.reason) for one in _matching(box, connection, None, job))
    rows = sorted(counts.items(), key=lambda row: (row[0][0], -row[1], row[0]))
    if as_json:
        print_json([dict(zip(("connection", "stage", "reason", "letters"), (*key, n), strict=True)) for key, n in rows])
        return
    made = table("connection", "stage", "reason", "letters", right=("letters",))
    for (where, stage, reason), number in rows:
        made.add_row(where, stage, Text(reason, style=BAD), f"{number:,}")
    console().print(made if rows else Text("no dead letters", style=MUTED))


@dead_letters.command("show")
@click.argument("letter_id", metavar="ID")
@json_option
@reveal_option
def show(*, letter_id: str, as_json: bool, reveal: bool) -> None:
    """Show one with everything kept about it, the event it came from included."""
    with _box() as box:
        letter = box.find(letter_id)
        if letter is None:
            raise BadNews(
                f"there is no dead letter {letter_id} (any more): relay dead-letters list says which there are"
            )
        source = _opened(box, letter)
    inside = source_of(source, reveal=reveal) if isinstance(source, Chunk) else None
    if as_json:
        print_json({**public(letter, reveal=reveal), "source": inside})
    else:
        console().print(_whole(public(letter, reveal=reveal), inside))
    if isinstance(source, ChunkUnreadable):
        raise BadNews(f"the source cannot be opened: {source.what_to_do}")
    if not reveal and not as_json:
        note("values are masked; --reveal shows them")


@contextmanager
def _box() -> Iterator[LetterBox]:
    settings = settings_here()
    with connect(redis_url(settings)) as client:
        yield LetterBox(settings, client)


def _matching(box: LetterBox, connection: str | None, reason: str | None, job: str | None) -> Iterator[DeadLetter]:
    if connection is not None and connection not in box.connections:
        raise unknown_id("--connection", connection, box.connections)
    for letter in box.letters(box.connections if connection is None else [connection]):
        if reason in (None, letter.reason) and job in (None, letter.job):
            yield letter


def _chosen(box: LetterBox, connection: str | None, reason: str | None, job: str | None) -> list[DeadLetter]:
    return sorted(_matching(box, connection, reason, job), key=lambda letter: (letter.at_ms, letter.id))


def _opened(box: LetterBox, letter: DeadLetter) -> Chunk | ChunkUnreadable:
    try:
        return box.open(letter)
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
    return Group(
        made, "", Text("The batch, with this event only", style="bold"), JSON(_text(inside["batch"]), indent=2)
    )


def _text(value: Any) -> str:
    return msgspec.json.encode(value).decode()
