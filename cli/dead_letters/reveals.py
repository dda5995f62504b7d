"""`relay dead-letters reveals`, and the record that each reveal leaves in the audit log."""

import socket
from collections.abc import Sequence

from cli.changes import changing, open_store
from cli.terminal.operator import who
from cli.terminal.output import console, note, plain, print_json, table
from operations.audit import note_reveal as record_reveal
from operations.audit import past_reveals
from operations.dead_letters.store import DeadLetterStore
from process.logs import configure_logging


def note_reveal(store: DeadLetterStore, command: str, dead_letter_ids: Sequence[str]) -> None:
    """Record that the operator sees these dead letters unmasked; call it before printing them."""
    configure_logging(store.settings)
    with changing(store.settings, store.client):
        record_reveal(store, who(), socket.gethostname(), command, dead_letter_ids)


def reveals(*, as_json: bool) -> None:
    """List who saw unmasked dead letters, and when, newest first."""
    with open_store() as store:
        found = past_reveals(store)
    if as_json:
        print_json(found)
        return
    rows = table("at", "who", "command", "dead letters", right=("dead letters",))
    for reveal in found:
        rows.add_row(reveal.at, plain(f"{reveal.who} on {reveal.host}"), reveal.command, f"{reveal.number:,}")
    if found:
        console().print(rows)
    else:
        note("No one has seen unmasked dead letters.")
