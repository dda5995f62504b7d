"""An mParticle event's JSON as types, as far as the mapping reads it.

Leaves are `object`: senders write numbers as text and ids as numbers, so each field's rule judges its own value
(mparticle-input.md §2). Only the nesting is typed; null means absent everywhere.
"""

from typing import Any

import msgspec

from config.vocabulary import PRODUCT_ACTION_ALIASES, PRODUCT_ACTIONS
from mapping.values import text

Leaf = Any  # whatever JSON holds: a value of any type must decode


class Flags(msgspec.Struct, rename={"url": "TikTok.URL", "referrer": "TikTok.Referrer", "callback": "TikTok.Callback"}):
    """`custom_flags` of an event."""

    url: Leaf = None
    referrer: Leaf = None
    callback: Leaf = None


class Product(msgspec.Struct):
    """One of a product action's `products`."""

    id: Leaf = None
    name: Leaf = None
    brand: Leaf = None
    category: Leaf = None
    variant: Leaf = None
    position: Leaf = None
    price: Leaf = None
    quantity: Leaf = None
    coupon_code: Leaf = None


class ProductAction(msgspec.Struct):
    """What was done to which products."""

    action: Leaf = None
    total_amount: Leaf = None
    tax_amount: Leaf = None
    shipping_amount: Leaf = None
    transaction_id: Leaf = None
    coupon_code: Leaf = None
    affiliation: Leaf = None
    products: list[Product | None] | None = None


class Data(msgspec.Struct):
    """An event's `data`; `custom_attributes` stays JSON until a custom mapping asks for one of them."""

    source_message_id: Leaf = None
    event_id: Leaf = None
    timestamp_unixtime_ms: Leaf = None
    event_name: Leaf = None
    screen_name: Leaf = None
    custom_event_type: Leaf = None
    currency_code: Leaf = None
    custom_flags: Flags | None = None
    product_action: ProductAction | None = None
    custom_attributes: msgspec.Raw = msgspec.Raw(b"null")


class Event(msgspec.Struct):
    """One element of a batch's `events`."""

    event_type: Leaf = None
    data: Data | None = None


# What mParticle calls commerce events where it names them, as `eCommerce - Purchase`.
COMMERCE_NAMES = {
    action: f"ecommerce - {'removefromwishlist' if action == 'remove_from_wish_list' else action.replace('_', '')}"
    for action in PRODUCT_ACTIONS
}

NO_FLAGS = Flags()
NO_ACTION = ProductAction()
NO_DATA = Data()

_decode = msgspec.json.Decoder(Event).decode
_decode_attributes = msgspec.json.Decoder(dict[str, Leaf] | None).decode

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises on JSON that is not of the type asked for, not JSON, or nested too deeply."""


class Incoming:
    """One event as the rows read it, with what its batch and the relay add to it."""

    __slots__ = ("data", "event_id", "event_type", "flags", "product_action", "received_ms")

    def __init__(self, event: Event, minted_id: str | None, received_ms: int) -> None:
        data = event.data or NO_DATA
        self.event_type = word(event.event_type)
        self.data = data
        self.flags = data.custom_flags or NO_FLAGS
        self.product_action = data.product_action or NO_ACTION
        self.event_id = own_id(data.source_message_id, data.event_id) or minted_id
        self.received_ms = received_ms

    @property
    def action(self) -> str:
        """The product action in lower case, "" when there is none."""
        return action_name(self.product_action.action)

    @property
    def names(self) -> tuple[str, ...]:
        """The names a custom mapping may know it by, in lower case."""
        return names_of(self.action, self.data.event_name, self.data.screen_name)

    @property
    def custom_event_type(self) -> str:
        """`custom_event_type` in lower case."""
        return word(self.data.custom_event_type)

    def attributes(self) -> dict[str, Leaf]:
        """`custom_attributes`, decoded anew at each call; empty when they are not an object."""
        try:
            return _decode_attributes(self.data.custom_attributes) or {}
        except UNREADABLE:
            return {}


def read_event(raw: bytes, minted_id: str | None, received_ms: int) -> Incoming:
    """`raw` as an event; raises one of UNREADABLE."""
    return Incoming(_decode(raw), minted_id, received_ms)


def word(value: Leaf) -> str:
    """An enumerated word without regard to case, "" when there is none: Java writes them in capitals."""
    return value.strip().casefold() if isinstance(value, str) else ""


def action_name(value: Leaf) -> str:
    """A product action, in the one spelling of the two that clients use."""
    action = word(value)
    return PRODUCT_ACTION_ALIASES.get(action, action)


def names_of(action: str, event_name: Leaf, screen_name: Leaf) -> tuple[str, ...]:
    """The names a custom mapping may know an event by (M1), in lower case."""
    names = (COMMERCE_NAMES.get(action, ""), word(event_name), word(screen_name))
    return tuple(name for name in names if name)


def own_id(source_message_id: Leaf, event_id: Leaf) -> str | None:
    """The id that the sender gave an event (E2), as text and exact however long."""
    for value in (source_message_id, event_id):
        identifier = None if isinstance(value, bool) else text(value)
        if isinstance(identifier, str):
            return identifier
    return None
