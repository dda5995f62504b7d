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


def did_you_mean(word: str, allowed: Iterable[str]) -> str:
    """Return a question to append, with a space before it, if `word` is nearly one of `allowed`; else an empty text."""
    near = nearest(word, allowed)
    return f' Did you mean "{near}"?' if near else ""


def unknown(what: str, given: str, known: Iterable[str]) -> str:
    """Return the sentences about a word that does not exist; `what` names its kind, such as `connection`.

    Example: `Unknown connection "shpo". Did you mean "shop"? Known: shop.`
    """
    words = list(known)
    return f'Unknown {what} "{given}".{did_you_mean(given, words)} Known: {", ".join(words) or "none"}.'
