"""Compare conditions: whether one holds wherever another does, and whether two can hold for one event."""

import re
from functools import lru_cache
from typing import Final, TypeAlias

from config.conditions.comparison import fold, written_number
from config.conditions.words import NEGATIVE, holds
from config.model import Condition
from config.vocabulary import EVENT_TYPES

_VERSION: Final = re.compile(r"\d+(?:\.\d+)*", re.ASCII)
_MOST_DIGITS: Final = 18
"""Of a part of a version; the mapping reads a longer one as text."""
SINGLE: Final = frozenset({"field", "batch", "gdpr_consent"})
"""Subjects of which an event has one value only."""
_OF_COMMERCE: Final = frozenset({"product", "product_attribute", "promotion"})


def implies(first: Condition, second: Condition) -> bool:
    """Return True where every event for which `first` holds is one for which `second` holds."""
    if not _same_subject(first, second):
        return False
    if is_absence(first) or is_absence(second):
        return is_absence(first) and is_absence(second)
    if second.operator == "exists" or first == second:
        return True
    if first.operator in NEGATIVE and second.operator in NEGATIVE:
        return values_of(second) <= values_of(first)
    if second.operator in NEGATIVE:
        return False  # of several values, one may be as `first` says and another as `second` denies
    if first.operator in ("is", "in"):
        if second.operator in ("is", "in"):
            return values_of(first) <= values_of(second)
        return all(_holds_for(second, value) for value in _forms(first))
    if first.operator in ("greater", "less") and first.operator == second.operator:
        bounds = _bound(first), _bound(second)
        return bounds[0] >= bounds[1] if first.operator == "greater" else bounds[0] <= bounds[1]
    if first.operator in ("contains", "starts_with"):
        [text] = first.values
        return second.operator in (first.operator, "contains") and _text_holds_for(second, fold(text))
    return False


def exclude(first: Condition, second: Condition) -> bool:
    """Return True where no event can satisfy both."""
    if _excluded_by_kind(first, second) or _excluded_by_kind(second, first):
        return True
    if not _same_subject(first, second):
        return False
    if is_absence(first) != is_absence(second):
        return True
    if first.subject not in SINGLE:
        return False
    return _values_exclude(first, second) or _values_exclude(second, first) or _bounds_exclude(first, second)


def _values_exclude(first: Condition, second: Condition) -> bool:
    """Return whether `first` lists values, and none of them satisfies `second`."""
    if first.operator not in ("is", "in") or not _is_certain(second):
        return False
    if second.operator in ("is", "in"):
        return values_of(first).isdisjoint(values_of(second)) and _numbers(first).isdisjoint(_numbers(second))
    return not _holds_for_any(second, _forms(first))


def _bounds_exclude(first: Condition, second: Condition) -> bool:
    bounds = {condition.operator: _bound(condition) for condition in (first, second) if condition.operator in _BOUNDS}
    return len(bounds) == len(_BOUNDS) and bounds["greater"] >= bounds["less"]


_BOUNDS: Final = ("greater", "less")


def _excluded_by_kind(first: Condition, event_type: Condition) -> bool:
    """Return whether `first` needs an event of another type than `event_type` allows."""
    types = _types_of(first)
    return (
        is_event_type(event_type) and not is_absence(first) and not any(_holds_for(event_type, each) for each in types)
    )


def _types_of(condition: Condition) -> frozenset[str]:
    """Return the types of events that have the subject of a condition."""
    if condition.subject in _OF_COMMERCE or (condition.subject, condition.name) == ("field", "action"):
        return frozenset({"commerce_event"})
    return frozenset(EVENT_TYPES)


def _same_subject(first: Condition, second: Condition) -> bool:
    return (first.subject, first.name) == (second.subject, second.name)


def is_event_type(condition: Condition) -> bool:
    """Return whether the condition is on the type of the event."""
    return (condition.subject, condition.name) == ("field", "event_type")


def is_absence(condition: Condition) -> bool:
    """Return whether the condition holds only where the subject is absent."""
    return condition.operator == "exists" and condition.values == ("false",)


def _texts(condition: Condition) -> list[str]:
    return [*map(fold, condition.values)]


_Value: TypeAlias = str | tuple[float, ...]
"""A value so that those that are equal as numbers or versions are equal: text where it is neither."""


