"""The rules of the additional fields (A, T, V), by the form that TikTok takes; what has another form is omitted."""

import re
from collections.abc import Mapping
from typing import Final, cast

from config.additional_fields import AdditionalField, Form, matches
from mapping.fields.rules import Rule
from mapping.results import OmitField
from mapping.values import descriptive, is_blank, number, quantity, text

_LANGUAGE: Final = re.compile(r"([A-Za-z]{2,3})(?:[-_]([A-Za-z]{4}))?(?:[-_]([A-Za-z]{2}|\d{3}))?", re.ASCII).fullmatch
_REGION: Final = re.compile(r"[A-Za-z]{2}|\d{3}", re.ASCII).fullmatch

_NOT_A_NUMBER: Final = OmitField("must be a number such as 19.99")
_NOT_WHOLE: Final = OmitField("must be a whole number, 0 or more")
_NOT_A_YEAR: Final = OmitField("must be a year of four digits")
_NOT_A_DATE: Final = OmitField("must be a date such as 2026-11-26 or 2026-11-26T08:30+01:00")
_NOT_A_LIST: Final = OmitField("must be a list of texts, or text with commas between its parts")
_NOT_A_RANGE: Final = OmitField("must be the lowest and the highest price, such as 10000-25000")
_NOT_A_VIN: Final = OmitField("must have at most 17 characters")
_NOT_A_LANGUAGE: Final = OmitField("must be a language and a country by their codes, such as en and US")


def _amount(value: object) -> object:
    found = number(value)
    return found if found is None or isinstance(found, int | float) else _NOT_A_NUMBER


def _whole(value: object) -> object:
    found = quantity(value)
    return found if found is None or (isinstance(found, int) and found >= 0) else _NOT_WHOLE


def _year(value: object) -> object:
    found = _whole(value)
    return found if found is None or (isinstance(found, int) and 1000 <= found <= 9999) else _NOT_A_YEAR


def _date(value: object) -> object:
    found = descriptive(value)
    if not isinstance(found, str):
        return found
    return trimmed if matches("date", trimmed := found.strip()) else _NOT_A_DATE


def _list(value: object) -> object:
    """Return the texts of a list, or the parts of a text; blank ones are omitted."""
    found = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else [value]
    texts = [text(entry) for entry in found]
    if any(not isinstance(entry, str | None) for entry in texts):
        return _NOT_A_LIST
    return [entry.strip() for entry in texts if isinstance(entry, str)] or None


def _range(value: object) -> object:
    if isinstance(value, str):
        if is_blank(value):
            return None
        parts = matches("range", value)
        value = [parts[1], parts[2]] if parts else value
    ends = [number(entry) for entry in value] if isinstance(value, list) else []
    if len(ends) != 2 or not all(isinstance(end, int | float) for end in ends):
        return _NOT_A_RANGE
    return sorted(cast("list[float]", ends))


def _vin(value: object) -> object:
    found = descriptive(value)
    if not isinstance(found, str):
        return found
    return trimmed if matches("vin", trimmed := found.strip()) else _NOT_A_VIN


def _one_of(field: AdditionalField) -> Rule:
    wrong = OmitField(f"must be {field.expected}")

    def one_of(value: object) -> object:
        found = descriptive(value)
        return (field.word(found) or wrong) if isinstance(found, str) else found

    return one_of


_RULES: Final[Mapping[Form, Rule]] = {
    "text": descriptive,
    "number": _amount,
    "whole": _whole,
    "year": _year,
    "date": _date,
    "list": _list,
    "range": _range,
    "vin": _vin,
}


def rule_of(field: AdditionalField) -> Rule:
    """Return the rule for the form of the field's value."""
    return _one_of(field) if field.form == "choice" else _RULES[field.form]


def item_count(quantities: object) -> object:
    """A12: return the sum of the quantities of all contents; one without a quantity counts once."""
    total = sum(cast("list[int | float]", quantities))
    return (int(total) if total == int(total) else _NOT_WHOLE) if total else None


def locale(language_and_country: object) -> object:
    """A1: takes the device's language and country; returns them as BCP 47 writes them, such as en-US."""
    language, country = (descriptive(part) for part in cast("tuple[object, object]", language_and_country))
    if language is None:
        return None
    parts = _LANGUAGE(language.strip()) if isinstance(language, str) else None
    if parts is None:
        return _NOT_A_LANGUAGE
    region = country.strip() if isinstance(country, str) and _REGION(country.strip()) else parts[3]
    script = parts[2].title() if parts[2] else None
    return "-".join(part for part in (parts[1].lower(), script, region and region.upper()) if part)
