"""Read the identities of a person from `--identity TYPE=VALUE`, a file, standard input or a hidden prompt."""

import sys
from collections.abc import Iterable
from typing import IO

import click

from cli.terminal.usage_errors import unknown_id
from mapping.people.identities import Identity
from mapping.people.identity_keys import KINDS

STDIN = "-"


def read_identities(written: Iterable[str], file: IO[str] | None) -> list[Identity]:
    """Return every identity that was given. Raise UsageError, which quotes no value, for none or for a wrong one."""
    identities = [_identity(text) for text in written]
    identities += [_identity(line.strip()) for line in file or () if line.strip()]
    if not identities:
        raise click.UsageError(
            "No person given. Pass --identity TYPE=VALUE, such as email=…, or --identity-file FILE (- is stdin)."
        )
    return identities


def _identity(written: str) -> Identity:
    kind, equals, value = written.partition("=")
    kind, value = kind.strip(), value.strip()
    if not equals:
        raise click.UsageError("--identity: write TYPE=VALUE, such as customer_id=…")
    if kind not in KINDS:
        raise unknown_id("identity type", kind if kind.isidentifier() else "…", KINDS)
    if value == STDIN:
        value = _prompted(kind)
    if not value:
        raise click.UsageError(
            f"--identity: the value of {kind} is empty. Write {kind}=VALUE, or {kind}=- to read it from stdin."
        )
    return Identity(kind, value)


def _prompted(kind: str) -> str:
    if sys.stdin.isatty():
        value: str = click.prompt(kind, hide_input=True, err=True)
        return value.strip()
    return sys.stdin.readline().strip()
