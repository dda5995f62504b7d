"""Bring what conditions compare into one form: text without capitals and with accents written one way, numbers."""

import re
from typing import Final
from unicodedata import normalize

_NUMBER: Final = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?", re.ASCII)
_LONGEST_NUMBER: Final = 300
"""Characters of a number: all such are finite as floats."""


def fold(text: str) -> str:
    """Return the text without the white space around it, without capitals, and composed (NFC): `É` is one character."""
    folded = text.strip().casefold()
    return folded if folded.isascii() else normalize("NFC", folded)


def written_number(text: str) -> int | float | None:
    """Return the number that a text writes as JSON does, without an exponent; None for `007` and for endless digits."""
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return None
    return float(text) if "." in text else int(text)
