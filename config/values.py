"""Clean one value from the environment or a file of what editors and shells add to it."""

import re
from typing import Final

BOM: Final = "\N{ZERO WIDTH NO-BREAK SPACE}"
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_QUOTES: Final = "\"'\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"


def clean_value(text: str) -> str:
    """Return the value without a byte order mark and without white space around it.

    Raise ValueError, with a sentence that does not show the value, for several lines, control characters and quotation
    marks around it: an env file of Docker keeps these marks, so they would be part of the value.
    """
    value = text.removeprefix(BOM).strip()
    if "\n" in value or "\r" in value:
        raise ValueError("has several lines: it must be one")
    if _CONTROL.search(value) or BOM in value:
        raise ValueError("has a control character in it: type it again by hand")
    if len(value) > 1 and value[0] in _QUOTES and value[-1] in _QUOTES:
        raise ValueError("has quotation marks around it, which would be part of it: remove them")
    return value
