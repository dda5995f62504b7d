"""`relay dead-letters reveals`, and whose name is written down when a command shows letters unmasked."""

import socket
from collections.abc import Sequence

import click

from cli.context import open_store
from cli.dead_letters.options import json_option
from cli.terminal.operator import who
from cli.terminal.output import console, note, plain, print_json, table
from operations.audit import note_reveal as record_reveal
from operations.audit import past_reveals
from operations.dead_letters.store import DeadLetterStore
from process.logs import configure_logging


def note_reveal(store: DeadLetterStore, command: str, letter_ids: Sequence[str]) -> None:
    """Write down that whoever runs this is shown these letters unmasked; call it before they are printed."""
    configure_logging(store.settings)
    record_reveal(store, who(), socket.gethostname(), command, letter_ids)


@click.command("reveals")
@json_option
def reveals(*, as_json: bool) -> None:
    """List who was shown letters unmasked, and when, newest first."""
    with open_store() as store:
        found = past_reveals(store)
    if as_json:
        print_json(found)
        return
    made = table("at", "who", "command", "dead letters", right=("dead letters",))
    for one in found:
        made.add_row(one.at, plain(f"{one.who} on {one.host}"), one.command, f"{one.number:,}")
    if found:
        console().print(made)
    else:
        note("nobody was shown any")
