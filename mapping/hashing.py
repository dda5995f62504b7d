"""SHA-256 as TikTok matches it: of the normalised text, lower-case hex, once (tiktok-api.md §1.4)."""

import re
from collections.abc import Callable
from hashlib import sha256

from mapping.remarks import LeftOut

_HASHED = re.compile(r"[0-9A-Fa-f]{64}").fullmatch
_EMPTY = sha256(b"").hexdigest()
_NOTHING = LeftOut("nothing remains of it once normalised")
_EMPTY_HASH = LeftOut("it is the hash of an empty value")

Normaliser = Callable[[str], "str | LeftOut"]


def is_hashed(text: str) -> bool:
    """Whether `text` has the form of a SHA-256 hash already."""
    return len(text) == 64 and _HASHED(text) is not None


def hash_identity(text: str, normalise: Normaliser) -> str | LeftOut:
    """The hash of `text` once normalised; one that is hashed already passes through in lower case.

    Nothing is ever hashed that normalises to an empty text, and the hash of an empty text does not pass.
    """
    trimmed = text.strip()
    if len(trimmed) == 64 and _HASHED(trimmed):
        digest = trimmed.lower()
        return _EMPTY_HASH if digest == _EMPTY else digest
    normal = normalise(trimmed)
    if isinstance(normal, LeftOut):
        return normal
    return sha256(normal.encode()).hexdigest() if normal else _NOTHING
