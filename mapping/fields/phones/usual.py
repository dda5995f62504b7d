"""Read the usual forms of a phone number by its country's plan, without parsing it: a parse takes fifty times as long.

A plan is compiled from phonenumbers' own tables when a country's first number comes. What is not certainly a valid
number, or can be read in two ways, is left to phonenumbers (`mapping/fields/phones/numbers.py`).
"""

import re
from collections.abc import Callable
from functools import cache
from typing import Final, NamedTuple

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata
from phonenumbers.phonemetadata import PhoneNumberDesc

_TYPES: Final = (
    *("fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan"),
    "voicemail",
)
_Test = Callable[[str], re.Match[str] | None]


class _Plan(NamedTuple):
    """One region's plan. `dialled` matches an international prefix, `trunk` what may stand before a national number."""

    code: str
    valid: _Test
    """Matches the whole of a number that is in use in the region, and of no other region with this country code."""
    dialled: _Test
    trunk: _Test | None
    transforms: bool
    """Whether parsing may do more to a trunk prefix than to remove it."""


def national(digits: str, region: str) -> str | None:
    """Return the E.164 of digits as people of the region write them; None where only a parse can tell."""
    plan = _plan_of(region)
    if plan is None or digits.startswith(plan.code) or plan.dialled(digits):
        return None
    return _read(plan, digits)


def dials_00(digits: str, region: str) -> bool:
    """Return whether people of the region dial exactly the `00` at the start of these digits to call abroad."""
    plan = _plan_of(region)
    prefix = None if plan is None else plan.dialled(digits)
    return prefix is not None and prefix[0] == "00" and digits[2:3] != "0"


def international(digits: str) -> str | None:
    """Return the E.164 of `+` and digits; None where only a parse can tell."""
    for end in (2, 3, 4):
        plan = _main_plan(digits[1:end])
        if plan is not None:
            return _read(plan, digits[end:])
    return None


def _read(plan: _Plan, digits: str) -> str | None:
    trunk = None if plan.trunk is None else plan.trunk(digits)
    if trunk is not None:
        if plan.transforms:
            return None
        digits = digits[trunk.end() :]
    return f"+{plan.code}{digits}" if plan.valid(digits) else None


@cache
def _main_plan(code: str) -> _Plan | None:
    """Return the plan by which numbers with this country code are parsed; None for a text that is no such code."""
    regions = COUNTRY_CODE_TO_REGION_CODE.get(int(code), ()) if code.isdecimal() and code.isascii() else ()
    return _plan_of(regions[0]) if regions else None


@cache
def _plan_of(region: str) -> _Plan | None:
    """Return the plan of a region; None for one without."""
    plan = PhoneMetadata.metadata_for_region(region)
    if plan is None or plan.country_code is None or plan.general_desc is None:
        return None
    names = COUNTRY_CODE_TO_REGION_CODE[plan.country_code]
    metadata = (PhoneMetadata.metadata_for_region(name) for name in names if name != region)
    others = [other.leading_digits for other in metadata if other is not None and other.leading_digits]
    here = [f"(?={plan.leading_digits})"] if plan.leading_digits else []
    elsewhere = [f"(?!{'|'.join(others)})"] if others else []
    kinds = "|".join(_number_of(desc) for kind in _TYPES if (desc := getattr(plan, kind)) is not None)
    general = f"(?=(?:{plan.general_desc.national_number_pattern})$)"
    prefix = plan.national_prefix_for_parsing
    return _Plan(
        code=str(plan.country_code),
        valid=re.compile("".join((*here, *elsewhere, general, f"(?:{kinds})")), re.ASCII).fullmatch,
        dialled=re.compile(plan.international_prefix or "(?!)", re.ASCII).match,
        trunk=None if prefix is None else re.compile(prefix, re.ASCII).match,
        transforms=plan.national_prefix_transform_rule is not None,
    )


def _number_of(desc: PhoneNumberDesc) -> str:
    """Return a pattern for the numbers of one kind: of a possible length, and of the kind's form."""
    if desc.national_number_pattern is None:
        return "(?!)"
    lengths = "|".join(rf"\d{{{length}}}$" for length in desc.possible_length if length > 0)
    return f"(?={lengths})(?:{desc.national_number_pattern})" if lengths else f"(?:{desc.national_number_pattern})"
