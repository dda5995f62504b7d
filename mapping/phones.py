"""Phone numbers to E.164, the form that TikTok hashes: `+`, country code, number (E9)."""

import re
from functools import lru_cache
from unicodedata import decimal, normalize

import phonenumbers

from mapping.remarks import LeftOut

_E164 = re.compile(r"\+[1-9][0-9]{6,14}").fullmatch
_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")
_FORMATTING = re.compile(r"[\s().\-/\u00ad\u2010-\u2015\u2212\u200b-\u200f\u202a-\u202e\u2060]+")

_NOT_A_NUMBER = LeftOut("not a phone number in international form (+ or 00, then 7 to 15 digits with the country code)")
_NO_COUNTRY = LeftOut(
    "its country is not known, so hashing it would be a guess; send it with + and the country code, "
    "or set default_region"
)
_NOT_OF_REGION = LeftOut("neither in international form nor a valid number of the connection's default_region")


def e164(text: str, default_region: str | None) -> str | LeftOut:
    """`text` as E.164, or why not: a number is never completed by guessing.

    A number with `+` or `00` is taken by its shape; any other is read as one of `default_region`, or where that is
    None taken when `+` and its digits make a valid number of some country's plan.
    """
    return text if _E164(text) else _read(text, default_region)


@lru_cache(maxsize=8192)
def _read(text: str, default_region: str | None) -> str | LeftOut:
    compact = _FORMATTING.sub("", _TRUNK_ZERO.sub("", _ascii_digits(text)))
    if compact.startswith("00"):
        compact = f"+{compact[2:]}"
    if compact.startswith("+"):
        return compact if _E164(compact) else _NOT_A_NUMBER
    if default_region is not None:
        return _valid(text, default_region) or _NOT_OF_REGION
    if compact.isascii() and compact.isdigit():
        return _valid(f"+{compact}", None) or _NO_COUNTRY
    return _NOT_A_NUMBER


def _ascii_digits(text: str) -> str:
    """Full-width and other scripts' digits as 0–9."""
    if text.isascii():
        return text
    return "".join(str(decimal(c)) if c.isdecimal() else c for c in normalize("NFKC", text))


def _valid(text: str, region: str | None) -> str | None:
    """E.164 of a valid number of its numbering plan, else None; an extension makes it another number: None."""
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if number.extension or not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
