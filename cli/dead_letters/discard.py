"""`relay dead-letters discard`: throw letters away for good, and count them."""

from typing import Any

import click

from cli.context import open_store
from cli.dead_letters.options import check, json_option, query_of, query_options
from cli.terminal.output import note, print_json
from cli.terminal.progress import progress
from cli.terminal.prompts import confirmed, yes_option
from operations.dead_letters.index import find_once
from operations.dead_letters.replay import GONE, Result, discard_all
from operations.format import plural


@click.command("discard")
@query_options
@yes_option
@json_option
def discard(*, yes: bool, as_json: bool, **conditions: Any) -> None:
    """Throw them away for good: they are counted as discarded, and their events never reach TikTok.

    It asks, unless --yes is given; export keeps a copy.
    """
    check(conditions)
    result = Result()
    with open_store() as store:
        query = query_of(store, conditions)
        found = find_once(store.client, store.connections, query)
        if found and not confirmed(f"Discard {plural(len(found), 'dead letter')} for good?", yes=yes):
            note("nothing was discarded")
            raise SystemExit(1)
        for page in progress("discarding", discard_all(store, found.oldest()), len(found)):
            result.add(page)
    missing = query.missing(result.done)
    if as_json:
        print_json({"discarded": result.done, "left": [{"id": letter_id, "why": GONE} for letter_id in missing]})
    else:
        for letter_id in missing:
            note(f"{letter_id}: {GONE}")
        click.echo(f"discarded: {plural(len(result.done), 'dead letter')}")
    if missing:
        raise SystemExit(1)
