"""What an event is, as far as selecting it goes: the one vocabulary of ingest's quick look and of the mapping."""

from typing import Any, Protocol

import msgspec

from config.vocabulary import PRODUCT_ACTION_ALIASES, PRODUCT_ACTIONS
from mapping.incoming.shapes import holds_nothing

Leaf = Any  # whatever JSON holds: a value of any type must decode

# What mParticle calls commerce events where it names them, as `eCommerce - Purchase`.
COMMERCE_NAMES = {
    action: f"eCommerce - {action.title().replace('_', '').replace('WishList', 'Wishlist')}"
    for action in PRODUCT_ACTIONS
}

_PROMOTION_NAMES = {"view": "eCommerce - PromotionView", "click": "eCommerce - PromotionClick"}
_SPELT = {**{action: action for action in PRODUCT_ACTIONS}, **PRODUCT_ACTION_ALIASES}


class PromotionAction(msgspec.Struct, gc=False):
    """`promotion_action` of a commerce event, as far as its name goes."""

    action: Leaf = None


class Names(Protocol):
    """The fields of an event's `data` that name it."""

    event_name: Leaf
    screen_name: Leaf
    promotion_action: PromotionAction | None
    product_impressions: msgspec.Raw


class Kind(Protocol):
    """Words in lower case; "" where there is none."""

    @property
    def event_type(self) -> str: ...
    @property
    def action(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def custom_event_type(self) -> str: ...


def word(value: Leaf) -> str:
    """An enumerated word without regard to case, "" when there is none: Java writes them in capitals."""
    return value.strip().casefold() if isinstance(value, str) else ""


def action_name(value: Leaf) -> str:
    """A product action, in the one spelling of the two that clients use."""
    if type(value) is str and value in _SPELT:
        return _SPELT[value]
    action = word(value)
    return PRODUCT_ACTION_ALIASES.get(action, action)


def name_of(event_type: str, action: str, data: Names) -> str:
    """The name people know an event by (M1): its own, its screen's, or `eCommerce - Purchase` and the like."""
    match event_type:
        case "custom_event":
            name = data.event_name
        case "screen_view":
            name = data.screen_name
        case "commerce_event":
            name = COMMERCE_NAMES.get(action) or _name_without_product_action(data)
        case _:
            name = ""
    return name if isinstance(name, str) else ""


def _name_without_product_action(data: Names) -> Leaf:
    if data.promotion_action is not None and data.promotion_action.action is not None:
        return _PROMOTION_NAMES.get(word(data.promotion_action.action), "")
    return data.event_name if holds_nothing(data.product_impressions) else "eCommerce - Impression"


def custom_type_of(event_type: str, custom_event_type: Leaf) -> str:
    """`custom_event_type` in lower case; custom events that do not say theirs are `other`."""
    return word(custom_event_type) or ("other" if event_type == "custom_event" else "")
