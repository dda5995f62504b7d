"""SHA-256 as TikTok matches it: of the normalised text, lower-case hex, once (tiktok-api.md §1.4)."""

import re
from collections.abc import Callable
from hashlib import sha256

from mapping.fields.characters import without_invisible
from mapping.fields.placeholders import HASH_OF_NO_VALUE, HASHES
from mapping.results import OmitField, SendWithNote

_HASHED = re.compile(r"[0-9A-Fa-f]{64}").fullmatch
_NOTHING = OmitField("nothing remains of it once normalised")

Normaliser = Callable[[str], "str | OmitField | SendWithNote"]
"""Trimmed text without invisible characters → the text to hash, with a note where one is due, or why it is omitted."""


def is_hashed(text: str) -> bool:
    """Whether `text` has the form of a SHA-256 hash already."""
    return len(text) == 64 and _HASHED(text) is not None


def hash_identity(text: str, normalise: Normaliser) -> str | OmitField | SendWithNote:
    """The hash of `text` once normalised; one that is hashed already passes through in lower case.

    Nothing is ever hashed that normalises to an empty text, and the hash of an empty text or of a placeholder does
    not pass.
    """
    if not text.isascii() or not text.isprintable():
        text = without_invisible(text)
    trimmed = text.strip()
    if len(trimmed) == 64 and _HASHED(trimmed):
        digest = trimmed.lower()
        return HASH_OF_NO_VALUE if digest in HASHES else digest
    normal = normalise(trimmed) if trimmed else ""
    if type(normal) is str:
        return sha256(normal.encode()).hexdigest() if normal else _NOTHING
    return (
        SendWithNote(sha256(str(normal.value).encode()).hexdigest(), normal.note)
        if isinstance(normal, SendWithNote)
        else normal
    )
