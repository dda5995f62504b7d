"""Read plain values: text, numbers, truth values, currency.

Each function takes a JSON value, None for an absent one. It returns the value to send, None to send nothing, or a
rule outcome. Blank text is absent everywhere.
"""

import re
from math import inf, isfinite

from mapping.results import OmitField, RejectEvent, SendWithNote, invalid

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?").fullmatch
_CURRENCY = re.compile(r"[A-Za-z]{3}").fullmatch

_LARGEST_INT = 2**63 - 1
_DIGITS_OF_AN_INT = 18
_TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}

TIKTOK_CURRENCIES = frozenset(
    (
        *("AED", "ARS", "AUD", "BDT", "BHD", "BIF", "BOB", "BRL", "CAD", "CHF", "CLP", "CNY", "COP", "CRC"),
        *("CZK", "DKK", "DZD", "EGP", "EUR", "GBP", "GTQ", "HKD", "HNL", "HUF", "IDR", "ILS", "INR", "ISK"),
        *("JPY", "KES", "KHR", "KRW", "KWD", "KZT", "MAD", "MOP", "MXN", "MYR", "NGN", "NIO", "NOK", "NZD"),
        *("OMR", "PEN", "PHP", "PKR", "PLN", "PYG", "QAR", "RON", "RUB", "SAR", "SEK", "SGD", "THB", "TRY"),
        *("TWD", "UAH", "USD", "VES", "VND", "ZAR"),
    )
)
"""The currencies that TikTok's documentation lists (tiktok-api.md §1.5)."""

_NOT_TEXT = invalid("must be text or a number, not an object or a list")
_NOT_A_NUMBER = invalid("must be a number such as 19.99, without currency sign, spaces or thousands separators")
_NOT_A_CURRENCY = invalid("must be the three letters of a currency, such as USD")
_NOT_A_TRUTH = invalid("must be true or false")
_NO_DESCRIPTION = OmitField("must be text or a number, not an object or a list")
_NOT_LISTED = "is no currency that TikTok lists, so TikTok may not count the value; it is sent as it is"


def first(value: object) -> object:
    """Return the first scalar of a list that is not blank; any other value unchanged. Flags come both ways."""
    if type(value) is not list:
        return value
    return next((entry for entry in value if not isinstance(entry, list | dict | None) and not is_blank(entry)), None)


def is_blank(value: object) -> bool:
    """Return whether `value` is text without content."""
    return isinstance(value, str) and not value.strip()


def text(value: object) -> str | RejectEvent | None:
    """Return text unchanged, numbers and truth values as in JSON, whole numbers without fraction; None for blank."""
    if type(value) is str:
        return value if value and not value.isspace() else None
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value) if isinstance(value, int) else _NOT_TEXT


def descriptive(value: object) -> str | OmitField | None:
    """Return text that only describes, such as a product's name (P6, P7, E7); any other value is only omitted."""
    plain = text(value)
    return _NO_DESCRIPTION if isinstance(plain, RejectEvent) else plain


def number(value: object) -> int | float | RejectEvent | None:
    """Return a finite number, also from text (P2–P4); None for blank text. 0 is a value."""
    if value is None:
        return None
    if isinstance(value, str):
        if not value or value.isspace():
            return None
        if not _NUMBER(value):
            return _NOT_A_NUMBER
        value = int(value) if "." not in value and len(value) <= _DIGITS_OF_AN_INT else float(value)
    elif isinstance(value, int) and abs(value) > _LARGEST_INT:
        value = _float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return _NOT_A_NUMBER
    return value


def _float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return inf


def quantity(value: object) -> int | float | RejectEvent | None:
    """Return a number, as an integer where it is whole, because TikTok counts in integers (P4)."""
    amount = number(value)
    return int(amount) if isinstance(amount, float) and amount.is_integer() else amount


def truth(value: object) -> bool | RejectEvent | None:
    """Return a truth value, also from text, yes and no, or 0 and 1 (U10, U11). False is a value and is sent."""
    if value is None or is_blank(value):
        return None
    if isinstance(value, bool):
        return value
    plain = text(value)
    return _TRUTHS.get(plain.strip().lower(), _NOT_A_TRUTH) if isinstance(plain, str) else _NOT_A_TRUTH


def currency(value: object) -> str | SendWithNote | RejectEvent | None:
    """Return three letters in upper case (P1); a currency that TikTok does not list is sent with a note."""
    if value is None or is_blank(value):
        return None
    code = value.strip().upper() if isinstance(value, str) else ""
    if code in TIKTOK_CURRENCIES:
        return code
    return SendWithNote(code, _NOT_LISTED) if _CURRENCY(code) else _NOT_A_CURRENCY