@lru_cache(maxsize=256)
def values_of(condition: Condition) -> frozenset[_Value]:
    """Return the values of a condition; equal numbers and equal versions are one value."""
    return frozenset(_value(condition, text) for text in _texts(condition))


def listed(condition: Condition) -> frozenset[object] | None:
    """Return values of which conditions on one subject share one, unless they exclude each other; None for no list."""
    if condition.subject not in SINGLE or condition.operator not in ("is", "in"):
        return None
    return values_of(condition) | _numbers(condition)


def _numbers(condition: Condition) -> frozenset[float]:
    """Return the values that are numbers: JSON's `40` is as much `40` as `40.0`, and its text is `40`."""
    return frozenset(found for text in _texts(condition) if (found := written_number(text)) is not None)


def _forms(condition: Condition) -> frozenset[_Value]:
    """Return the values, and the text that JSON's numbers have that are equal to them."""
    if holds(condition.subject, condition.name) in ("number", "version"):
        return values_of(condition)
    return values_of(condition) | {str(int(n)) if float(n).is_integer() else repr(n) for n in _numbers(condition)}


def form_of(condition: Condition) -> str:
    """Return one of the forms of a condition that lists values, as text; always the same one."""
    return min(map(str, _forms(condition)))


def _value(condition: Condition, text: str) -> _Value:
    match holds(condition.subject, condition.name):
        case "number":
            return (float(text),)
        case "version" if _VERSION.fullmatch(text) and _is_short(text):
            return _version(text)
        case _:
            return text


def _is_short(version: str) -> bool:
    return all(len(part) <= _MOST_DIGITS for part in version.split("."))


def _version(text: str) -> tuple[float, ...]:
    """Return the parts of a version, without zeros at its end: 3.2.0 is 3.2."""
    parts: list[float] = [*map(int, text.split("."))]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    return tuple(parts)


def _bound(condition: Condition) -> tuple[float, ...]:
    """Return the bound of `greater` or `less`: a number, or the parts of a version."""
    [bound] = condition.values
    return _version(bound) if holds(condition.subject, condition.name) == "version" else (float(bound),)


def _is_certain(condition: Condition) -> bool:
    """Return whether the condition certainly does not hold for a value where `_holds_for` is False."""
    match condition.operator:
        case "contains" | "starts_with":
            return holds(condition.subject, condition.name) != "version"
        case "greater" | "less":
            return holds(condition.subject, condition.name) in ("number", "version")
        case operator:
            return operator not in ("matches", "exists")


def _holds_for_any(condition: Condition, values: frozenset[_Value]) -> bool:
    """Return whether the condition certainly holds for a value; lists of thousands are compared as sets."""
    match condition.operator:
        case "is" | "in":
            return not values.isdisjoint(values_of(condition))
        case "is_not" | "not_in":
            return not values <= values_of(condition)
        case _:
            return any(_holds_for(condition, value) for value in values)


def _holds_for(condition: Condition, value: _Value) -> bool:
    """Return whether the condition certainly holds for this value; False where that is not known."""
    match condition.operator:
        case "is" | "in":
            return value in values_of(condition)
        case "is_not" | "not_in":
            return value not in values_of(condition)
        case "contains" | "starts_with":
            is_version = holds(condition.subject, condition.name) == "version"  # 3.2.0 is 3.2, and does not start so
            return not is_version and _text_holds_for(condition, str(value))
        case "exists":
            return condition.values == ("true",)
        case "greater" | "less":
            return _is_certain(condition) and _is_beyond(condition, value)
        case _:
            return False


def _is_beyond(condition: Condition, value: _Value) -> bool:
    """Return whether a number or a version is greater, or less, than the condition's bound."""
    if isinstance(value, str):
        begins = _VERSION.match(value)
        if begins is None or not _is_short(begins[0]):
            return False
        value = _version(begins[0])
    bound = _bound(condition)
    return value > bound if condition.operator == "greater" else value < bound


def _text_holds_for(condition: Condition, text: str) -> bool:
    """Return whether a text contains, or starts with, what the condition says."""
    part = fold(condition.values[0])
    return text.startswith(part) if condition.operator == "starts_with" else part in text
