"""One normaliser per kind of personal field: the text that TikTok compares (tiktok-api.md §1.4, §9)."""

import re
from functools import lru_cache
from unicodedata import category, combining, normalize

from mapping.countries import NAMES
from mapping.remarks import LeftOut

_ZIP_SEPARATORS = re.compile(r"[\s\-]+")
_LIMITED = LeftOut("all zeros, which is what a device says whose user limits ad tracking")
_KEPT_IN_NAMES = "LMN"  # letters, marks, numbers: Unicode's major categories


def email(text: str) -> str:
    """Trimmed, lower case (E9)."""
    return text.strip().lower()


def external_id(text: str) -> str:
    """Trimmed only: case is part of an id (E9, Q8)."""
    return text.strip()


def advertising_id(text: str) -> str | LeftOut:
    """Trimmed, lower case; the all-zero id stands for none (E10, Q13)."""
    lowered = text.strip().lower()
    return lowered if lowered.strip("0-") else _LIMITED


def name(text: str) -> str:
    """Lower case without spaces, punctuation and symbols; accents and other letters stay (U1, U2, Q9)."""
    lowered = text.lower()
    if lowered.isascii() and lowered.isalpha():
        return lowered
    lowered = normalize("NFC", lowered)
    return lowered if lowered.isalpha() else "".join(c for c in lowered if category(c)[0] in _KEPT_IN_NAMES)


@lru_cache(maxsize=4096)  # there are few places, and none of them is a person
def place(text: str) -> str:
    """A city or state: lower case, letters and digits of any script, without accents (U3, U4, Q10)."""
    lowered = text.lower()
    if lowered.isascii() and lowered.isalnum():
        return lowered
    bare = "".join(c for c in normalize("NFKD", lowered) if not combining(c) and c.isalnum())
    return normalize("NFC", bare)  # puts back together what was taken apart without being an accent: Hangul


_COUNTRY_CODES = {place(other): two for two, other in NAMES}


def country(text: str) -> str:
    """A two-letter code in lower case; a three-letter code or English name is looked up (U5, Q11)."""
    plain = place(text)
    return _COUNTRY_CODES.get(plain, plain)


def zip_code(text: str) -> str:
    """Lower case without spaces and dashes; the four digits of a ZIP+4 stay (U6, Q12)."""
    lowered = text.lower()
    return lowered if lowered.isalnum() else _ZIP_SEPARATORS.sub("", lowered)
