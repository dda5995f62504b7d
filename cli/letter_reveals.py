"""Who was shown personal data of dead letters, and when: told to the log, and kept in Redis for who asks later."""

import getpass
import os
import socket
import time
from collections.abc import Sequence
from typing import Final

import click
import msgspec
import structlog

from cli.letter_box import LetterBox, open_box
from cli.letter_choice import json_option
from cli.output import console, note, plain, print_json, table
from cli.standing import rfc3339
from config.logs import configure_logging
from lanes.audit import entries, keep_entry
from lanes.errors import RedisFull

MOST_IDS: Final = 20


class Reveal(msgspec.Struct, frozen=True):
    """One entry; `letters` are ids, and the first of them where there were many."""

    at: str
    who: str
    host: str
    command: str
    number: int
    letters: tuple[str, ...]


def note_reveal(box: LetterBox, command: str, letter_ids: Sequence[str]) -> None:
    """Write down that whoever runs this is shown these letters unmasked; call it before they are printed."""
    at = rfc3339(time.time_ns() // 1_000_000)
    reveal = Reveal(at, _who(), socket.gethostname(), command, len(letter_ids), tuple(letter_ids[:MOST_IDS]))
    configure_logging(box.settings)
    log = structlog.get_logger("relay.reveals")
    log.warning("personal data revealed", **msgspec.structs.asdict(reveal))
    try:
        keep_entry(box.client, msgspec.json.encode(reveal))
    except RedisFull as error:  # mending letters is what makes room: the log has it
        log.warning("this reveal could not be kept in Redis", why=error.what)


@click.command("reveals")
@json_option
def reveals(*, as_json: bool) -> None:
    """List who was shown letters unmasked, and when, newest first."""
    with open_box() as box:
        kept = [msgspec.json.decode(entry, type=Reveal) for entry in entries(box.client)]
    if as_json:
        print_json(kept)
        return
    made = table("at", "who", "command", "letters", right=("letters",))
    for one in kept:
        made.add_row(one.at, plain(f"{one.who} on {one.host}"), one.command, f"{one.number:,}")
    if kept:
        console().print(made)
    else:
        note("nobody was shown any")


def _who() -> str:
    """The user, as the system names them, and who became them with sudo; a number where it has no name (containers)."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    behind = os.environ.get("SUDO_USER")
    return f"{name} ({behind})" if behind else name
