"""Readers of plain values: text, numbers, truth values, currency.

Each takes what JSON held, None for what was absent, and gives the value to send, None to send nothing, or a remark.
"""

import re
from math import inf, isfinite

from mapping.remarks import Refused, invalid

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?").fullmatch
_CURRENCY = re.compile(r"[A-Za-z]{3}").fullmatch

_LARGEST_INT = 2**63 - 1
_DIGITS_OF_AN_INT = 18
_TRUTHS = {"true": True, "1": True, "false": False, "0": False}

_NOT_TEXT = invalid("must be text or a number, not an object or a list")
_NOT_A_NUMBER = invalid("must be a number such as 19.99, without currency sign, spaces or thousands separators")
_NOT_A_CURRENCY = invalid("must be the three letters of a currency, such as USD")
_NOT_A_TRUTH = invalid("must be true or false")


def first(value: object) -> object:
    """The first scalar of a list, anything else as it is: clients send flags and user attributes both ways."""
    if type(value) is not list:
        return value
    return next((entry for entry in value if not isinstance(entry, list | dict | None)), None)


def text(value: object) -> str | Refused | None:
    """Text as it is; numbers and truth values in JSON's words, whole ones without fraction. Blank is absent."""
    if type(value) is str:
        return value if value and not value.isspace() else None
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value) if isinstance(value, int) else _NOT_TEXT


def number(value: object) -> int | float | Refused | None:
    """A finite number, or the text of one (P2–P4); an empty text is absent and 0 is a value."""
    if value is None or value == "":
        return None
    if isinstance(value, str):
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


def quantity(value: object) -> int | float | Refused | None:
    """A number, as an integer wherever it is whole, for TikTok counts in integers (P4)."""
    amount = number(value)
    return int(amount) if isinstance(amount, float) and amount.is_integer() else amount


def truth(value: object) -> bool | Refused | None:
    """A truth value, also as text or as 0 and 1 (U10, U11); `False` is a value and is sent."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return value
    plain = text(value)
    return _TRUTHS.get(plain.strip().lower(), _NOT_A_TRUTH) if isinstance(plain, str) else _NOT_A_TRUTH


def currency(value: object) -> str | Refused | None:
    """Three letters, upper-cased (P1)."""
    if value is None or value == "":
        return None
    code = value.strip() if isinstance(value, str) else ""
    return code.upper() if _CURRENCY(code) else _NOT_A_CURRENCY
