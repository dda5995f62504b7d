"""Find related conditions in long lists without comparing each with each: related ones share a key.

A list of a thousand rules has half a million pairs. Of these, few imply or exclude one another.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge
from typing import Final, TypeAlias

from config.checks.implications import SINGLE, exclude, form_of, implies, is_absence, is_event_type, values_of
from config.conditions.comparison import fold
from config.conditions.words import NEGATIVE
from config.model import Condition

_Key: TypeAlias = tuple[object, ...]
_Count: TypeAlias = Callable[[_Key], int]

_LISTS: Final = ("is", "in")
_TEXTS: Final = ("contains", "starts_with")
_BOUNDS: Final = {"greater": "less", "less": "greater"}


class RelatedConditions:
    """A list of conditions that finds those that are related to another condition, by their places in the list."""

    def __init__(self, conditions: Iterable[Condition]) -> None:
        self._conditions = [*conditions]
        self._lengths = {len(fold(each.values[0])) for each in self._conditions if each.operator in _TEXTS}
        denied = Counter(key for each in self._conditions if each.operator in NEGATIVE for key in _keys_of_values(each))
        self._implied = _places(self._conditions, lambda each: _keys_of_implied(each, denied.__getitem__))
        self._excluding = _places(self._conditions, _keys_of_excluding)

    def implied_by(self, condition: Condition) -> Iterator[int]:
        """Yield the places of conditions that hold wherever this one holds, in the order of the list."""
        for place in _merged(self._implied, _keys_of_implying(condition, self._lengths, self._count)):
            if implies(condition, self._conditions[place]):
                yield place

    def _count(self, key: _Key) -> int:
        return len(self._implied.get(key, ()))

    def excluding(self, condition: Condition) -> Iterator[int]:
        """Yield the places of conditions that never hold together with this one, in the order of the list."""
        for place in _merged(self._excluding, _keys_of_excluded(condition)):
            if exclude(self._conditions[place], condition):
                yield place


def first_excluding(conditions: Sequence[Condition]) -> Iterator[tuple[int, int]]:
    """Yield the places of pairs that never hold together: each condition with the first before it."""
    related = RelatedConditions(conditions)
    for place, condition in enumerate(conditions):
        first = next(related.excluding(condition), place)
        if first < place:
            yield first, place


def weaker_ones(conditions: Sequence[Condition]) -> Iterator[tuple[int, int]]:
    """Yield (place, place of another) of each condition that another implies; of equal ones the later."""
    related, found = RelatedConditions(conditions), dict[int, int]()
    for place, condition in enumerate(conditions):
        if place not in found:  # what a weaker one implies, the stronger implies too
            for other in related.implied_by(condition):
                if other > place or (other < place and not implies(conditions[other], condition)):
                    found.setdefault(other, place)
    yield from sorted(found.items())


def stronger_ones(conditions: Sequence[Condition]) -> Iterator[tuple[int, int]]:
    """Yield (place, place of another) of each condition that implies another; of equal ones the later."""
    related = RelatedConditions(conditions)
    for place, condition in enumerate(conditions):
        for other in related.implied_by(condition):
            if other < place or (other > place and not implies(conditions[other], condition)):
                yield place, other
                break


def _places(conditions: Sequence[Condition], keys_of: Callable[[Condition], Iterator[_Key]]) -> dict[_Key, list[int]]:
    places: dict[_Key, list[int]] = {}
    for place, condition in enumerate(conditions):
        for key in {*keys_of(condition)}:
            places.setdefault(key, []).append(place)
    return places


def _merged(places: dict[_Key, list[int]], keys: Iterator[_Key]) -> Iterator[int]:
    """Yield the places under these keys, each once, in their order."""
    last = -1
    for place in merge(*(places[key] for key in {*keys} if key in places)):
        if place != last:
            yield place
        last = place


def _keys_of_values(condition: Condition) -> list[_Key]:
    return [(condition.subject, condition.name, condition.operator in NEGATIVE, each) for each in values_of(condition)]


def _keys_of_implied(condition: Condition, count: _Count) -> Iterator[_Key]:
    """Yield keys of a condition so that each condition that implies it has one of them in `_keys_of_implying`.

    Where one of several keys is enough, it is the one with the least count.
    """
    subject, operator = (condition.subject, condition.name), condition.operator
    if operator in _LISTS:
        yield from _keys_of_values(condition)
    elif operator in NEGATIVE:
        yield min(_keys_of_values(condition), key=count)
    elif operator in _BOUNDS:
        yield (*subject, operator)
    elif operator in _TEXTS:
        yield (*subject, operator, fold(condition.values[0]))
    else:
        yield (*subject, operator, *condition.values)


def _keys_of_implying(condition: Condition, lengths: Iterable[int], count: _Count) -> Iterator[_Key]:
    subject, operator = (condition.subject, condition.name), condition.operator
    if not is_absence(condition):
        yield (*subject, "exists", "true")
    if operator in _LISTS:
        yield min(_keys_of_values(condition), key=count)
        yield from ((*subject, bound) for bound in _BOUNDS)
        yield from ((*subject, *part) for part in _parts(form_of(condition), _TEXTS, lengths))
    elif operator in NEGATIVE:
        yield from _keys_of_values(condition)
    elif operator in _BOUNDS:
        yield (*subject, operator)
    elif operator in _TEXTS:
        wider = _TEXTS if operator == "starts_with" else ("contains",)
        yield from ((*subject, *part) for part in _parts(fold(condition.values[0]), wider, lengths))
    else:
        yield (*subject, operator, *condition.values)


def _parts(text: str, operators: Iterable[str], lengths: Iterable[int]) -> Iterator[_Key]:
    """Yield the parts of a text that have these lengths, each with the operator that finds it."""
    for length in lengths:
        if "starts_with" in operators:
            yield "starts_with", text[:length]
        yield from (("contains", text[start : start + length]) for start in range(len(text) - length + 1))


def _keys_of_excluding(condition: Condition) -> Iterator[_Key]:
    """Yield keys of a condition so that each condition that excludes it has one of them in `_keys_of_excluded`."""
    subject, operator = (condition.subject, condition.name), condition.operator
    yield (*subject, "absent" if is_absence(condition) else "present")
    yield ("an event type",) if is_event_type(condition) else ("anything",)
    if condition.subject not in SINGLE:
        return
    if operator in _LISTS:
        yield (*subject, "list")
        yield (*subject, "one", form_of(condition))
    elif operator in NEGATIVE:
        yield from ((*subject, "not", str(value)) for value in values_of(condition))
    elif operator in _BOUNDS or operator in _TEXTS:
        yield (*subject, "text")
        yield (*subject, operator)


def _keys_of_excluded(condition: Condition) -> Iterator[_Key]:
    subject, operator = (condition.subject, condition.name), condition.operator
    yield (*subject, "present" if is_absence(condition) else "absent")
    yield ("an event type",)
    if is_event_type(condition):
        yield ("anything",)
    if condition.subject not in SINGLE:
        return
    if operator in _LISTS:
        yield from ((*subject, "list"), (*subject, "text"), (*subject, "not", form_of(condition)))
    elif operator in NEGATIVE:
        yield from ((*subject, "one", str(value)) for value in values_of(condition))
    elif operator in _BOUNDS or operator in _TEXTS:
        yield (*subject, "list")
        yield (*subject, _BOUNDS.get(operator, ""))
