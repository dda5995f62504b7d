"""`relay dead-letters export`: write dead letters with their events as JSON lines."""

from typing import Any

import click
import msgspec

from cli.changes import open_store
from cli.dead_letters.options import check, find
from cli.dead_letters.reveals import note_reveal
from cli.terminal.output import note
from operations.dead_letters.replay import GONE
from operations.dead_letters.store import exported
from operations.format import plural


def export(*, reveal: bool, **conditions: Any) -> None:
    """Write dead letters to stdout, one JSON object a line: the fields of list --json, and `source` with the event."""
    check(conditions)
    unreadable, written = 0, set[str]()
    with open_store() as store:
        query, found = find(store, conditions)
        if reveal and found:
            note_reveal(store, "export", [entry.id for entry in found.oldest()])
        for dead_letter in store.read_each(found.oldest()):
            line = exported(store, dead_letter, reveal=reveal)
            unreadable += line["source"] is None
            written.add(dead_letter.id)
            click.echo(msgspec.json.encode(line))
    missing = query.missing(written)
    for dead_letter_id in missing:
        note(f"{dead_letter_id}: {GONE}")
    if unreadable:
        note(f"{plural(unreadable, 'dead letter')} without a source: relay dead-letters show ID says why")
    if missing or unreadable:
        raise SystemExit(1)
