"""For each rule, a condition on `value` under which the rule returns the value unchanged. Most values meet it.

The condition must be sufficient, and need not be necessary: any other value goes through the rule. A rule without a
condition is always called.
"""

from collections.abc import Mapping
from typing import Final

from mapping.fields.placeholders import BEGINNINGS, ODD
from mapping.fields.rules import Rule, identifier, meaningful
from mapping.fields.web import ttclid, ttclid_or_nothing, web_url, web_url_or_page
from mapping.values import TIKTOK_CURRENCIES, currency, descriptive, number, quantity, text

_TEXT = "type(value) is str and"
_FLOAT = "type(value) is float and -1e15 < value < 1e15"
_INT = "type(value) is int and -0x3FFFFFFF < value < 0x3FFFFFFF"  # Python compares these fastest
_URL = f"{_TEXT} value[:8] == 'https://' and value[8:9] not in '/?#\\\\' and value.split() == [value]"
_CLICK_ID = f"{_TEXT} value[:6] == 'E.C.P.' and 6 < len(value) <= 1000 and value.isascii() and value.isprintable()"

_MEANINGFUL = (
    f"{_TEXT} value and value.isascii() and value[0] not in ODD"
    " and (start := value[:3]) not in BEGINNINGS and start.isprintable()"
)

NAMED: Final[Mapping[str, object]] = {"TIKTOK_CURRENCIES": TIKTOK_CURRENCIES, "ODD": ODD, "BEGINNINGS": BEGINNINGS}
"""The names that conditions refer to."""

PLAIN: Final[Mapping[Rule, str]] = {
    text: f"{_TEXT} value and not value.isspace()",
    meaningful: _MEANINGFUL,
    identifier: f"{_TEXT} value.isdecimal() and value[0] in '123456789'",
    descriptive: f"{_TEXT} value and not value.isspace()",
    number: f"{_FLOAT} or {_INT}",
    quantity: _INT,
    currency: f"{_TEXT} value in TIKTOK_CURRENCIES",
    web_url: _URL,
    web_url_or_page: _URL,
    ttclid: f"{_CLICK_ID} and ' ' not in value",
    ttclid_or_nothing: f"{_CLICK_ID} and ' ' not in value",
}
