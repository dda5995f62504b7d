"""Errors of use, exit code 2: what was wrong and what is allowed."""

from collections.abc import Iterable

import click

from config.nearest import unknown


def unknown_id(what: str, given: str, allowed: Iterable[str]) -> click.UsageError:
    """Return the error for a word that does not exist; `what` names its kind, such as `connection`."""
    return click.UsageError(unknown(what, given, allowed))
