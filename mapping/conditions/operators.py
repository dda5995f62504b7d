"""Compile the operator of a condition to a function of the value: any JSON value, None for an absent one.

Text compares without case and without the white space around it. Of a list, one entry is enough; the negative
operators hold where there is an entry and no entry is such a value. Nothing but `exists: false` holds where there is
none.
"""

import operator
import re
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from config.conditions.matcher import compile_pattern
from config.conditions.words import NEGATIVE, holds
from config.model import Condition
from mapping.values import number, text

Holds: TypeAlias = Callable[[Any], bool]
"""A function that returns whether a condition holds for a value, or for the object the value is read from."""
_OfText: TypeAlias = Callable[[str], bool]

_LONGEST_KNOWN: Final = 100
_MOST_KNOWN: Final = 512
"""Texts that one condition remembers, and their characters: 64 KiB at most."""
_VERSION: Final = re.compile(r"\d+(?:\.\d+)*", re.ASCII)
_MOST_DIGITS: Final = 18


class Operation(NamedTuple):
    """A compiled operator: whether it holds for a value, and for which texts that is known already."""

    holds: Holds
    known: dict[str, bool]


def compile_operator(condition: Condition) -> Operation:
    """Return the condition's operator; it remembers its results for texts, because most values come again."""
    evaluate = _evaluator(condition)
    known: dict[str, bool] = {}

    def holds(value: object) -> bool:
        if type(value) is not str:
            return evaluate(value)
        found = known.get(value)
        if found is None:
            found = evaluate(value)
            if len(value) <= _LONGEST_KNOWN:
                if len(known) >= _MOST_KNOWN:
                    known.clear()
                known[value] = found
        return found

    return Operation(holds, known)


def _evaluator(condition: Condition) -> Holds:
    if condition.operator == "exists":
        wanted = condition.values == ("true",)
        return lambda value: bool(_entries(value)) is wanted
    if condition.operator in NEGATIVE:
        equal = _one_of(condition)
        return lambda value: bool(entries := _entries(value)) and not _any(equal, entries)
    positive = _POSITIVE[condition.operator](condition)
    if condition.operator in ("greater", "less") and holds(condition.subject, condition.name) != "version":
        return _of_numbers(condition, positive)

    def found(value: object) -> bool:
        if type(value) is str:
            folded = value.strip().casefold()
            return bool(folded) and positive(folded)
        return value is not None and _any(positive, _entries(value))

    return found


def _of_numbers(condition: Condition, positive: _OfText) -> Holds:
    """Return the comparison of a number, or of what the mapping reads as one."""
    bound = _number(condition.values[0]) or 0
    compare: Callable[[Any, Any], bool] = operator.gt if condition.operator == "greater" else operator.lt

    def found(value: object) -> bool:
        if type(value) is float or type(value) is int:
            return compare(value, bound)
        if type(value) is list:
            return any(map(found, value))
        return value is not None and _any(positive, _entries(value))

    return found


def _any(positive: _OfText, entries: Sequence[str | None]) -> bool:
    return any(entry is not None and positive(entry) for entry in entries)


def _entries(value: object) -> list[str | None]:
    """Return what is present in a value as folded text; None stands for an object, which nothing compares with."""
    entries: list[str | None] = []
    for entry in value if type(value) is list else (value,):
        plain = text(entry)
        if isinstance(plain, str):
            entries.append(plain.strip().casefold())
        elif plain is not None and entry not in ({}, []):
            entries.append(None)
    return entries


def _one_of(condition: Condition) -> _OfText:
    allowed = frozenset(written.strip().casefold() for written in condition.values)
    match holds(condition.subject, condition.name):
        case "version":
            same: Callable[[str], object] = _same_version
        case "number":
            same = _same_number
        case _:
            return allowed.__contains__
    equal = frozenset(map(same, allowed))
    return lambda value: same(value) in equal


def _contains(condition: Condition) -> _OfText:
    part = condition.values[0].casefold()
    return lambda value: part in value


def _starts_with(condition: Condition) -> _OfText:
    start = condition.values[0].casefold()
    return lambda value: value.startswith(start)


def _matches(condition: Condition) -> _OfText:
    return compile_pattern(condition.values[0]).found_in


def _compares(condition: Condition) -> _OfText:
    read: Callable[[str], Any] = _number
    if holds(condition.subject, condition.name) == "version":
        read = _version
    bound = read(condition.values[0])
    if condition.operator == "greater":
        return lambda value: (found := read(value)) is not None and found > bound
    return lambda value: (found := read(value)) is not None and found < bound


def _number(written: str) -> int | float | None:
    found = number(written)
    return found if isinstance(found, int | float) else None


def _same_number(written: str) -> int | float | str:
    """Return a value that is equal for equal numbers: the number, or the text where it is no number."""
    found = _number(written)
    return written if found is None else found


def _version(written: str) -> tuple[int, ...] | None:
    """Return the parts of a version, without zeros at its end; None for text that does not begin with a number.

    What follows the numbers, such as `-beta` or `+5`, does not count.
    """
    begins = _VERSION.match(written)
    if begins is None:
        return None
    parts = begins[0].split(".")
    if any(len(part) > _MOST_DIGITS for part in parts):
        return None
    while len(parts) > 1 and not parts[-1].strip("0"):
        parts.pop()
    return tuple(map(int, parts))


def _same_version(written: str) -> str | tuple[int, ...]:
    """Return a value that is equal for equal versions: the parts if they are all numbers, else the text."""
    parts = _version(written) if _VERSION.fullmatch(written) else None
    return written if parts is None else parts


_POSITIVE: Final[dict[str, Callable[[Condition], _OfText]]] = {
    "is": _one_of,
    "in": _one_of,
    "contains": _contains,
    "starts_with": _starts_with,
    "matches": _matches,
    "greater": _compares,
    "less": _compares,
}
