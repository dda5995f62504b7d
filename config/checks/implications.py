"""Compare conditions: whether one holds wherever another does, and whether two can hold for one event."""

import re
from typing import Final

from config.conditions.words import NEGATIVE, holds
from config.model import Condition

_ZEROS: Final = re.compile(r"(?<=\d)(\.0+)+$")
_SINGLE: Final = frozenset({"field", "batch", "gdpr_consent"})
"""Subjects of which an event has one value only."""


def implies(first: Condition, second: Condition) -> bool:
    """Return True where every event for which `first` holds is one for which `second` holds."""
    if not _same_subject(first, second):
        return False
    if _is_absence(first) or _is_absence(second):
        return _is_absence(first) and _is_absence(second)
    if second.operator == "exists" or first == second:
        return True
    if first.operator in NEGATIVE and second.operator in NEGATIVE:
        return _values(second) <= _values(first)
    if second.operator in NEGATIVE:
        return False  # of several values, one may be as `first` says and another as `second` denies
    if first.operator in ("is", "in"):
        return all(_holds_for(second, value) for value in _values(first))
    if first.operator in ("greater", "less") and first.operator == second.operator:
        bounds = _numbers(first), _numbers(second)
        return bounds[0] >= bounds[1] if first.operator == "greater" else bounds[0] <= bounds[1]
    if first.operator in ("contains", "starts_with"):
        return second.operator in (first.operator, "contains") and _text_holds_for(second, *_texts(first))
    return False


def exclude(first: Condition, second: Condition) -> bool:
    """Return True where no event can satisfy both."""
    if _excluded_by_kind(first, second) or _excluded_by_kind(second, first):
        return True
    if not _same_subject(first, second):
        return False
    if _is_absence(first) != _is_absence(second):
        return True
    if first.subject not in _SINGLE:
        return False
    return _values_exclude(first, second) or _values_exclude(second, first) or _bounds_exclude(first, second)


def _values_exclude(first: Condition, second: Condition) -> bool:
    """Return whether `first` lists values, and none of them satisfies `second`."""
    if first.operator not in ("is", "in") or second.operator not in ("is", "in", "is_not", "not_in"):
        return False
    return not any(_holds_for(second, value) for value in _values(first))


def _bounds_exclude(first: Condition, second: Condition) -> bool:
    bounds = {condition.operator: _numbers(condition) for condition in (first, second) if condition.operator in _BOUNDS}
    return len(bounds) == len(_BOUNDS) and bounds["greater"] >= bounds["less"]


_BOUNDS: Final = ("greater", "less")


def _excluded_by_kind(action: Condition, event_type: Condition) -> bool:
    """Return whether `action` needs a product action, and `event_type` allows no commerce event."""
    return (
        (action.subject, action.name) == ("field", "action")
        and (event_type.subject, event_type.name) == ("field", "event_type")
        and not _is_absence(action)
        and not _holds_for(event_type, "commerce_event")
    )


def _same_subject(first: Condition, second: Condition) -> bool:
    return (first.subject, first.name) == (second.subject, second.name)


def _is_absence(condition: Condition) -> bool:
    return condition.operator == "exists" and condition.values == ("false",)


def _texts(condition: Condition) -> list[str]:
    return [value.strip().casefold() for value in condition.values]


def _values(condition: Condition) -> frozenset[str]:
    """Return the values so that those that are equal as numbers or versions are equal."""
    kind = holds(condition.subject, condition.name)
    if kind == "number":
        return frozenset(str(float(text)) for text in condition.values)
    return frozenset(_ZEROS.sub("", text) if kind == "version" else text for text in _texts(condition))


def _numbers(condition: Condition) -> tuple[float, ...]:
    """Return the bound of `greater` or `less` in a form that compares: a number, or the parts of a version."""
    [bound] = condition.values
    if holds(condition.subject, condition.name) == "version":
        return tuple(map(int, bound.split(".")))
    return (float(bound),)


def _holds_for(condition: Condition, value: str) -> bool:
    """Return whether the condition certainly holds for this casefolded value; False where that is not known."""
    values = _values(condition)
    match condition.operator:
        case "is" | "in":
            return value in values
        case "is_not" | "not_in":
            return value not in values
        case "contains" | "starts_with":
            is_version = holds(condition.subject, condition.name) == "version"  # 3.2.0 is 3.2, and does not start so
            return not is_version and _text_holds_for(condition, value)
        case "exists":
            return condition.values == ("true",)
        case _:
            return False


def _text_holds_for(condition: Condition, text: str) -> bool:
    """Return whether a text contains, or starts with, what the condition says."""
    [part] = _texts(condition)
    return text.startswith(part) if condition.operator == "starts_with" else part in text
