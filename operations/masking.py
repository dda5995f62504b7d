"""Mask personal data for people's eyes: shapes stand for values; names that the mapping decides by stay readable."""

import re
from collections.abc import Set as AbstractSet
from typing import Any, Final

READABLE: Final = frozenset(
    (
        *("event_type", "action", "custom_event_type", "environment", "currency_code", "schema_version"),
        *("total_amount", "tax_amount", "shipping_amount", "price", "quantity", "position", "checkout_step"),
        *("timestamp_unixtime_ms", "event_start_unixtime_ms", "session_start_unixtime_ms", "is_non_interactive"),
    )
)
"""Members whose values name no person. A number with any other name may be an account or a phone."""

PRIVATE: Final = frozenset(
    (
        *("user_identities", "user_attributes", "custom_attributes", "custom_flags", "partner_identities"),
        *("integration_attributes", "consent_state", "device_info", "location", "session"),
    )
)
"""Inside these, clients choose the names, so no name makes a value readable."""

MOST_SENTENCE: Final = 2500
"""Characters; more than is kept of TikTok's message, and few enough to mask at once."""

_READABLE_TEXT = re.compile(r"[A-Za-z0-9_ .+-]{0,40}")
# Each pattern begins only at the start of a word and never backtracks, so its time grows with the length of the text.
_EMAIL = re.compile(r"(?<![^\s@])([^\s@])[^\s@]*+@[^\s@]++")
_URL = re.compile(r"(?i)(https?)://\S*")

# What may be personal data in a sentence of TikTok's: quotations, addresses, long numbers, long words.
_QUOTED = re.compile(
    r"""(?<!\w)(?:(")[^"]*("|$)|(')(?:[^']|'(?=\w))*('|$)|(`)[^`]*(`|$)|(“)[^”]*(”|$)|(‘)[^’]*(’|$))"""
)
_IN_SENTENCES = (
    (_EMAIL, r"\1…@…"),
    (_URL, r"\1://…"),
    (re.compile(r"\+?\d[\d ().-]{5,}\d"), "…"),
    (re.compile(r"(?<![0-9A-Fa-f:])(?=[0-9A-Fa-f]*+:[0-9A-Fa-f]*+:)[0-9A-Fa-f:]++"), "…"),
    (re.compile(r"[^\s.]{25,}"), "…"),
)


def shape_of(text: str) -> str:
    """Return what is shown for a text: `j…@… (17 characters)`, `https://… (42 characters)` or `… (6 characters)`."""
    if not text:
        return ""
    length = f" ({len(text)} character{'' if len(text) == 1 else 's'})"
    if email := _EMAIL.fullmatch(text.strip()):
        return f"{email[1]}…@…{length}"
    if url := _URL.match(text):
        return f"{url[1]}://…{length}"
    return f"…{length}"


def mask(value: Any, *, readable: bool = False, private: bool = False, names: AbstractSet[str] = READABLE) -> Any:
    """Return JSON with shapes for texts and `…` for numbers, except where the member's name is in `names`."""
    match value:
        case dict():
            return {
                key: mask(member, readable=not private and key in names, private=private or key in PRIVATE, names=names)
                for key, member in value.items()
            }
        case list():
            return [mask(member, readable=readable, private=private, names=names) for member in value]
        case None | bool():
            return value
        case str():
            return value if readable and _READABLE_TEXT.fullmatch(value) else shape_of(value)
        case _:
            return value if readable else "…"


def mask_sentence(sentence: str) -> str:
    """Return a sentence of TikTok's without possible values of an event, which it quotes when it refuses them."""
    masked = _QUOTED.sub(_only_quotes, sentence[:MOST_SENTENCE])
    for pattern, instead in _IN_SENTENCES:
        masked = pattern.sub(instead, masked)
    return masked


def _only_quotes(quoted: re.Match[str]) -> str:
    opening, closing = (mark for mark in quoted.groups() if mark is not None)
    return f"{opening}…{closing}"
