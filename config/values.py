"""One value from the environment or a file, freed of what editors and shells add to it."""

import re
from typing import Final

BOM: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_QUOTES: Final = "\"'\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"


def clean_value(text: str) -> str:
    """Return the value without a byte order mark and without white space around it.

    Raises ValueError, with a sentence that shows nothing of it, for several lines and for quotation marks around it:
    an env file of Docker keeps both, and what is used then is not what was meant.
    """
    value = text.removeprefix(BOM).strip()
    if "\n" in value or "\r" in value:
        raise ValueError("has several lines: it must be one")
    if _CONTROL.search(value) or BOM in value:
        raise ValueError("has a control character in it: write it anew, by hand")
    if len(value) > 1 and value[0] in _QUOTES and value[-1] in _QUOTES:
        raise ValueError("has quotation marks around it, which would be part of it: remove them")
    return value
