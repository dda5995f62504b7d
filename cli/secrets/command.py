"""`relay secrets`: make keys, encrypt credentials for the configuration file, and change the key they stand under.

No secret is ever an argument: arguments are seen by whoever lists processes, and stay in the shell's history.
"""

import os
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final, NamedTuple

import click

from cli.context import settings_here
from cli.secrets.usage import NO_KEY, re_encrypt, usage
from cli.terminal.failures import reason_of
from cli.terminal.output import note
from config.errors import ConfigurationError, Problem
from config.secrets import DecryptionError, Keyring
from operations.errors import OperatorError
from operations.format import plural

_ENCRYPTED: Final = re.compile(r"enc:(gAAAA[A-Za-z0-9_=-]+)")
"""A reference to an encrypted value; every Fernet token begins so."""


@click.group()
def secrets() -> None:
    """Make keys; encrypt what the configuration file holds."""


for command in (usage, re_encrypt):
    secrets.add_command(command)


@secrets.command("key")
def key() -> None:
    """Print a new encryption key, made of this system's randomness and kept nowhere."""
    click.echo(Keyring.new_key())
    note("put it first in RELAY_ENCRYPTION_KEY, before a comma and the former keys: those still open what they sealed")


@secrets.command("encrypt")
def encrypt() -> None:
    """Print a value as `enc:…`, for the configuration file; it asks for the value, or reads it from a pipe.

    Needs the key, in RELAY_ENCRYPTION_KEY or as relay up made it.
    """
    keyring = _keyring()
    value = click.prompt("Value", hide_input=True, err=True) if sys.stdin.isatty() else _piped()
    if not value:
        raise click.UsageError("there is nothing to encrypt: pipe the value in, or run this at a terminal")
    if value.startswith(("enc:", "${", "file:")):
        raise click.UsageError("that is a reference, not a secret: it can stand in the file as it is")
    click.echo(f"enc:{keyring.encrypt_text(value)}")


@secrets.command("rotate")
@click.option(
    "--in-place", is_flag=True, help="Write it to RELAY_CONFIG, the former file beside it with .bak at its end."
)
def rotate(*, in_place: bool) -> None:
    """Encrypt the configuration file's `enc:` values anew, with the newest key, and print the file.

    First put the new key before the former in RELAY_ENCRYPTION_KEY. Values that a variable or another file holds
    stay as they are. Events that wait need the former key until they are delivered, dead letters until relay secrets
    re-encrypt; relay secrets usage says what still needs it.
    """
    keyring, settings = _keyring(), settings_here()
    path = settings.config.resolve()
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        raise OperatorError(f"{settings.config} cannot be read: {reason_of(error)}; set RELAY_CONFIG") from None
    except UnicodeDecodeError:
        raise OperatorError(f"{settings.config} is not UTF-8 text") from None
    rotated = _rotated(text, keyring, str(settings.config))
    if in_place:
        _replace(path, rotated.text)
        click.echo(f"{settings.config}: {plural(rotated.values, 'value')} encrypted anew; before: {path.name}.bak")
    else:
        click.echo(rotated.text, nl=False)
        note(f"{plural(rotated.values, 'value')} encrypted anew")
    note("keep the former key, after the newest, until relay secrets usage says that nothing in Redis needs it")


class _Rotated(NamedTuple):
    text: str
    values: int


def _rotated(text: str, keyring: Keyring, name: str) -> _Rotated:
    """The file's text with every encrypted value under the newest key. ConfigurationError names lines without a key."""
    problems: list[Problem] = []
    values = 0

    def anew(found: re.Match[str]) -> str:
        nonlocal values
        try:
            value = keyring.decrypt_text(found[1])
        except DecryptionError as error:
            line = text.count("\n", 0, found.start())
            if not text.splitlines()[line].lstrip().startswith("#"):  # what is no longer used may stay as it is
                problems.append(Problem(name, line + 1, str(error)))
            return found[0]
        values += 1
        return f"enc:{keyring.encrypt_text(value)}"

    changed = _ENCRYPTED.sub(anew, text)
    if problems:
        raise ConfigurationError(problems)
    return _Rotated(changed, values)


def _replace(path: Path, text: str) -> None:
    """Put `text` in the file's place whole, with its rights, keeping what was there."""
    kept = path.with_name(f"{path.name}.bak")
    written: str | None = None
    try:
        shutil.copy2(path, kept)
        handle, written = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        shutil.copymode(path, written)
        Path(written).replace(path)
    except OSError as error:
        if written is not None:
            Path(written).unlink(missing_ok=True)
        raise OperatorError(
            f"{path.name} cannot be replaced where it is ({reason_of(error)}): run it without --in-place"
        ) from None


def _piped() -> str:
    """What comes in by the pipe, without the newline that `echo` puts after it."""
    try:
        return sys.stdin.buffer.read().decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise click.UsageError("the value is not UTF-8 text") from None


def _keyring() -> Keyring:
    keyring = settings_here().keyring
    if keyring is None:
        raise OperatorError(NO_KEY)
    return keyring
