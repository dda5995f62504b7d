"""Remove invisible characters that come with copying and typing, and replace other forms of ASCII characters."""

import re
from typing import Final
from unicodedata import decimal, normalize

# Invisible: joiners, marks of direction, the byte order mark, the soft hyphen, controls except white space.
_INVISIBLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f\x80-\x84\x86-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]+"
)
_ASCII_CONTROLS: Final = re.compile("[\x00-\x08\x0e-\x1b\x7f]").search
# Hyphens, dashes and the minus sign, as word processors and Asian keyboards write them.
_DASHES: Final = re.compile("[\u2010-\u2015\u2043\u207b\u208b\u2212\u2e3a\u2e3b\ufe58\ufe63\uff0d]")
_KATAKANA_DASH: Final = re.compile("(?<=[0-9])[\u30fc\uff70](?=[0-9])")


def without_invisible(text: str) -> str:
    """Return `text` without characters that are not visible; white space stays."""
    if text.isascii() and (text.isprintable() or not _ASCII_CONTROLS(text)):
        return text
    return _INVISIBLE.sub("", text)


def folded(text: str) -> str:
    """Return full-width and other compatibility forms as plain characters, every dash as `-` (Unicode's NFKC)."""
    if text.isascii():
        return text
    return _KATAKANA_DASH.sub("-", _DASHES.sub("-", normalize("NFKC", _DASHES.sub("-", text))))


def ascii_digits(text: str) -> str:
    """Return `folded` text, with digits of every script as 0–9."""
    if text.isascii():
        return text
    text = "".join(str(decimal(c)) if c.isdecimal() else c for c in normalize("NFKC", text))
    return folded(text)
