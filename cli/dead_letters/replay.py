"""`relay dead-letters replay`: send them again under today's configuration; or only show what would come of it."""

from itertools import groupby
from typing import Any

import click

from cli.context import configuration_of, open_box
from cli.dead_letters.dry_run import show
from cli.dead_letters.options import check, choice_of, choice_options, json_option, reveal_option
from cli.terminal.output import note, print_json
from cli.terminal.progress import progress
from cli.terminal.prompts import confirmed, yes_option
from operations.dead_letters.preview import Outlooks
from operations.dead_letters.replay import GONE, MOST_LETTERS, Sent, is_late, late_question, replay_page
from operations.format import plural


@click.command("replay")
@choice_options
@click.option("--dry-run", is_flag=True, help="Only show what each would become now.")
@yes_option
@json_option
@reveal_option
def replay(*, dry_run: bool, yes: bool, as_json: bool, reveal: bool, **choice: Any) -> None:
    """Send them again, under today's configuration. Each goes once: what has gone is no dead letter any more.

    TikTok knows an event again for 48 hours and would count it twice after that. So of events that TikTok never
    said whether it took, and that it was first sent over 47 hours ago (an hour is left for clocks and the way),
    it is asked. All others were refused or never sent: they can be sent at any time.
    """
    check(choice)
    with open_box() as box:
        wanted = choice_of(box, choice)
        now = box.now_ms()
        outlooks = Outlooks(configuration_of(box.settings), box.settings, now)
        if dry_run:
            show(box, wanted, outlooks, as_json=as_json, reveal=reveal)
            return
        chosen = wanted.chosen(box)
        late = {one.id for one in chosen if is_late(one.first_unknown_ms, now)}
        again = not late or confirmed(late_question(len(late)), yes=yes)
        sent = Sent(left=[(letter_id, GONE) for letter_id in wanted.missing({one.id for one in chosen})])
        if not again:
            sent.left += [(letter_id, "TikTok may count it twice") for letter_id in late]
        for connection_id, group in groupby(sorted(chosen, key=lambda one: one.connection), lambda one: one.connection):
            ids = [one.id for one in group if again or one.id not in late]
            if obstacle := outlooks.obstacle(connection_id):
                sent.left += [(letter_id, obstacle) for letter_id in ids]
            else:
                for page in progress("replaying", ids, MOST_LETTERS):
                    replay_page(box, connection_id, page, late, sent)
    _say(sent, as_json=as_json)


def _say(sent: Sent, *, as_json: bool) -> None:
    if as_json:
        left = [{"id": letter_id, "why": why} for letter_id, why in sent.left]
        print_json({"replayed": sent.replayed, "left": left})
    else:
        for letter_id, why in sent.left:
            note(f"{letter_id}: {why}")
        click.echo(f"replayed: {plural(len(sent.replayed), 'dead letter')}")
    if sent.left:
        raise SystemExit(1)
