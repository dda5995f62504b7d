"""Phone numbers to E.164, the form that TikTok hashes: `+`, country code, national number without trunk prefix (E9).

Three readings, tried in this order: international (`+`, `00`, the region's own prefix), national in `default_region`,
bare digits that make a valid number of some country. What none of them reads with certainty is omitted.
"""

import re
from typing import Final, NamedTuple

import phonenumbers
from phonenumbers import CountryCodeSource, NumberParseException, PhoneNumber

from config.text_cache import cached_by_text
from mapping.fields.characters import ascii_digits, without_invisible
from mapping.fields.phone_plans import CHANGED, VERSION, ZEROS
from mapping.results import OmitField, SendWithNote

_E164 = re.compile(r"\+[1-9][0-9]{6,14}").fullmatch
_FORMATTING = re.compile(r"[\s().\-/~]+")
_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")
_FRACTION = re.compile(r"[.,]0$|(?<=[0-9]{7})[.,]([0-9]+)$").search
_BARE = re.compile(r"[1-9][0-9]{10,14}").fullmatch
_LONGEST: Final = 40
_DIGITS: Final = "0123456789"

_NOT_A_NUMBER = OmitField(
    "not a phone number in international form (+ or 00, then 7 to 15 digits with the country code)"
)
NO_COUNTRY = OmitField(
    "its country is not known, so hashing it would be a guess; send it with + and the country code, "
    "or set default_region"
)
_NOT_OF_REGION = OmitField("neither in international form nor a valid number of the connection's default_region")
_TWO_READINGS = OmitField("it can be read as numbers of two countries; send it with + and the country code")
_TRUNK_LEFT = OmitField("a zero follows the country code, and no number of that country has one; send it without")
_NOT_WHOLE = OmitField("a number with a fraction, not a phone number; send phone numbers as text")
_TAKEN_AS_INTERNATIONAL = "its digits make a valid number with their country code: read as if + stood before them"

_POSSIBLE: Final = phonenumbers.ValidationResult.IS_POSSIBLE
_FORMER: Final[dict[int | None, str]] = {52: "1"}
"""Digits that a plan no longer has after the country code and people still write: Mexico's 1 for mobiles."""

COUNTRY_UNKNOWN: Final = frozenset({f"left out: {NO_COUNTRY.why}", _TAKEN_AS_INTERNATIONAL})
"""The notes on a number that says no country, of a connection without `default_region`."""


class _International(NamedTuple):
    """An international number as read. `possible`: the country has numbers of this length; `valid`: it is in use."""

    e164: str
    possible: bool
    valid: bool


def e164(text: str, default_region: str | None) -> str | OmitField | SendWithNote:
    """`text` as E.164, with a note where only its digits say of which country it is, or why it is omitted.

    What is E.164 already is not parsed where a generated table proves that parsing would not change it.
    """
    if text[4:5] not in _CHANGED_AT.get(text[1:4], _DIGITS) and _E164(text):
        return text
    return _read(text, default_region)


def _is_settled(text: str) -> bool:
    """Whether `text` is E.164, and parsing is known not to change it."""
    return text[4:5] not in _CHANGED_AT.get(text[1:4], _DIGITS) and _E164(text) is not None


@cached_by_text(8192)
def _read(text: str, default_region: str | None) -> str | OmitField | SendWithNote:
    if not text.isascii() or not text.isprintable():
        text = ascii_digits(without_invisible(text))
    text = text.strip().removeprefix("tel:")
    fraction = _FRACTION(text) if "." in text or "," in text else None
    if fraction is not None:
        if fraction[0].strip("0.,"):
            return _NOT_WHOLE
        text = text[: fraction.start()]
    digits = _FORMATTING.sub("", text)
    if digits[:1] == "+":
        return _international(text, digits)
    if not (digits.isascii() and digits.isdigit()) or len(digits) > _LONGEST:
        return _NOT_A_NUMBER
    if digits.startswith("00"):
        return _prefixed(digits, default_region)
    if default_region is not None:
        return _national(digits, default_region)
    return _bare(text)


def _international(text: str, digits: str) -> str | OmitField:
    """A number with `+`. A zero in brackets is a trunk prefix or a part of the number: the plan decides."""
    has_zero = ")" in text and _TRUNK_ZERO.search(text) is not None
    if not has_zero and "/" not in text and _is_settled(digits):
        return digits
    if not (digits.isascii() and digits[1:].isdigit()) or len(digits) > _LONGEST:
        return _NOT_A_NUMBER
    read = _parsed(digits)
    if has_zero:
        read = _only_one(read, _parsed(_FORMATTING.sub("", _TRUNK_ZERO.sub("", text))))
    if not isinstance(read, _International):
        return read
    if "/" in text and not read.possible:
        return _NOT_A_NUMBER  # two numbers, or one with another ending
    return read.e164


