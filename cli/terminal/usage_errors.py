"""Errors of use, exit code 2: what was wrong and what is allowed."""

from collections.abc import Iterable
from difflib import get_close_matches

import click


def unknown_id(what: str, given: str, allowed: Iterable[str]) -> click.UsageError:
    """Return the error for an id that does not exist; `what` names its kind, such as `connection`.

    Example: `Unknown connection "shpo". Did you mean "shop"? Known: shop.`
    """
    known = list(allowed)
    close = get_close_matches(given, known, n=1)
    hint = f' Did you mean "{close[0]}"?' if close else ""
    return click.UsageError(f'Unknown {what} "{given}".{hint} Known: {", ".join(known) or "none"}.')
