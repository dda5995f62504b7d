"""`relay dead-letters replay`: send dead letters again under the current configuration, or preview that."""

from collections.abc import Sequence
from shlex import quote
from typing import Any, Final

import click

from cli.changes import open_store
from cli.context import configuration_of
from cli.dead_letters.dry_run import show
from cli.dead_letters.options import check, find
from cli.terminal.output import note, print_json
from cli.terminal.progress import progress
from cli.terminal.prompts import confirmed
from operations.dead_letters.preview import ReplayPreviews
from operations.dead_letters.replay import GONE, REPLAYED, Result, late_among, late_question, replay_all
from operations.format import plural

NAMED_EVENTS: Final = 5


def replay(*, dry_run: bool, yes: bool, as_json: bool, reveal: bool, **conditions: Any) -> None:
    """Send dead letters again under the current configuration. A replayed event is a dead letter no more."""
    check(conditions)
    with open_store(changes=True) as store:
        query, found = find(store, conditions)
        now_ms = store.now_ms()
        previews = ReplayPreviews(configuration_of(store.settings), store.settings, now_ms)
        if dry_run:
            show(store, query, found, previews, as_json=as_json, reveal=reveal)
            return
        late = late_among(found.oldest(), now_ms)
        send_late = not late or confirmed(late_question(len(late)), yes=yes)
        missing = query.missing({entry.id for entry in found.oldest()})
        result = Result(left=[(dead_letter_id, GONE) for dead_letter_id in missing])
        for page in progress("replaying", replay_all(store, found.oldest(), previews, send_late=send_late), len(found)):
            result.add(page)
    events = {entry.id: entry.event_id for entry in found.oldest()}
    _print(result, [event for each in result.done if (event := events[each])], as_json=as_json)


def how_to_follow(event_ids: Sequence[str]) -> str:
    """Return the sentence that says how to see what becomes of replayed events."""
    if 0 < len(event_ids) <= NAMED_EVENTS:
        return f"To see how it ends: relay trace {' '.join(map(quote, event_ids))}"
    return "To see how each ends: relay trace with its event id, or relay dead-letters count --newer-than 10m."


def _print(result: Result, event_ids: Sequence[str], *, as_json: bool) -> None:
    """Print what was replayed. `event_ids`: those of the replayed events, as far as they have one."""
    if as_json:
        left = [{"id": dead_letter_id, "why": why} for dead_letter_id, why in result.left]
        print_json({"replayed": result.done, "left": left})
    else:
        for dead_letter_id, why in result.left:
            note(f"{dead_letter_id}: {why}")
        click.echo(f"replayed: {plural(len(result.done), 'dead letter')}")
        if result.done:
            note(f"{REPLAYED} {how_to_follow(event_ids)}")
    if result.left:
        raise SystemExit(1)
