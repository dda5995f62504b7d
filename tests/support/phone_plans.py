"""Make `mapping/fields/phone_plans.py` from the plans of phonenumbers: what parsing an E.164 number may change.

Run `.venv/bin/python tests/support/phone_plans.py` after an update of phonenumbers.
A beginning of a national number is in the table when some continuation of it may be changed. Regular expressions
are walked symbolically, so what is not in the table is proven for every continuation, not sampled.
"""

import re._parser as regex  # type: ignore[import-not-found]
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from textwrap import fill
from typing import Any

import phonenumbers
from phonenumbers import PhoneMetadata

FILE = Path(__file__).parents[2] / "mapping" / "fields" / "phone_plans.py"
SEEN = 4
"""Digits after the plus that the table looks at: the country code and what follows it."""
FORMER = {52: ("1",)}
"""Digits that a plan once wanted after the country code, and that people still write: Mexico's 1 for mobiles."""

_TEMPLATE = '''"""What parsing may change in an E.164 number. Made by tests/support/phone_plans.py: do not edit."""

from collections.abc import Mapping
from typing import Final

VERSION: Final = "{version}"
"""The version of phonenumbers that this was made from. With another one, every number is parsed."""

# fmt: off
CHANGED: Final[Mapping[str, str]] = {{
{changed}
}}
"""Country code → the beginnings of a national number that parsing may change; all others stay as they are."""

ZEROS: Final = frozenset(
    [
        {zeros}
    ]
)
# fmt: on
"""Country codes in whose plans a national number may start with a single zero."""
'''


def can_match(pattern: str, start: str, *, something: bool) -> bool:
    """Whether `pattern` may match at the start of some digits that begin with `start`.

    `something`: an empty match does not count.
    """
    ends = set(_ends(regex.parse(pattern), {0}, start))
    return bool(ends - {0} if something else ends)


def _ends(nodes: Any, positions: set[int], text: str) -> set[int]:
    """Where a match of `nodes` from one of `positions` may end; past the end of `text` any digit may stand."""
    for node in nodes:
        positions = {end for at in positions for end in _after(node, at, text)}
        if not positions:
            break
    return positions


def _after(node: Any, at: int, text: str) -> Iterator[int]:
    kind, value = str(node[0]), node[1]
    match kind:
        case "LITERAL":
            yield from [at + 1] if at >= len(text) or ord(text[at]) == value else []
        case "IN":
            yield from [at + 1] if at >= len(text) or _within(value, text[at]) else []
        case "BRANCH":
            for branch in value[1]:
                yield from _ends(branch, {at}, text)
        case "SUBPATTERN":
            yield from _ends(value[3], {at}, text)
        case "MAX_REPEAT":
            yield from _repeated(value, at, text)
        case "AT":
            yield from [at] if at >= len(text) else []
        case _:
            raise NotImplementedError(kind)


def _repeated(value: Any, at: int, text: str) -> Iterator[int]:
    least, most, inner = value
    positions = {at}
    for count in range(min(most, 20) + 1):
        if count >= least:
            yield from positions
        positions = _ends(inner, positions, text)


def _within(choices: Any, digit: str) -> bool:
    for kind, value in choices:
        match str(kind):
            case "LITERAL" if ord(digit) == value:
                return True
            case "RANGE" if value[0] <= ord(digit) <= value[1]:
                return True
            case "CATEGORY":
                return True
            case _:
                pass
    return False


@cache
def plan_of(code: int) -> PhoneMetadata:
    """The plan that an international number with this country code is read by."""
    return PhoneMetadata.metadata_for_region_or_calling_code(code, phonenumbers.region_code_for_country_code(code))


def may_start(code: int, start: str) -> bool:
    """Whether the plan has numbers that begin so."""
    return can_match(plan_of(code).general_desc.national_number_pattern, start, something=False)


def has_zeros(code: int) -> bool:
    """Whether the plan has numbers that begin with a single zero."""
    return any(may_start(code, f"0{digit}") for digit in "123456789")


def may_change(code: int, start: str) -> bool:
    """Whether reading a national number that begins so may give another one."""
    prefix = plan_of(code).national_prefix_for_parsing
    if start.startswith(FORMER.get(code, ("-",))):
        return True
    if start.startswith("0") and not (has_zeros(code) and may_start(code, start)):
        return True
    return prefix is not None and can_match(prefix, start, something=True)


def changed(code: int) -> list[str]:
    """The shortest beginnings that may be changed."""
    length = SEEN - len(str(code))
    full = ["".join(digits) for digits in product("0123456789", repeat=length)]
    return _shortened([start for start in full if may_change(code, start)], length)


def _shortened(starts: list[str], length: int) -> list[str]:
    """Ten siblings as their parent."""
    for size in range(length, 0, -1):
        parents = {start[: size - 1] for start in starts if len(start) == size}
        for parent in parents:
            family = {f"{parent}{digit}" for digit in "0123456789"}
            if family <= set(starts):
                starts = [start for start in starts if start not in family] + [parent]
    return sorted(starts)


def text() -> str:
    """The file's content."""
    codes = sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE)
    rows = ((str(code), " ".join(changed(code))) for code in codes)
    zeros = sorted(str(code) for code in codes if has_zeros(code))
    lines, line = [], "   "
    for code, starts in rows:
        entry = f' "{code}": "{starts}",'
        if len(line) + len(entry) > 120:
            lines.append(line)
            line = "   "
        line += entry
    return _TEMPLATE.format(
        version=phonenumbers.__version__,
        changed="\n".join([*lines, line]),
        zeros="\n        ".join(fill(", ".join(f'"{zero}"' for zero in zeros) + ",", 110).splitlines()),
    )


if __name__ == "__main__":
    FILE.write_text(text())
