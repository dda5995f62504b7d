"""Turn a parameter's `transform` into a rule: the steps change the value, then the parameter's own rule judges it.

A step on a list works on each entry, except `first` and `join`.
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final, TypeAlias

from config.model import Transform
from mapping.fields.rules import Rule
from mapping.results import OUTCOMES
from mapping.values import first, number, text

Change: TypeAlias = Callable[[Any], Any]
"""Takes a JSON value that is no list, and returns the changed value, or an outcome that ends the work on it."""

_DIGITS: Final = 40
_EXACT: Final = Context(prec=_DIGITS, rounding=ROUND_HALF_UP)
"""Enough digits for each number that `number` returns, times each factor that a file may have."""


def transformed(transforms: Sequence[Transform], rule: Rule, *, whole: bool = False) -> Rule:
    """Return `rule` for values that go through the transforms first; `rule` itself where there are none.

    A list that is left gives its first entry, unless the `whole` of it is wanted.
    """
    if not transforms:
        return rule
    steps = [_step_of(transform) for transform in transforms]

    def apply(value: object) -> object:
        for step in steps:
            value = step(value)
            if type(value) in OUTCOMES:
                return value
        value = value if whole else first(value)
        return None if value is None else rule(value)

    return apply


def _step_of(transform: Transform) -> Change:
    argument = transform.argument or ""
    match transform.name:
        case "lower":
            return _on_each(_on_text(str.lower))
        case "trim":
            return _on_each(_on_text(str.strip))
        case "split":
            return _flat(_on_text(lambda value: value.split(argument)))
        case "first":
            return first
        case "join":
            return lambda value: _joined(value, argument) if type(value) is list else text(value)
        case "multiply":
            factor = Decimal(argument)
            return _on_each(_on_number(lambda value: _EXACT.multiply(value, factor)))
        case "round":
            unit = Decimal(1).scaleb(-int(argument))
            return _on_each(_on_number(lambda value: _rounded(value, unit)))


def _on_text(change: Callable[[str], Any]) -> Change:
    def apply(value: Any) -> Any:
        plain = text(value)
        return change(plain) if isinstance(plain, str) else plain

    return apply


def _on_number(change: Callable[[Decimal], Decimal]) -> Change:
    """Return a change of numbers in decimal, so that 1999 times 0.01 is 19.99 and no neighbour of it."""

    def apply(value: Any) -> Any:
        plain = number(value)
        if not isinstance(plain, int | float):
            return plain
        changed = change(Decimal(repr(plain)))
        return int(changed) if changed == changed.to_integral_value() else float(changed)

    return apply


def _rounded(value: Decimal, unit: Decimal) -> Decimal:
    """Round half away from zero, as money is rounded; a number too large to have such digits is whole already."""
    return value if value.adjusted() > _DIGITS - 12 else value.quantize(unit, context=_EXACT)


def _on_each(change: Change) -> Change:
    """Return the change for a value, or for each plain entry of a list; an entry's outcome is that of the list."""

    def apply(value: Any) -> Any:
        if type(value) is not list:
            return change(value)
        changed = [change(entry) for entry in value if not isinstance(entry, list | dict)]
        return next((entry for entry in changed if type(entry) in OUTCOMES), changed)

    return apply


def _flat(change: Change) -> Change:
    """Return the change as one list, also of a list."""
    of_each = _on_each(change)

    def apply(value: Any) -> Any:
        changed = of_each(value)
        if type(value) is not list or type(changed) is not list:
            return changed
        return [entry for entries in changed for entry in entries or ()]

    return apply


def _joined(entries: Iterable[Any], separator: str) -> str:
    """Return the entries as one text; blank ones and those that are no plain values are omitted."""
    plain = (text(entry) for entry in entries)
    return separator.join(entry for entry in plain if isinstance(entry, str))
