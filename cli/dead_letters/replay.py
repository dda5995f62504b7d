"""`relay dead-letters replay`: send them again under today's configuration; or only show what would come of it."""

from typing import Any

import click

from cli.context import configuration_of, open_store
from cli.dead_letters.dry_run import show
from cli.dead_letters.options import check, json_option, query_of, query_options, reveal_option
from cli.terminal.output import note, print_json
from cli.terminal.progress import progress
from cli.terminal.prompts import confirmed, yes_option
from operations.dead_letters.index import find_once
from operations.dead_letters.preview import ReplayPreviews
from operations.dead_letters.replay import GONE, Result, late_among, late_question, replay_all
from operations.format import plural


@click.command("replay")
@query_options
@click.option("--dry-run", is_flag=True, help="Only show what each would become now.")
@yes_option
@json_option
@reveal_option
def replay(*, dry_run: bool, yes: bool, as_json: bool, reveal: bool, **conditions: Any) -> None:
    """Send them again, under today's configuration. Each goes once: what has gone is no dead letter any more.

    TikTok knows an event again for 48 hours and would count it twice after that. So of events that TikTok never
    said whether it took, and that it was first sent over 47 hours ago (an hour is left for clocks and the way),
    it is asked. All others were refused or never sent: they can be sent at any time.
    """
    check(conditions)
    with open_store() as store:
        query = query_of(store, conditions)
        now_ms = store.now_ms()
        outlooks = ReplayPreviews(configuration_of(store.settings), store.settings, now_ms)
        found = find_once(store.client, store.connections, query)
        if dry_run:
            show(store, query, found, outlooks, as_json=as_json, reveal=reveal)
            return
        late = late_among(found.oldest(), now_ms)
        send_late = not late or confirmed(late_question(len(late)), yes=yes)
        missing = query.missing({entry.id for entry in found.oldest()})
        result = Result(left=[(letter_id, GONE) for letter_id in missing])
        for page in progress("replaying", replay_all(store, found.oldest(), outlooks, send_late=send_late), len(found)):
            result.add(page)
    _print(result, as_json=as_json)


def _print(result: Result, *, as_json: bool) -> None:
    if as_json:
        left = [{"id": letter_id, "why": why} for letter_id, why in result.left]
        print_json({"replayed": result.done, "left": left})
    else:
        for letter_id, why in result.left:
            note(f"{letter_id}: {why}")
        click.echo(f"replayed: {plural(len(result.done), 'dead letter')}")
    if result.left:
        raise SystemExit(1)
