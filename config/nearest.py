"""Name a word that relay does not know, with the word that was probably meant."""

import difflib
from collections.abc import Iterable
from typing import Final

_COMPARED: Final = 60
"""The most characters that are compared."""


def nearest(word: str, allowed: Iterable[str]) -> str | None:
    """Return the most similar of `allowed`, without regard to case; None if none is similar."""
    by_fold = {candidate.casefold(): candidate for candidate in allowed}
    found = difflib.get_close_matches(word.casefold()[:_COMPARED], by_fold, n=1)
    return by_fold[found[0]] if found else None


def unknown(what: str, given: str, known: Iterable[str]) -> str:
    """Return the sentences about a word that does not exist; `what` names its kind, such as `connection`.

    Example: `Unknown connection "shpo". Did you mean "shop"? Known: shop.`
    """
    words = list(known)
    near = nearest(given, words)
    hint = f' Did you mean "{near}"?' if near else ""
    return f'Unknown {what} "{given}".{hint} Known: {", ".join(words) or "none"}.'
