"""`--identity TYPE=VALUE`: who is meant, told on the command line, or where nobody looks over one's shoulder."""

import sys
from collections.abc import Iterable
from typing import IO

import click

from cli.terminal.usage_errors import unknown_id
from mapping.people.identities import Identity
from mapping.people.identity_keys import KINDS

STDIN = "-"


def read_identities(written: Iterable[str], file: IO[str] | None) -> list[Identity]:
    """Everything that was named. Wrong use, which quotes no value, when that is nobody or cannot be understood."""
    identities = [_identity(one) for one in written]
    identities += [_identity(line.strip()) for line in file or () if line.strip()]
    if not identities:
        raise click.UsageError("say whom: --identity email=…, or --identity-file with a file (- is stdin)")
    return identities


def _identity(written: str) -> Identity:
    kind, equals, value = written.partition("=")
    kind, value = kind.strip(), value.strip()
    if not equals:
        raise click.UsageError("--identity: write it as TYPE=VALUE, such as customer_id=…")
    if kind not in KINDS:
        raise unknown_id("--identity", kind if kind.isidentifier() else "such type", KINDS)
    if value == STDIN:
        value = _asked(kind)
    if not value:
        raise click.UsageError(f"--identity: the value of {kind} is empty")
    return Identity(kind, value)


def _asked(kind: str) -> str:
    if sys.stdin.isatty():
        asked: str = click.prompt(kind, hide_input=True, err=True)
        return asked.strip()
    return sys.stdin.readline().strip()
