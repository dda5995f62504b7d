"""Find out which events custom mappings match: every event of a product action, or one that another matches too."""

from config.model import CustomMapping, Match
from config.vocabulary import PRODUCT_ACTIONS

_ACTION_OF_NAME = {f"ecommerce - {action.replace('_', '')}": action for action in PRODUCT_ACTIONS}


def may_both_match(first: CustomMapping, second: CustomMapping) -> bool:
    """Return False where no event can become items of both mappings under one event id."""
    if first.is_default != second.is_default or first.for_each != second.for_each:
        return False
    return _may_both_hold(first.match, second.match)


def _may_both_hold(first: Match, second: Match) -> bool:
    if any(_differ(getattr(first, key), getattr(second, key)) for key in ("name", "custom_event_type")):
        return False
    if _differ(_type_of(first), _type_of(second)) or _differ(_action_of(first), _action_of(second)):
        return False
    shared = first.attributes.keys() & second.attributes.keys()
    return all(first.attributes[name] & second.attributes[name] for name in shared)


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
        and mapping.for_each is None
    )


def _differ(first: str | None, second: str | None) -> bool:
    return first is not None and second is not None and first != second


def _type_of(match: Match) -> str | None:
    return match.event_type or (None if match.action is None else "commerce_event")


def _action_of(match: Match) -> str | None:
    return match.action or _ACTION_OF_NAME.get(match.name or "")
