"""Wrong use of a command: exit code 2, with what would be right."""

from collections.abc import Iterable
from difflib import get_close_matches

import click


def unknown_id(what: str, given: str, allowed: Iterable[str]) -> click.UsageError:
    """`what` (an option or argument) names nothing that there is."""
    ids = list(allowed)
    close = get_close_matches(given, ids, n=1)
    hint = f" (did you mean {close[0]}?)" if close else ""
    return click.UsageError(f"{what}: there is no {given}{hint}; there {_are(ids)}")


def _are(ids: list[str]) -> str:
    match ids:
        case []:
            return "are none"
        case [only]:
            return f"is {only}"
        case [*others, last]:
            return f"are {', '.join(others)} and {last}"
        case _:
            raise AssertionError
