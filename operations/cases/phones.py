"""Make up phone numbers: valid ones of the same country, written in the same way."""

from collections.abc import Iterator
from typing import Any, Final

import phonenumbers

from mapping.values import text

_ELSEWHERE: Final = "US"
_STEPS: Final = 1000


def example_phones(n: int, old: Any, default_region: str | None) -> Iterator[Any]:
    """Yield the n-th made-up number of the country of `old` in each form; last, a text that is no number."""
    number = _example(_region_of(text(old), default_region), n)
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    national = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    if isinstance(old, int | float):
        yield int(e164)
    yield from (e164, e164.removeprefix("+"), national, "".join(filter(str.isdigit, national)), "phone")


def _region_of(written: object, default_region: str | None) -> str:
    if not isinstance(written, str):
        return default_region or _ELSEWHERE
    plain = written.strip()
    for candidate in (plain, f"+{plain.removeprefix('00')}"):
        try:
            parsed = phonenumbers.parse(candidate, default_region)
        except phonenumbers.NumberParseException:
            continue
        region = phonenumbers.region_code_for_number(parsed)
        if region:
            return str(region)
    return default_region or _ELSEWHERE


def _example(region: str, n: int) -> phonenumbers.PhoneNumber:
    kinds = (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE)
    examples = [
        phonenumbers.example_number_for_type(kind_region, kind)
        for kind_region in (region, _ELSEWHERE)
        for kind in kinds
    ]
    example = next(found for found in examples if found is not None)
    for step in range(n, n + _STEPS):
        moved = phonenumbers.PhoneNumber()
        moved.merge_from(example)
        moved.national_number = (example.national_number or 0) + step
        if phonenumbers.is_valid_number(moved):
            return moved
    return example
