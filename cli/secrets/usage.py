"""`relay secrets usage` and `re-encrypt`: which keys are still needed, and what makes a former one needless."""

import sys
from typing import Any

import click

from cli.context import open_store
from cli.dead_letters.options import json_option
from cli.terminal.output import console, count, note, print_json, table
from config.secrets import Keyring
from operations.dead_letters.store import DeadLetterStore
from operations.encryption_keys import KeyUsage, key_usage, reencrypt_dead_letters
from operations.errors import OperatorError
from operations.format import plural

NO_KEY = "there is no key to encrypt with: set RELAY_ENCRYPTION_KEY (relay secrets key makes one)"


@click.command("usage")
@json_option
def usage(*, as_json: bool) -> None:
    """Say what in Redis needs which of the keys in RELAY_ENCRYPTION_KEY, and which may go.

    Exit code 1 when something needs a key that is not there.
    """
    with open_store() as store:
        keyring = _keyring(store)
        use = key_usage(store, keyring)
    if as_json:
        print_json({"keys": _objects(use, keyring), "unencrypted": use.unencrypted, "undecryptable": use.undecryptable})
    else:
        _show(use, keyring)
    sys.exit(use.undecryptable > 0)


@click.command("re-encrypt")
@json_option
def re_encrypt(*, as_json: bool) -> None:
    """Seal dead letters anew with the newest key. What waits is sealed as it came, and goes with its delivery.

    Run it when every process has the newest key: one that has not could not read them any more.
    """
    with open_store() as store:
        done = reencrypt_dead_letters(store, _keyring(store))
    if as_json:
        print_json(
            {"re_encrypted": done.dead_letters, "unchanged": done.unchanged, "undecryptable": done.undecryptable}
        )
    else:
        click.echo(f"sealed anew: {plural(done.dead_letters, 'dead letter')}; were so already: {done.unchanged:,}")
    if done.undecryptable:
        note(
            f"{plural(done.undecryptable, 'dead letter')} cannot be decrypted with any key here: add the one they need"
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
    made = table("key", "waiting chunks", "dead letters", "", right=("waiting chunks", "dead letters"))
    for one in _objects(use, keyring):
        newest = one["key"] == 1
        what = "the newest: it seals" if newest else "still needed" if one["needed"] else "nothing in Redis needs it"
        made.add_row(str(one["key"]), count(one["chunks"]), count(one["dead_letters"]), what)
    console().print(made)
    if use.unencrypted:
        kept = plural(use.unencrypted, "chunk or letter stands", "chunks and letters stand")
        note(f"{kept} unencrypted, from before there was a key; relay secrets re-encrypt encrypts those dead letters")
    if use.undecryptable:
        kept = plural(use.undecryptable, "chunk or letter needs", "chunks and letters need")
        note(f"{kept} a key that is not here: add it to RELAY_ENCRYPTION_KEY, after the newest")
    if len(keyring) > 1:
        note("before a former key goes: relay secrets rotate for the configuration file, re-encrypt for dead letters")


def _keyring(store: DeadLetterStore) -> Keyring:
    if store.keyring is None:
        raise OperatorError(NO_KEY)
    return store.keyring
