"""Ask the operator before an action that cannot be undone."""

import sys

import click


def confirmed(question: str, *, yes: bool) -> bool:
    """Return the operator's answer; raise UsageError outside a terminal without --yes."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} Not running in a terminal; pass --yes to confirm.")
    return click.confirm(question, err=True)
