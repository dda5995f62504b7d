"""Normalise cities, states and countries as TikTok compares them; they are not hashed (U3–U5)."""

from typing import Final
from unicodedata import category, normalize

from config.text_cache import cached_by_text
from mapping.fields import placeholders
from mapping.fields.countries import CODES
from mapping.fields.placeholders import NO_VALUE
from mapping.results import OmitField

_KEPT = "LMN"  # Unicode's major categories of alphabetic characters, marks and numbers
_LATIN = ((0x41, 0x24F), (0x1E00, 0x1EFF), (0x2C60, 0x2C7F), (0xA720, 0xA7FF), (0xAB30, 0xAB6F))


@cached_by_text(4096)  # there are few places, and no place is personal data
def city(text: str) -> str | OmitField:
    """Return a city as `place` does (U3)."""
    return NO_VALUE if placeholders.is_placeholder(text) else place(text)


@cached_by_text(4096)
def state(text: str) -> str | OmitField:
    """Return a state or province as `place` does (U4)."""
    return NO_VALUE if placeholders.is_placeholder_state(text) else place(text)


def place(text: str) -> str:
    """Return lower-case text of any script without spaces and punctuation; Latin characters without accents (Q10)."""
    lowered = text.lower()
    if lowered.isascii() and lowered.isalnum():
        return lowered
    kept = []
    latin = True
    for character in normalize("NFKD", normalize("NFKD", text).lower()):
        kind = category(character)[0]
        if kind != "M":
            latin = kind != "L" or _is_latin(character)
        if kind in _KEPT and not (kind == "M" and latin):
            kept.append(character)
    return normalize("NFC", "".join(kept))


def _is_latin(letter: str) -> bool:
    return any(first <= ord(letter) <= last for first, last in _LATIN)


@cached_by_text(1024)
def country(text: str) -> str | OmitField:
    """Return two lower-case characters; other codes and names are looked up, unknown ones sent as cities (U5, Q11)."""
    if placeholders.is_placeholder_country(text):
        return NO_VALUE
    plain = place(text)
    if plain == "na" and text.casefold() != "na":
        return NO_VALUE  # `N. A.` and similar; only `NA` itself is Namibia
    return CODES.get(plain, plain)


COUNTRY_OF_CODE: Final = {
    code: found
    for known in sorted(set(CODES.values()))
    for code in (known, known.upper())
    if isinstance(found := country(code), str)
}
"""What `country` returns for the two letters of each country; those that also mean no value are not in it."""
