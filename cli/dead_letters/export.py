"""`relay dead-letters export`: letters with their events as JSON lines, for other tools and for keeping."""

from typing import Any

import click
import msgspec

from cli.context import open_box
from cli.dead_letters.options import check, choice_of, choice_options, reveal_option
from cli.dead_letters.reveals import note_reveal
from cli.terminal.output import note
from operations.dead_letters.replay import GONE
from operations.dead_letters.store import exported
from operations.format import plural


@click.command("export")
@choice_options
@reveal_option
def export(*, reveal: bool, **choice: Any) -> None:
    """Write them to stdout, one JSON object a line: what list --json has of each, and `source`, its event.

    Values are masked unless --reveal is given. Nothing is chosen by default: --all exports all.
    """
    check(choice)
    unreadable, written = 0, set[str]()
    with open_box() as box:
        wanted = choice_of(box, choice)
        ids = [one.id for one in wanted.chosen(box)] if reveal else []
        if ids:
            note_reveal(box, "export", ids)
        for letter in wanted.letters(box):
            line = exported(box, letter, reveal=reveal)
            unreadable += line["source"] is None
            written.add(letter.id)
            click.echo(msgspec.json.encode(line))
    missing = wanted.missing(written)
    for letter_id in missing:
        note(f"{letter_id}: {GONE}")
    if unreadable:
        note(
            f"{plural(unreadable, 'letter')} without a source: relay dead-letters show ID says why it cannot be opened"
        )
    if missing or unreadable:
        raise SystemExit(1)
