"""Compile the operator of a condition to a function of the value: any JSON value, None for an absent one.

Text compares without case and without the white space around it. Of a list, one entry is enough; the negative
operators hold where there is an entry and no entry is such a value. Nothing but `exists: false` holds where there is
none.
"""

import re
from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeAlias

from config.conditions.comparison import fold, written_number
from config.conditions.patterns import compile_pattern
from config.conditions.words import NEGATIVE, holds
from config.model import Condition
from mapping.values import is_blank, number, text

Holds: TypeAlias = Callable[[Any], bool]
"""A function that returns whether a condition holds for a value, or for the object the value is read from."""
_Number: TypeAlias = int | float

_LONGEST_KNOWN: Final = 100
_MOST_KNOWN: Final = 512
"""Texts that one condition remembers, and their characters: 64 KiB at most."""
_VERSION: Final = re.compile(r"\d+(?:\.\d+)*", re.ASCII)
_MOST_DIGITS: Final = 18


class Operation(NamedTuple):
    """A compiled operator: whether it holds for a value, for a number, and for which texts that is known already."""

    holds: Holds
    of_number: Callable[[_Number], bool]
    known: dict[str, bool]


class _Test(NamedTuple):
    """Whether an operator holds for a text, which may be blank, for a number, and for any other value."""

    of_text: Callable[[str], bool]
    of_number: Callable[[_Number], bool]
    of_other: Holds


def compile_operator(condition: Condition) -> Operation:
    """Return the condition's operator; it remembers its results for texts, because most values come again."""
    of_text, of_number, of_other = _test(condition)
    known: dict[str, bool] = {}

    def holds(value: object) -> bool:
        kind = type(value)
        if kind is str:
            found = known.get(value)  # type: ignore[call-overload]  # the value is text
            return _remember(value) if found is None else found  # type: ignore[arg-type]
        return of_number(value) if kind is float or kind is int else of_other(value)  # type: ignore[arg-type]

    def _remember(value: str) -> bool:
        found = of_text(value)
        if len(value) <= _LONGEST_KNOWN:
            if len(known) >= _MOST_KNOWN:
                known.clear()
            known[value] = found
        return found

    return Operation(holds, of_number, known)


def _test(condition: Condition) -> _Test:
    if condition.operator == "exists":
        wanted = condition.values == ("true",)
        return _Test(
            lambda value: is_blank(value) is not wanted,
            lambda _value: wanted,
            lambda value: bool(_entries(value)) is wanted,
        )
    positive = _POSITIVE[NEGATIVE.get(condition.operator, condition.operator)](condition)
    of_text, of_number = positive
    if condition.operator in NEGATIVE:
        return _Test(
            lambda value: not is_blank(value) and not of_text(value),
            lambda value: not of_number(value),
            lambda value: bool(entries := _entries(value)) and not _any(positive, entries),
        )
    return _Test(of_text, of_number, lambda value: value is not None and _any(positive, _entries(value)))


class _OfScalars(NamedTuple):
    """Whether a positive operator holds for a text and for a number; it never holds for a blank text."""

    of_text: Callable[[str], bool]
    of_number: Callable[[_Number], bool]


def _any(positive: _OfScalars, entries: list[str | _Number | None]) -> bool:
    of_text, of_number = positive
    return any(of_text(entry) if isinstance(entry, str) else of_number(entry) for entry in entries if entry is not None)


def _entries(value: object) -> list[str | _Number | None]:
    """Return what is present in a value: text, also of truth values, numbers, None for an object."""
    entries: list[str | _Number | None] = []
    for entry in value if type(value) is list else (value,):
        if isinstance(entry, str):
            if not is_blank(entry):
                entries.append(entry)
        elif isinstance(entry, int | float):
            entries.append(_text(entry) if isinstance(entry, bool) else entry)
        elif entry is not None and entry not in ({}, []):
            entries.append(None)
    return entries


def _text(value: _Number) -> str:
    """Return the text of a number or a truth value as the mapping reads it."""
    return str(text(value))


def _as_text(of_text: Callable[[str], bool]) -> _OfScalars:
    """Return the operator for which numbers are their text."""
    return _OfScalars(of_text, lambda value: of_text(_text(value)))


def _one_of(condition: Condition) -> _OfScalars:
    match holds(condition.subject, condition.name):
        case "number":
            numbers = frozenset(map(_same_number, condition.values))
            return _OfScalars(lambda value: _same_number(value) in numbers, numbers.__contains__)
        case "version":
            versions = frozenset(map(_same_version, condition.values))
            return _as_text(lambda value: _same_version(value) in versions)
        case _:
            texts = frozenset(map(fold, condition.values))
            return _OfScalars(lambda value: fold(value) in texts, frozenset(map(written_number, texts)).__contains__)


def _contains(condition: Condition) -> _OfScalars:
    part = fold(condition.values[0])
    return _as_text(lambda value: part in fold(value))


def _starts_with(condition: Condition) -> _OfScalars:
    start = fold(condition.values[0])
    return _as_text(lambda value: fold(value).startswith(start))


def _matches(condition: Condition) -> _OfScalars:
    is_found_in = compile_pattern(condition.values[0])
    return _as_text(lambda value: not is_blank(value) and is_found_in(value.strip()))


def _compares(condition: Condition) -> _OfScalars:
    is_greater = condition.operator == "greater"
    if holds(condition.subject, condition.name) == "version":
        version = _version(condition.values[0]) or ()
        if is_greater:
            return _as_text(lambda value: (found := _version(value)) is not None and found > version)
        return _as_text(lambda value: (found := _version(value)) is not None and found < version)
    bound = _number(condition.values[0]) or 0
    beyond = _beyond(bound, is_greater=is_greater)
    return _OfScalars(lambda value: (found := _number(value)) is not None and beyond(found), beyond)


def _beyond(bound: _Number, *, is_greater: bool) -> Callable[[_Number], bool]:
    """Return whether a number is greater, or less, than the bound; by a method of float's where that is exact."""
    if bound == float(bound):
        return float(bound).__lt__ if is_greater else float(bound).__gt__
    return (lambda value: value > bound) if is_greater else (lambda value: value < bound)


def _number(written: str) -> _Number | None:
    found = number(written.strip())
    return found if isinstance(found, int | float) else None


def _same_number(written: str) -> _Number | str:
    """Return a value that is equal for equal numbers: the number, or the text where it is no number."""
    found = _number(written)
    return fold(written) if found is None else found


def _version(written: str) -> tuple[int, ...] | None:
    """Return the parts of a version, without zeros at its end; None for text that does not begin with a number.

    What follows the numbers, such as `-beta` or `+5`, does not count.
    """
    begins = _VERSION.match(written.strip())
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
    folded = fold(written)
    parts = _version(folded) if _VERSION.fullmatch(folded) else None
    return folded if parts is None else parts


_POSITIVE: Final[dict[str, Callable[[Condition], _OfScalars]]] = {
    "is": _one_of,
    "in": _one_of,
    "contains": _contains,
    "starts_with": _starts_with,
    "matches": _matches,
    "greater": _compares,
    "less": _compares,
}
