"""`relay dead-letters discard`: throw letters away for good, and count them."""

from itertools import groupby
from typing import Any, Final

import click

from cli.context import open_box
from cli.dead_letters.options import check, choice_of, choice_options, json_option
from cli.terminal.output import note, print_json
from cli.terminal.progress import progress
from cli.terminal.prompts import confirmed, yes_option
from lanes.dead_letters import discard_letters
from operations.dead_letters.replay import GONE
from operations.format import plural

PAGE: Final = 200


@click.command("discard")
@choice_options
@yes_option
@json_option
def discard(*, yes: bool, as_json: bool, **choice: Any) -> None:
    """Throw them away for good: they are counted as discarded, and their events never reach TikTok.

    It asks, unless --yes is given; export keeps a copy.
    """
    check(choice)
    gone: list[str] = []
    with open_box() as box:
        wanted = choice_of(box, choice)
        chosen = wanted.chosen(box)
        if chosen and not confirmed(f"Discard {plural(len(chosen), 'dead letter')} for good?", yes=yes):
            note("nothing was discarded")
            raise SystemExit(1)
        by_connection = sorted(chosen, key=lambda one: one.connection)
        for connection_id, group in groupby(by_connection, lambda one: one.connection):
            for page in progress("discarding", [one.id for one in group], PAGE):
                gone += discard_letters(box.client, connection_id, page)
    missing = wanted.missing(gone)
    if as_json:
        print_json({"discarded": gone, "left": [{"id": letter_id, "why": GONE} for letter_id in missing]})
    else:
        for letter_id in missing:
            note(f"{letter_id}: {GONE}")
        click.echo(f"discarded: {plural(len(gone), 'dead letter')}")
    if missing:
        raise SystemExit(1)
