"""`relay secrets usage` and `re-encrypt`: show which keys are needed, and make an old one unnecessary."""

import sys
from typing import Any

import click

from cli.changes import open_store
from cli.terminal.output import console, count, note, print_json, table
from config.secrets import Keyring
from operations.dead_letters.store import DeadLetterStore
from operations.encryption_keys import KeyUsage, key_usage, reencrypt_dead_letters
from operations.errors import OperatorError
from operations.format import plural

NO_KEY = "No encryption key is set. Set RELAY_ENCRYPTION_KEY; relay secrets key generates one."


def usage(*, as_json: bool) -> None:
    """Show what in Redis needs which key of RELAY_ENCRYPTION_KEY, and which keys you can remove."""
    with open_store(changes=True) as store:
        keyring = _keyring(store)
        use = key_usage(store, keyring)
    if as_json:
        print_json({"keys": _objects(use, keyring), "unencrypted": use.unencrypted, "undecryptable": use.undecryptable})
    else:
        _show(use, keyring)
    sys.exit(use.undecryptable > 0)


def re_encrypt(*, as_json: bool) -> None:
    """Encrypt dead letters again with the newest key. Waiting events keep their key until they are delivered."""
    with open_store(changes=True) as store:
        done = reencrypt_dead_letters(store, _keyring(store))
    if as_json:
        print_json(
            {"re_encrypted": done.dead_letters, "unchanged": done.unchanged, "undecryptable": done.undecryptable}
        )
    else:
        click.echo(f"encrypted again: {plural(done.dead_letters, 'dead letter')}; unchanged: {done.unchanged:,}")
    if done.undecryptable:
        note(
            f"{plural(done.undecryptable, 'dead letter')} cannot be decrypted. Add the missing key to "
            "RELAY_ENCRYPTION_KEY."
        )
    sys.exit(done.undecryptable > 0)


def _objects(use: KeyUsage, keyring: Keyring) -> list[dict[str, Any]]:
    return [
        {
            "key": position,
            "chunks": use.chunks[position],
            "dead_letters": use.dead_letters[position],
            "needed": position == 1 or bool(use.chunks[position] or use.dead_letters[position]),
        }
        for position in range(1, len(keyring) + 1)
    ]


def _show(use: KeyUsage, keyring: Keyring) -> None:
    rows = table("key", "waiting chunks", "dead letters", "", right=("waiting chunks", "dead letters"))
    for row in _objects(use, keyring):
        newest = row["key"] == 1
        what = "the newest: it encrypts" if newest else "still needed" if row["needed"] else "nothing in Redis needs it"
        rows.add_row(str(row["key"]), count(row["chunks"]), count(row["dead_letters"]), what)
    console().print(rows)
    if use.unencrypted:
        subject = plural(use.unencrypted, "chunk or dead letter is", "chunks and dead letters are")
        note(f"{subject} unencrypted, stored before a key was set. relay secrets re-encrypt encrypts the dead letters.")
    if use.undecryptable:
        subject = plural(use.undecryptable, "chunk or dead letter needs", "chunks and dead letters need")
        note(f"{subject} a key that is missing. Add it to RELAY_ENCRYPTION_KEY, after the newest.")
    if len(keyring) > 1:
        note(
            "Before you remove an old key, run relay secrets rotate (configuration file) and re-encrypt (dead letters)."
        )


def _keyring(store: DeadLetterStore) -> Keyring:
    if store.keyring is None:
        raise OperatorError(NO_KEY)
    return store.keyring
