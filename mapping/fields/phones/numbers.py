"""Read phone numbers as E.164, the form that TikTok hashes: `+`, country code, national number (E9).

A number is read in this order: international (`+`, `00`, the region's own prefix), national in `default_region`, bare
digits that make a valid number of a country. A number without a certain reading is omitted.
"""

import re
from typing import Final, NamedTuple

import phonenumbers
from phonenumbers import CountryCodeSource, NumberParseException, PhoneNumber

from config.text_cache import cached_by_text
from mapping.fields.characters import ascii_digits, without_invisible
from mapping.fields.phones import usual as usual_numbers
from mapping.fields.phones.plans import CHANGED, VERSION, ZEROS
from mapping.results import OmitField, SendWithNote

E164 = re.compile(r"\+[1-9][0-9]{6,14}").fullmatch
_FORMATTING = re.compile(r"[\s().\-/~]+")
_TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")
_FRACTION = re.compile(r"[.,]0$|(?<=[0-9]{7})[.,]([0-9]+)$").search
_BARE = re.compile(r"[1-9][0-9]{10,14}").fullmatch
_LONGEST: Final = 40
DIGITS: Final = "0123456789"

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
"""Former digits after the country code that people still write: Mexico's 1 for mobile numbers."""

COUNTRY_UNKNOWN: Final = frozenset({f"omitted: {NO_COUNTRY.why}", _TAKEN_AS_INTERNATIONAL})
"""The notes on a number without a country code, for a connection without `default_region`."""


class _International(NamedTuple):
    """An international number. `possible`: its country has numbers of this length; `valid`: it is in use."""

    e164: str
    possible: bool
    valid: bool


def e164(text: str, default_region: str | None) -> str | OmitField | SendWithNote:
    """Return `text` as E.164, with a note where only its digits name its country; or why it is omitted.

    An E.164 number is not parsed where the generated table shows that parsing would not change it.
    """
    if text[4:5] not in CHANGED_AT.get(text[1:4], DIGITS) and E164(text):
        return text
    return _read(text, default_region)


def _is_stable(text: str) -> bool:
    """Return whether `text` is E.164 and parsing would not change it."""
    return text[4:5] not in CHANGED_AT.get(text[1:4], DIGITS) and E164(text) is not None


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
    """Read a number with `+`. The country's plan decides whether a zero in brackets is a trunk prefix."""
    has_zero = ")" in text and _TRUNK_ZERO.search(text) is not None
    if not has_zero and "/" not in text and _is_stable(digits):
        return digits
    if not (digits.isascii() and digits[1:].isdigit()) or len(digits) > _LONGEST:
        return _NOT_A_NUMBER
    read = _parsed(digits)
    if has_zero:
        read = _only_one(read, _parsed(_FORMATTING.sub("", _TRUNK_ZERO.sub("", text))))
    if not isinstance(read, _International):
        return read
    if "/" in text and not read.possible:
        return _NOT_A_NUMBER  # two numbers, or one number with an alternative ending
    return read.e164


def _prefixed(digits: str, region: str | None) -> str | OmitField:
    """Read a number that starts with `00`; not every country dials `00` before an international number."""
    plus = f"+{digits[2:]}"
    read = _parsed(plus)
    own = None if region is None or usual_numbers.dials_00(digits, region) else _dialled(digits, region)
    if isinstance(own, _International) and not (own.valid and isinstance(read, _International) and read.e164 != plus):
        read = _only_one(own, read)
    elif own is not None:
        read = own  # this reading uses every digit
    if not isinstance(read, _International):
        return read
    return read.e164 if read.possible else _NOT_A_NUMBER


def _national(digits: str, region: str) -> str | OmitField:
    """Read a number as people of the region write it: with its international prefix, or a valid national one."""
    usual = usual_numbers.national(digits, region)
    if usual is not None:
        return usual
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
    """Read digits alone, long enough to hold a country code, with nothing that says whether they do."""
    read = _parsed(f"+{text}") if _BARE(text) else None
    return (
        SendWithNote(read.e164, _TAKEN_AS_INTERNATIONAL)
        if isinstance(read, _International) and read.valid
        else NO_COUNTRY
    )


def _dialled(digits: str, region: str) -> _International | OmitField | None:
    """Return `digits` without the region's international prefix; None where they do not start with it."""
    number = _parse(digits, region)
    if number is None or number.country_code_source != CountryCodeSource.FROM_NUMBER_WITH_IDD:
        return None
    return _normalised(number)


def _only_one(first: _International | OmitField, second: _International | OmitField) -> _International | OmitField:
    """Return the better of two readings: in use, or else of a possible length; an omission where they are equal."""
    if not isinstance(first, _International) or not isinstance(second, _International):
        return first if isinstance(first, _International) else second
    if first.e164 == second.e164 or (first.valid, first.possible) > (second.valid, second.possible):
        return first
    return _TWO_READINGS if (first.valid, first.possible) == (second.valid, second.possible) else second


def _parsed(digits: str) -> _International | OmitField:
    """Return a number with `+` as its country's plan reads it; by its form alone for an unknown country code."""
    if E164(digits):
        usual = usual_numbers.international(digits)
        if usual is not None and _is_stable(usual):
            return _International(usual, possible=True, valid=True)
        if not _known(digits):
            return _International(digits, possible=True, valid=False)
    number = _parse(digits, None)
    return _NOT_A_NUMBER if number is None else _normalised(number)


def _known(digits: str) -> bool:
    """Return whether the number starts with a known country code."""
    return any(digits[1:end] in CHANGED for end in (2, 3, 4))


def _parse(digits: str, region: str | None) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(digits, region, keep_raw_input=True)
    except NumberParseException:
        return None


def _normalised(number: PhoneNumber) -> _International | OmitField:
    """Return the number without surplus digits between country code and national number.

    Parsing removes the plan's trunk prefix; people also write one where the plan has none, or had another.
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
    if not E164(written) or not _stays(written):
        return _NOT_A_NUMBER
    return _International(written, phonenumbers.is_possible_number_with_reason(number) == _POSSIBLE, valid)


def _without_trunk_prefix(code: int | None, national: str) -> str | None:
    """Return the valid number that remains without a present or former trunk prefix; None where none does."""
    region = phonenumbers.region_code_for_country_code(code or 0)
    for prefix in ("0", phonenumbers.ndd_prefix_for_region(region, True) or "0", _FORMER.get(code, "0")):
        shorter = _parse(f"+{code}{national.removeprefix(prefix)}", None) if national.startswith(prefix) else None
        if shorter is not None and phonenumbers.is_valid_number(shorter):
            return _written(shorter)
    return None


def _stays(written: str) -> bool:
    """Return whether reading the number again gives the same number."""
    if _is_stable(written):
        return True
    again = _parse(written, None)
    return again is not None and _written(again) == written


def _written(number: PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _changed_at() -> dict[str, str]:
    """Return a number's first three digits → fourth digits with which parsing may change it; {} for other versions."""
    if phonenumbers.__version__ != VERSION:
        return {}
    table: dict[str, str] = {}
    for code, national in CHANGED.items():
        beginnings = [code + start for start in national.split()]
        for rest in range(10 ** (3 - len(code))):
            three = code + (str(rest).zfill(3 - len(code)) if len(code) < 3 else "")
            table[three] = "".join(
                digit
                for digit in DIGITS
                if any((three + digit).startswith(start) or start.startswith(three + digit) for start in beginnings)
            )
    return table


CHANGED_AT: Final = _changed_at()
"""A number's first three digits → the fourth digits with which parsing may change it."""
