"""Compile the operator of a condition to a function of the value: any JSON value, None for an absent one.

Text compares without case and without the white space around it. Of a list, one entry is enough; the negative
operators hold where there is an entry and no entry is such a value. Nothing but `exists: false` holds where there is
none.
"""

import operator
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
_Scalar: TypeAlias = str | int | float
"""Text that is not blank, a number or a truth value."""
_OfScalar: TypeAlias = Callable[[_Scalar], bool]

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
    positive = _OPERATORS[NEGATIVE.get(condition.operator, condition.operator)](condition)
    if condition.operator in NEGATIVE:
        return lambda value: bool(entries := _entries(value)) and not _any(positive, entries)

    def found(value: object) -> bool:
        if type(value) is float or type(value) is int:
            return positive(value)
        return value is not None and _any(positive, _entries(value))

    return found


def _any(positive: _OfScalar, entries: list[_Scalar | None]) -> bool:
    return any(entry is not None and positive(entry) for entry in entries)


def _entries(value: object) -> list[_Scalar | None]:
    """Return what is present in a value; None stands for an object, which nothing compares with."""
    entries: list[_Scalar | None] = []
    for entry in value if type(value) is list else (value,):
        if isinstance(entry, str | int | float):
            if not is_blank(entry):
                entries.append(entry)
        elif entry is not None and entry not in ({}, []):
            entries.append(None)
    return entries


def _text(value: _Scalar) -> str:
    """Return the text of a value as the mapping reads it."""
    found = text(value)
    return found if isinstance(found, str) else ""


def _one_of(condition: Condition) -> _OfScalar:
    same = _SAME.get(holds(condition.subject, condition.name), _plain)
    equal = {same(written) for written in condition.values}
    if same is _plain:
        equal |= {found for written in condition.values if (found := written_number(written.strip())) is not None}
    return lambda value: same(value) in equal


def _contains(condition: Condition) -> _OfScalar:
    part = fold(condition.values[0])
    return lambda value: part in fold(_text(value))


def _starts_with(condition: Condition) -> _OfScalar:
    start = fold(condition.values[0])
    return lambda value: fold(_text(value)).startswith(start)


def _matches(condition: Condition) -> _OfScalar:
    is_found_in = compile_pattern(condition.values[0])
    return lambda value: is_found_in(_text(value).strip())


def _compares(condition: Condition) -> _OfScalar:
    read: Callable[[_Scalar], Any] = _number
    if holds(condition.subject, condition.name) == "version":
        read = _version
    bound, compare = read(condition.values[0]), _COMPARE[condition.operator]
    return lambda value: (found := read(value)) is not None and compare(found, bound)


_COMPARE: Final[dict[str, Callable[[Any, Any], bool]]] = {"greater": operator.gt, "less": operator.lt}


def _number(value: _Scalar) -> int | float | None:
    if type(value) is float:
        return value
    found = number(value.strip() if isinstance(value, str) else value)
    return found if isinstance(found, int | float) else None


def _plain(value: _Scalar) -> _Scalar:
    """Return a value that is equal for equal values: numbers are no text, `40` is 40.0 and is not `"40"`."""
    return value if type(value) is int or type(value) is float else fold(_text(value))


def _same_number(value: _Scalar) -> int | float | str:
    """Return a value that is equal for equal numbers: the number, or the text where it is no number."""
    found = _number(value)
    return fold(_text(value)) if found is None else found


def _version(value: _Scalar) -> tuple[int, ...] | None:
    """Return the parts of a version, without zeros at its end; None for text that does not begin with a number.

    What follows the numbers, such as `-beta` or `+5`, does not count.
    """
    begins = _VERSION.match(_text(value).strip())
    if begins is None:
        return None
    parts = begins[0].split(".")
    if any(len(part) > _MOST_DIGITS for part in parts):
        return None
    while len(parts) > 1 and not parts[-1].strip("0"):
        parts.pop()
    return tuple(map(int, parts))


def _same_version(value: _Scalar) -> str | tuple[int, ...]:
    """Return a value that is equal for equal versions: the parts if they are all numbers, else the text."""
    written = fold(_text(value))
    parts = _version(written) if _VERSION.fullmatch(written) else None
    return written if parts is None else parts


_SAME: Final[dict[str, Callable[[_Scalar], object]]] = {"version": _same_version, "number": _same_number}
_OPERATORS: Final[dict[str, Callable[[Condition], _OfScalar]]] = {
    "is": _one_of,
    "in": _one_of,
    "contains": _contains,
    "starts_with": _starts_with,
    "matches": _matches,
    "greater": _compares,
    "less": _compares,
}
