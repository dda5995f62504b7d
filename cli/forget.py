"""`relay forget`: what is kept of a person is removed, from Redis and from its disk."""

import socket
import sys
from typing import Any, Final

import click
from rich.console import RenderableType

from cli.context import configuration_of, open_store
from cli.dead_letters.options import json_option
from cli.terminal.identities import read_identities
from cli.terminal.operator import who
from cli.terminal.output import console, count, note, plain, print_json, table
from operations.audit import ON_DISK, note_erasure, past_erasures
from operations.erasure import Eraser, Erasure
from operations.format import plural
from process.logs import configure_logging
from store.address_cache import Memory
from store.append_only_file import Rewriting, rewrite_file

ON_DISK_IS_DONE: Final = ("rewritten", "no file")


@click.command
@click.option(
    "--identity",
    "written",
    multiple=True,
    metavar="TYPE=VALUE",
    help="Whom: email=…, mobile_number=…, customer_id=…, mpid=…; repeat it for all that you know of one person. "
    "With - for the value, it is read from stdin, a line each.",
)
@click.option("--identity-file", type=click.File(), help="A file with TYPE=VALUE on each line; - is stdin.")
@click.option("--dry-run", is_flag=True, help="Count what would be removed, and remove nothing.")
@click.option(
    "--past", is_flag=True, help="List past erasures: who ran them, when, and how much was removed; never of whom."
)
@json_option
def forget(*, written: tuple[str, ...], identity_file: Any, dry_run: bool, past: bool, as_json: bool) -> None:
    """Erase what is kept of a person: events that wait, dead letters, remembered addresses, and their traces on disk.

    Identities are compared as they are hashed for TikTok, so a value and its SHA-256 are the same person. A value on
    the command line is seen by whoever lists processes, and stays in the shell's history; stdin avoids both.
    What TikTok has been sent already is to be erased there. Exit code 1 when something could not be removed.
    """
    if past:
        _show_past(as_json=as_json)
        return
    identities = read_identities(written, identity_file)
    on_disk: Rewriting | None = None
    with open_store() as store:
        configure_logging(store.settings)
        eraser = Eraser(store, configuration_of(store.settings), identities, dry_run=dry_run)
        for kind in eraser.unread():
            note(
                f"{kind}: not a number in international form, so it may be missed: give it with + and the country code"
            )
        erasure = eraser.erase(Memory(store.client, store.settings.keyring, expires_s=0))
        if not dry_run:
            note("removed from memory; now Redis writes its append-only file anew …")
            on_disk = rewrite_file(store.client)
            kinds = tuple(dict.fromkeys(identity.kind for identity in identities))
            note_erasure(store.client, who(), socket.gethostname(), kinds, erasure, on_disk)
    if as_json:
        print_json(_object(erasure, on_disk))
    else:
        console().print(_table(erasure))
    _say(erasure, on_disk)
    sys.exit(not erasure.is_complete or (on_disk is not None and on_disk not in ON_DISK_IS_DONE))


def _object(erasure: Erasure, on_disk: Rewriting | None) -> dict[str, Any]:
    return {
        "dry_run": on_disk is None,
        "complete": erasure.is_complete,
        "connections": erasure.connections,
        "addresses": erasure.addresses,
        "on_disk": on_disk,
    }


def _table(erasure: Erasure) -> RenderableType:
    numbers = ("waiting events", "dead letters")
    made = table("connection", *numbers, right=numbers)
    for one in erasure.connections:
        made.add_row(one.id, count(one.events), count(one.dead_letters))
    return made


def _say(erasure: Erasure, on_disk: Rewriting | None) -> None:
    """On stderr: the rest of the answer, and what is left to do."""
    total = f"{plural(erasure.events, 'waiting event')}, {plural(erasure.dead_letters, 'dead letter')}"
    did = "would be removed" if on_disk is None else "removed"
    note(f"{did}: {total}, {plural(erasure.addresses, 'remembered address', 'remembered addresses')}")
    if erasure.keeps_coming:
        note("events of theirs keep coming in: stop whoever sends them, then run this again")
    for one in erasure.connections:
        if one.in_delivery:
            note(f"{one.id}: a worker is still sending events of theirs to TikTok: run this again in a minute")
        if one.unreadable:
            kept = plural(one.unreadable, "chunk or letter", "chunks or letters")
            note(f"{one.id}: {kept} cannot be read, and they may be in there: {one.what_to_do}")
    if on_disk is not None:
        note(ON_DISK[on_disk])


def _show_past(*, as_json: bool) -> None:
    with open_store() as store:
        found = past_erasures(store.client)
    if as_json:
        print_json(found)
        return
    made = table("at", "who", "by", "events", "dead letters", "complete", right=("events", "dead letters"))
    for one in found:
        by = ", ".join(one.kinds)
        complete = "yes" if one.complete and one.on_disk in ON_DISK_IS_DONE else "no"
        made.add_row(
            one.at, plain(f"{one.who} on {one.host}"), by, f"{one.events:,}", f"{one.dead_letters:,}", complete
        )
    if found:
        console().print(made)
    else:
        note("nobody was erased")