def _prefixed(digits: str, region: str | None) -> str | OmitField:
    """A number that starts with `00`, which some countries write before it and others do not."""
    plus = f"+{digits[2:]}"
    read = _parsed(plus)
    own = _dialled(digits, region) if region is not None else None
    if isinstance(own, _International) and not (own.valid and isinstance(read, _International) and read.e164 != plus):
        read = _only_one(own, read)
    elif own is not None:
        read = own  # it explains every digit
    if not isinstance(read, _International):
        return read
    return read.e164 if read.possible else _NOT_A_NUMBER


def _national(digits: str, region: str) -> str | OmitField:
    """A number as people of the region write it: with its international prefix, or a valid one of its own plan."""
    dialled = _dialled(digits, region)
    if dialled is not None:
        return dialled.e164 if isinstance(dialled, _International) and dialled.possible else _NOT_OF_REGION
    number = _parse(digits, region)
    if number is None or not phonenumbers.is_valid_number(number):
        return _NOT_OF_REGION
    written = _written(number)
    if digits.startswith(str(number.country_code)):
        with_plus = _parsed(f"+{digits}")
        if isinstance(with_plus, _International) and with_plus.valid and with_plus.e164 != written:
            return _TWO_READINGS
    return written


def _bare(text: str) -> str | OmitField | SendWithNote:
    """Digits and nothing else, long enough to hold a country code, without anything that says whether they do."""
    read = _parsed(f"+{text}") if _BARE(text) else None
    return (
        SendWithNote(read.e164, _TAKEN_AS_INTERNATIONAL)
        if isinstance(read, _International) and read.valid
        else NO_COUNTRY
    )


def _dialled(digits: str, region: str) -> _International | OmitField | None:
    """`digits` without the prefix that the region dials before foreign numbers; None where they have no such."""
    number = _parse(digits, region)
    if number is None or number.country_code_source != CountryCodeSource.FROM_NUMBER_WITH_IDD:
        return None
    return _settled(number)


def _only_one(first: _International | OmitField, second: _International | OmitField) -> _International | OmitField:
    """The one of two readings that is a number in use, or else of a possible length; none where both are."""
    if not isinstance(first, _International) or not isinstance(second, _International):
        return first if isinstance(first, _International) else second
    if first.e164 == second.e164 or (first.valid, first.possible) > (second.valid, second.possible):
        return first
    return _TWO_READINGS if (first.valid, first.possible) == (second.valid, second.possible) else second


def _parsed(digits: str) -> _International | OmitField:
    """A number with `+` as its country's plan reads it; by its shape alone where there is no such country code."""
    if _E164(digits) and not _known(digits):
        return _International(digits, possible=True, valid=False)
    number = _parse(digits, None)
    return _NOT_A_NUMBER if number is None else _settled(number)


def _known(digits: str) -> bool:
    """Whether the number starts with a country code."""
    return any(digits[1:end] in CHANGED for end in (2, 3, 4))


def _parse(digits: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(digits, region, keep_raw_input=True)
    except NumberParseException:
        return None


def _settled(number: PhoneNumber) -> _International | OmitField:
    """The number with nothing between country code and number that does not belong there.

    Parsing removes a trunk prefix of the plan; people write one also where the plan has none, or had another.
    """
    national = phonenumbers.national_significant_number(number)
    valid = phonenumbers.is_valid_number(number)
    if not valid:
        shorter = _without_trunk_prefix(number.country_code, national)
        if shorter is not None:
            return _International(shorter, possible=True, valid=True)
        if national.startswith("0") and str(number.country_code) not in ZEROS:
            return _TRUNK_LEFT
    written = _written(number)
    if not _E164(written) or not _stays(written):
        return _NOT_A_NUMBER
    return _International(written, phonenumbers.is_possible_number_with_reason(number) == _POSSIBLE, valid)


def _without_trunk_prefix(code: int | None, national: str) -> str | None:
    """The valid number that remains without digits that are dialled before it, or were; None where there is none."""
    region = phonenumbers.region_code_for_country_code(code or 0)
    for prefix in ("0", phonenumbers.ndd_prefix_for_region(region, True) or "0", _FORMER.get(code, "0")):
        shorter = _parse(f"+{code}{national.removeprefix(prefix)}", None) if national.startswith(prefix) else None
        if shorter is not None and phonenumbers.is_valid_number(shorter):
            return _written(shorter)
    return None


def _stays(written: str) -> bool:
    """Whether reading the number again gives the same."""
    if _is_settled(written):
        return True
    again = _parse(written, None)
    return again is not None and _written(again) == written


def _written(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _changed_at() -> dict[str, str]:
    """The first three digits of an E.164 number → fourth digits with which parsing may change it; all where unknown."""
    if phonenumbers.__version__ != VERSION:
        return {}
    table: dict[str, str] = {}
    for code, starts in CHANGED.items():
        beginnings = [code + start for start in starts.split()]
        for rest in range(10 ** (3 - len(code))):
            three = code + (str(rest).zfill(3 - len(code)) if len(code) < 3 else "")
            table[three] = "".join(
                digit
                for digit in _DIGITS
                if any((three + digit).startswith(one) or one.startswith(three + digit) for one in beginnings)
            )
    return table


_CHANGED_AT: Final = _changed_at()
