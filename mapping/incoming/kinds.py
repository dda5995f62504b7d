"""The kind of an event, in the words that ingest's selection and the mapping share."""

from typing import Any, Protocol

import msgspec

from config.vocabulary import EVENT_TYPES, PRODUCT_ACTION_ALIASES, PRODUCT_ACTIONS
from mapping.incoming.shapes import holds_nothing

Leaf = Any  # any JSON value: a value of any type must decode

# mParticle's names of commerce events, such as `eCommerce - Purchase`.
COMMERCE_NAMES = {
    action: f"eCommerce - {action.title().replace('_', '').replace('WishList', 'Wishlist')}"
    for action in PRODUCT_ACTIONS
}

_PROMOTION_NAMES = {"view": "eCommerce - PromotionView", "click": "eCommerce - PromotionClick"}
_USUAL = frozenset(EVENT_TYPES)
_SPELT = {**{action: action for action in PRODUCT_ACTIONS}, **PRODUCT_ACTION_ALIASES}


class PromotionAction(msgspec.Struct, gc=False):
    """`promotion_action` of a commerce event; `promotions` stay JSON until a condition or a mapping reads them."""

    action: Leaf = None
    promotions: msgspec.Raw = msgspec.Raw(b"null")


class Names(Protocol):
    """The fields of an event's `data` that give its name."""

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
    """Return an enumerated word in lower case, "" when there is none; Java writes them in capitals."""
    if type(value) is str and value in _USUAL:
        return value
    return value.strip().casefold() if isinstance(value, str) else ""


def action_name(value: Leaf) -> str:
    """Return a product action in one spelling; clients use two."""
    if type(value) is str and value in _SPELT:
        return _SPELT[value]
    action = word(value)
    return PRODUCT_ACTION_ALIASES.get(action, action)


def name_of(event_type: str, action: str, data: Names) -> str:
    """Return the name of an event for people (M1): its own, its screen's, or one such as `eCommerce - Purchase`."""
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
    """Return `custom_event_type` in lower case; `other` for custom events without one."""
    return word(custom_event_type) or ("other" if event_type == "custom_event" else "")
