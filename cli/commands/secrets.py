"""Declare `relay secrets` and its subcommands."""

import click

from cli.commands.options import json_option
from cli.terminal.deferred import runs


@click.group()
def secrets() -> None:
    """Generate encryption keys; encrypt secrets of the configuration file."""


@secrets.command("key")
@runs("cli.secrets.command:key")
def key() -> None:
    """Print a new, random encryption key. relay stores it nowhere."""


@secrets.command("encrypt")
@runs("cli.secrets.command:encrypt")
def encrypt() -> None:
    """Print a value as `enc:…` for the configuration file. It asks for the value, or reads it from a pipe.

    Needs the key in RELAY_ENCRYPTION_KEY, or the one that relay up generated.
    """


@secrets.command("rotate")
@click.option("--in-place", is_flag=True, help="Overwrite RELAY_CONFIG, and keep the old file beside it as .bak.")
@runs("cli.secrets.command:rotate")
def rotate() -> None:
    """Encrypt the `enc:` values of the configuration file again, with the newest key, and print the file.

    First put the new key before the old one in RELAY_ENCRYPTION_KEY. Values in variables or other files stay
    unchanged. Waiting events need the old key until they are delivered, and dead letters until you run relay secrets
    re-encrypt. relay secrets usage shows what still needs it.
    """


@secrets.command("usage")
@json_option
@runs("cli.secrets.usage:usage")
def usage() -> None:
    """Show what in Redis needs which key of RELAY_ENCRYPTION_KEY, and which keys you can remove.

    Exit code 1 when something needs a key that is missing.
    """


@secrets.command("re-encrypt")
@json_option
@runs("cli.secrets.usage:re_encrypt")
def re_encrypt() -> None:
    """Encrypt dead letters again with the newest key. Waiting events keep their key until they are delivered.

    Run it once every process has the newest key: a process without it can no longer read the dead letters.
    """
