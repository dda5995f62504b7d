"""Hash as TikTok compares: SHA-256 of the normalised text, lower-case hex, once (tiktok-api.md §1.4)."""

import re
from collections.abc import Callable
from hashlib import sha256

from mapping.fields.characters import without_invisible
from mapping.fields.placeholders import HASH_OF_NO_VALUE, HASHES
from mapping.results import OmitField, SendWithNote

_HASHED = re.compile(r"[0-9A-Fa-f]{64}").fullmatch
_NOTHING = OmitField("nothing remains of it after normalising")

Normaliser = Callable[[str], "str | OmitField | SendWithNote"]
"""Trimmed text without invisible characters → the text to hash, perhaps with a note, or why it is omitted."""


def digest(normal: str) -> str:
    """Return the hash of a normalised text."""
    return sha256(normal.encode()).hexdigest()


def is_hashed(text: str) -> bool:
    """Return whether `text` has the form of a SHA-256 hash."""
    return len(text) == 64 and _HASHED(text) is not None


def hash_identity(text: str, normalise: Normaliser) -> str | OmitField | SendWithNote:
    """Return the hash of the normalised text; a text that is a hash already is returned in lower case.

    A text that normalises to nothing is not hashed. The hash of an empty text or of a placeholder is omitted.
    """
    if not text.isascii() or not text.isprintable():
        text = without_invisible(text)
    trimmed = text.strip()
    if len(trimmed) == 64 and _HASHED(trimmed):
        given = trimmed.lower()
        return HASH_OF_NO_VALUE if given in HASHES else given
    normal = normalise(trimmed) if trimmed else ""
    if type(normal) is str:
        return digest(normal) if normal else _NOTHING
    return SendWithNote(digest(str(normal.value)), normal.note) if isinstance(normal, SendWithNote) else normal
