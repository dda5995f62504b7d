"""Normalise each kind of personal field to the text that TikTok compares (tiktok-api.md §1.4, §9).

Each function takes trimmed text that is not empty.
"""

import re
from unicodedata import category, normalize

from mapping.fields.characters import ascii_digits, folded
from mapping.fields.placeholders import NO_USER, NO_VALUE, ODD, STARTS, is_no_user, is_placeholder, is_placeholder_name
from mapping.results import OmitField

# One @, a domain with a dot, and none of the characters of a display name or a list of addresses. The part before
# the @ is not checked further: mailboxes such as `a..b.@docomo.ne.jp` exist.
_EMAIL = re.compile(r"[^\s@,;:<>()\[\]\"\\]+@[^\s@,;:<>()\[\]\"\\/'.]+(?:\.[^\s@,;:<>()\[\]\"\\/'.]+)+").fullmatch
# The usual form; its characters beyond ASCII are those that folding does not change.
PLAIN_EMAIL = re.compile(
    r"[!#-'*+\-./0-9=?^-~\u00df-\u00f6\u00f8-\u00ff]+@[0-9a-z_-]+\.[0-9a-z._-]*[0-9a-z_-]"
).fullmatch
_ZIP_SEPARATORS = re.compile(r"[\s\-]+")
_LIMITED = OmitField("all zeros: the device of a user who limits ad tracking sends this")
_NO_EMAIL = OmitField("not one email address")
_NO_ZIP = OmitField("all zeros is no postal code")
_KEPT = "LMN"  # Unicode's major categories of alphabetic characters, marks and numbers


def email(text: str) -> str | OmitField:
    """Return lower case, full-width characters and typographic dashes as plain ones; exactly one address (E9)."""
    lowered = text.lower()
    if ".." not in lowered and PLAIN_EMAIL(lowered):
        return lowered
    lowered = folded(text).lower()
    return lowered if _EMAIL(lowered) else _NO_EMAIL


def external_id(text: str) -> str | OmitField:
    """Return the id unchanged, because its case matters (E9, Q8); omit text that names no user."""
    return NO_USER if is_no_user(text) else text


def advertising_id(text: str) -> str | OmitField:
    """Return lower case; the all-zero id is omitted (E10, Q13)."""
    lowered = folded(text).lower()
    if not lowered.strip("0-"):
        return _LIMITED
    return NO_USER if is_no_user(lowered) else lowered


def name(text: str) -> str | OmitField:
    """Return lower case without spaces, punctuation and symbols; accents and other scripts stay (U1, U2, Q9)."""
    if (text[0] in ODD or text[:3].casefold() in STARTS) and is_placeholder_name(text):
        return NO_VALUE
    lowered = text.lower()
    if lowered.isascii() and lowered.isalpha():
        return lowered
    lowered = normalize("NFC", lowered)
    return lowered if lowered.isalpha() else "".join(c for c in lowered if category(c)[0] in _KEPT)


def zip_code(text: str) -> str | OmitField:
    """Return lower case without spaces and dashes; the four digits of a ZIP+4 stay (U6, Q12)."""
    if (text[0] in ODD or text[:3].casefold() in STARTS) and is_placeholder(text):
        return NO_VALUE
    lowered = text.lower()
    if lowered.isalnum() and lowered.isascii():
        return lowered if lowered.strip("0") else _NO_ZIP
    bare = _ZIP_SEPARATORS.sub("", ascii_digits(lowered))
    return bare if bare.strip("0") else _NO_ZIP
