"""`relay dead-letters export`: letters with their events as JSON lines, for other tools and for keeping."""

from typing import Any

import click
import msgspec

from cli.letter_box import LetterBox, open_box, public, source_of
from cli.letter_choice import Choice, choice_options, reveal_option
from cli.letter_reveals import note_reveal
from cli.letter_sending import GONE
from cli.output import note, plural
from delivery.letters import DeadLetter
from lanes.errors import ChunkUnreadable


@click.command("export")
@choice_options
@reveal_option
def export(*, reveal: bool, **choice: Any) -> None:
    """Write them to stdout, one JSON object a line: what list --json has of each, and `source`, its event.

    Values are masked unless --reveal is given. Nothing is chosen by default: --all exports all.
    """
    wanted = Choice(**choice)
    wanted.check()
    unreadable, written = 0, set[str]()
    with open_box() as box:
        ids = [one.id for one in wanted.chosen(box)] if reveal else []
        if ids:
            note_reveal(box, "export", ids)
        for letter in wanted.letters(box):
            line = _line(box, letter, reveal=reveal)
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


def _line(box: LetterBox, letter: DeadLetter, *, reveal: bool) -> dict[str, Any]:
    try:
        source = source_of(box.open(letter), reveal=reveal)
    except ChunkUnreadable:
        source = None
    return {**public(letter, reveal=reveal), "source": source}
