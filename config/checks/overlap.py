"""Find out which events custom mappings match: every event of a product action, or one that another matches too."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from heapq import merge
from itertools import product

from config.checks.implications import exclude, implies, listed
from config.model import Condition, CustomMapping, Match, Selection
from config.vocabulary import PRODUCT_ACTIONS

_ACTION_OF_NAME = {f"ecommerce - {action.replace('_', '')}": action for action in PRODUCT_ACTIONS}


def first_overlaps(mappings: Sequence[CustomMapping]) -> Iterator[tuple[int, int]]:
    """Yield (place, place of the first before it) of mappings that may make an event twice under one name and id."""
    alike: dict[Hashable, _Placed] = {}
    for place, mapping in enumerate(mappings):
        placed = alike.setdefault((mapping.tiktok_event, mapping.is_default, mapping.for_each), _Placed())
        values = _values_of(mapping.match)
        for other in placed.candidates(values):
            if may_both_match(mappings[other], mapping):
                yield other, place
                break
        placed.add(place, values)


class _Placed:
    """Mappings by the values that they match: of a thousand with different names, none needs to be compared."""

    def __init__(self) -> None:
        self._values: dict[int, Mapping[Hashable, frozenset[object]]] = {}
        self._by_value: dict[Hashable, dict[object, list[int]]] = {}
        self._with_subject: dict[Hashable, int] = {}

    def add(self, place: int, values: Mapping[Hashable, frozenset[object]]) -> None:
        """Add a mapping by its place and the values that it matches, by subject."""
        self._values[place] = values
        for subject, wanted in values.items():
            self._with_subject[subject] = self._with_subject.get(subject, 0) + 1
            for value in wanted:
                self._by_value.setdefault(subject, {}).setdefault(value, []).append(place)

    def candidates(self, values: Mapping[Hashable, frozenset[object]]) -> Iterator[int]:
        """Yield the places of mappings that may match an event with such values, in their order."""
        if not values:
            yield from self._values
            return
        subject = min(values, key=lambda each: self._count(each, values[each]))
        found = self._by_value.get(subject, {})
        sharing = {place for value in values[subject] for place in found.get(value, ())}
        yield from merge(sorted(sharing), (place for place, others in self._values.items() if subject not in others))

    def _count(self, subject: Hashable, values: frozenset[object]) -> int:
        found = self._by_value.get(subject, {})
        sharing = sum(len(found.get(value, ())) for value in values)
        return sharing + len(self._values) - self._with_subject.get(subject, 0)


def _values_of(match: Match) -> dict[Hashable, frozenset[object]]:
    """Return the values that an event must have one of, by subject; those of `attributes` exclude each other, too."""
    values: dict[Hashable, frozenset[object]] = {name: frozenset(texts) for name, texts in match.attributes.items()}
    for condition in conditions_of(match):
        wanted = listed(condition)
        if wanted is not None:
            values[condition.subject, condition.name] = wanted
    return values


def may_both_match(first: CustomMapping, second: CustomMapping) -> bool:
    """Return False where no event can become items of both mappings under one event id."""
    if first.is_default != second.is_default or first.for_each != second.for_each:
        return False
    choices = ((first.products, second.products), (first.promotions, second.promotions))
    if first.for_each is not None and any(_choose_different_ones(*pair) for pair in choices):
        return False
    return _may_both_hold(first.match, second.match)


def _may_both_hold(first: Match, second: Match) -> bool:
    if None not in (first.name, second.name) and first.name != second.name:
        return False  # the usual case, and there are as many pairs as mappings squared
    of_first, of_second = conditions_of(first), conditions_of(second)
    if any(exclude(*pair) for pair in product(of_first, of_second)):
        return False
    if any(implies(*pair) for pair in (*product(of_first, second.never_if), *product(of_second, first.never_if))):
        return False
    shared = first.attributes.keys() & second.attributes.keys()
    return all(first.attributes[name] & second.attributes[name] for name in shared)


def conditions_of(match: Match) -> list[Condition]:
    """Return all that must hold for a match as conditions, its named keys first."""
    action = match.action or _ACTION_OF_NAME.get(match.name or "")
    named = {
        "event_type": match.event_type or ("commerce_event" if match.action is not None else None),
        "action": action,
        "event_name": match.name,
        "custom_event_type": match.custom_event_type,
    }
    of_kind = (Condition("field", name, "is", (value,)) for name, value in named.items() if value is not None)
    attributes = (Condition("attribute", name, "in", tuple(sorted(v))) for name, v in match.attributes.items())
    return [*of_kind, *attributes, *match.only_if]


def conditions_on_one_part(conditions: tuple[Condition, ...]) -> list[Condition]:
    """Return conditions for one product or promotion: a field of it has one value, as a field of an event has."""
    of_one = ("product", "promotion")
    return [replace(found, subject="field") if found.subject in of_one else found for found in conditions]


def _choose_different_ones(first: Selection | None, second: Selection | None) -> bool:
    of_first, of_second = (conditions_on_one_part(choice.only_if) if choice else [] for choice in (first, second))
    return any(exclude(*pair) for pair in product(of_first, of_second))


def matches_every(action: str, mapping: CustomMapping) -> bool:
    """Return whether the mapping matches every event of this product action."""
    match = mapping.match
    name = f"ecommerce - {action.replace('_', '')}"
    return (
        match.event_type in (None, "commerce_event")
        and match.action in (None, action)
        and match.name in (None, name)
        and match.custom_event_type is None
        and not (match.attributes or match.only_if or match.never_if)
        and mapping.products is None
        and mapping.promotions is None
        and mapping.for_each is None
    )
