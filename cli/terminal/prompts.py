"""Asking before something is done that cannot be undone."""

import sys

import click

yes_option = click.option("--yes", is_flag=True, help="Answer yes to what it would ask.")


def confirmed(question: str, *, yes: bool) -> bool:
    """The operator's answer; where nobody can be asked, wrong use without --yes."""
    if yes:
        return True
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} There is no terminal to ask at: --yes answers")
    return click.confirm(question, err=True)
