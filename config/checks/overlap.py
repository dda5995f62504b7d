"""Tell whether one event can be taken by two custom mappings."""

from config.model import Match
from config.vocabulary import PRODUCT_ACTIONS

_ACTION_OF_NAME = {f"ecommerce - {action.replace('_', '')}": action for action in PRODUCT_ACTIONS}


def may_both_take(one: Match, other: Match) -> bool:
    """Return False where no event can satisfy both matches."""
    if any(_differ(getattr(one, key), getattr(other, key)) for key in ("name", "custom_event_type")):
        return False
    if _differ(_type_of(one), _type_of(other)) or _differ(_action_of(one), _action_of(other)):
        return False
    shared = one.attributes.keys() & other.attributes.keys()
    return all(one.attributes[name] & other.attributes[name] for name in shared)


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and one != other


def _type_of(match: Match) -> str | None:
    return match.event_type or (None if match.action is None else "commerce_event")


def _action_of(match: Match) -> str | None:
    return match.action or _ACTION_OF_NAME.get(match.name or "")
