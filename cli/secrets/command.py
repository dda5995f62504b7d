"""`relay secrets`: generate keys, encrypt values for the configuration file, and change the key.

No secret is ever an argument: other users can list arguments of processes, and shells keep them in a history.
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
from cli.secrets.usage import NO_KEY
from cli.terminal.failures import reason_of
from cli.terminal.output import note
from config.errors import ConfigurationError, Problem
from config.secrets import DecryptionError, Keyring
from operations.errors import OperatorError
from operations.format import plural

_ENCRYPTED: Final = re.compile(r"enc:(gAAAA[A-Za-z0-9_=-]+)")
"""A reference to an encrypted value; every Fernet token begins with gAAAA."""


def key() -> None:
    """Print a new, random encryption key. relay stores it nowhere."""
    click.echo(Keyring.new_key())
    note("Put it first in RELAY_ENCRYPTION_KEY, before a comma and the older keys, which still decrypt older data.")


def encrypt() -> None:
    """Print a value as `enc:…` for the configuration file. It asks for the value, or reads it from a pipe."""
    keyring = _keyring()
    value = click.prompt("Value", hide_input=True, err=True) if sys.stdin.isatty() else _piped()
    if not value:
        raise click.UsageError("No value to encrypt. Pipe the value in, or run this in a terminal.")
    if value.startswith(("enc:", "${", "file:")):
        raise click.UsageError("That is a reference, not a secret. Write it in the file unchanged.")
    click.echo(f"enc:{keyring.encrypt_text(value)}")


def rotate(*, in_place: bool) -> None:
    """Encrypt the `enc:` values of the configuration file again, with the newest key, and print the file."""
    keyring, settings = _keyring(), settings_here()
    path = settings.config.resolve()
    try:
        text = path.read_bytes().decode()
    except OSError as error:
        raise OperatorError(
            f"{settings.config} cannot be read: {reason_of(error)}. Set RELAY_CONFIG to the path of the file."
        ) from None
    except UnicodeDecodeError:
        raise OperatorError(f"{settings.config} is not UTF-8 text. Save it as UTF-8.") from None
    rotated = _rotated(text, keyring, str(settings.config))
    if in_place:
        _replace(path, rotated.text)
        click.echo(
            f"{settings.config}: {plural(rotated.values, 'value')} encrypted again; the old file is {path.name}.bak"
        )
    else:
        click.echo(rotated.text, nl=False)
        note(f"{plural(rotated.values, 'value')} encrypted again")
    note("Keep the old key, after the newest, until relay secrets usage shows that nothing in Redis needs it.")


class _Rotated(NamedTuple):
    text: str
    values: int


def _rotated(text: str, keyring: Keyring, name: str) -> _Rotated:
    """Encrypt every `enc:` value of the text with the newest key. Raise ConfigurationError for values without a key."""
    problems: list[Problem] = []
    values = 0

    def re_encrypted(found: re.Match[str]) -> str:
        nonlocal values
        try:
            value = keyring.decrypt_text(found[1])
        except DecryptionError as error:
            line = text.count("\n", 0, found.start())
            if not text.splitlines()[line].lstrip().startswith("#"):  # a comment may keep an old value
                problems.append(Problem(name, line + 1, str(error)))
            return found[0]
        values += 1
        return f"enc:{keyring.encrypt_text(value)}"

    changed = _ENCRYPTED.sub(re_encrypted, text)
    if problems:
        raise ConfigurationError(problems)
    return _Rotated(changed, values)


def _replace(path: Path, text: str) -> None:
    """Replace the file atomically, with its permissions, and keep the old one as .bak."""
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
            f"{path.name} cannot be replaced: {reason_of(error)}. Run this without --in-place and save the output."
        ) from None


def _piped() -> str:
    """Read standard input, without the newline that `echo` adds."""
    try:
        return sys.stdin.buffer.read().decode().removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise click.UsageError("The value is not UTF-8 text.") from None


def _keyring() -> Keyring:
    keyring = settings_here().keyring
    if keyring is None:
        raise OperatorError(NO_KEY)
    return keyring
