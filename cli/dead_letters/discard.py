"""`relay dead-letters discard`: remove dead letters for good; the ledger counts them."""

from typing import Any

import click

from cli.changes import open_store
from cli.dead_letters.options import check, find
from cli.terminal.output import note, print_json
from cli.terminal.progress import progress
from cli.terminal.prompts import confirmed
from operations.dead_letters.replay import GONE, Result, discard_all
from operations.format import plural


def discard(*, yes: bool, as_json: bool, **conditions: Any) -> None:
    """Remove dead letters for good. Their events never reach TikTok and are counted as discarded."""
    check(conditions)
    result = Result()
    with open_store(changes=True) as store:
        query, found = find(store, conditions)
        if found and not confirmed(f"Discard {plural(len(found), 'dead letter')} for good?", yes=yes):
            note("Nothing was discarded.")
            raise SystemExit(1)
        for page in progress("discarding", discard_all(store, found.oldest()), len(found)):
            result.add(page)
    missing = query.missing(result.done)
    if as_json:
        print_json(
            {"discarded": result.done, "left": [{"id": dead_letter_id, "why": GONE} for dead_letter_id in missing]}
        )
    else:
        for dead_letter_id in missing:
            note(f"{dead_letter_id}: {GONE}")
        click.echo(f"discarded: {plural(len(result.done), 'dead letter')}")
    if missing:
        raise SystemExit(1)
