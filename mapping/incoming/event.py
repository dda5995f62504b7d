"""Decode an mParticle event, as far as the mapping reads it.

Leaves are untyped, because senders write numbers as text and ids as numbers: each field's rule checks its own value
(mparticle-input.md §2). Only the nesting is typed; null means absent everywhere.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import msgspec
from msgspec.structs import fields

from mapping.fields.placeholders import LONGEST
from mapping.incoming.batch_fields import BatchFields
from mapping.incoming.flags import CALLBACK, NO_FLAGS, REFERRER, URL, Flags, by_name
from mapping.incoming.ids import STARTS, usable_id
from mapping.incoming.kinds import Leaf, PromotionAction, action_name, custom_type_of, name_of, word
from mapping.incoming.shapes import repaired, shape_of


class Product(msgspec.Struct, gc=False):
    """One of a product action's `products`; `custom_attributes` stay JSON until a custom mapping reads one of them."""

    id: Leaf = None
    name: Leaf = None
    brand: Leaf = None
    category: Leaf = None
    variant: Leaf = None
    position: Leaf = None
    price: Leaf = None
    quantity: Leaf = None
    coupon_code: Leaf = None
    total_product_amount: Leaf = None
    custom_attributes: msgspec.Raw = msgspec.Raw(b"null")

    def attribute(self, name: str) -> Leaf:
        """Return one of `custom_attributes`; None where they are not an object."""
        return decode_attributes(self.custom_attributes).get(name)


class Promotion(msgspec.Struct, gc=False):
    """One of a promotion action's `promotions`."""

    id: Leaf = None
    name: Leaf = None
    creative: Leaf = None
    position: Leaf = None


class ProductAction(msgspec.Struct, gc=False):
    """The action on an event's products."""

    action: Leaf = None
    total_amount: Leaf = None
    tax_amount: Leaf = None
    shipping_amount: Leaf = None
    transaction_id: Leaf = None
    coupon_code: Leaf = None
    affiliation: Leaf = None
    checkout_step: Leaf = None
    checkout_options: Leaf = None
    product_action_list: Leaf = None
    product_list_source: Leaf = None
    products: list[Product | None] | None = None


class Data(msgspec.Struct, gc=False):
    """An event's `data`; `custom_attributes` stays JSON until a custom mapping reads one of them."""

    source_message_id: Leaf = None
    event_id: Leaf = None
    timestamp_unixtime_ms: Leaf = None
    event_name: Leaf = None
    screen_name: Leaf = None
    page_url: Leaf = None
    custom_event_type: Leaf = None
    currency_code: Leaf = None
    custom_flags: Flags | None = None
    product_action: ProductAction | None = None
    promotion_action: PromotionAction | None = None
    product_impressions: msgspec.Raw = msgspec.Raw(b"null")
    custom_attributes: msgspec.Raw = msgspec.Raw(b"null")


class Event(msgspec.Struct, gc=False):
    """One element of a batch's `events`."""

    event_type: Leaf = None
    data: Data | None = None


NO_ACTION = ProductAction()
NO_DATA = Data()

Decode: TypeAlias = Callable[[bytes], Event]
"""Decodes an event's JSON, as it came or repaired; raises one of UNREADABLE."""

decode_event: Decode = msgspec.json.Decoder(Event).decode
_SHAPE = shape_of(Event)
_decode_attributes = msgspec.json.Decoder(dict[str, Leaf] | None).decode
_Promotions = list[Promotion | None] | None
_decode_promotions = msgspec.json.Decoder(_Promotions).decode
_PROMOTIONS_SHAPE = shape_of(_Promotions)

UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""The errors of decoding: JSON of another type, no JSON, or JSON nested too deeply."""


def decode_attributes(raw: msgspec.Raw) -> dict[str, Leaf]:
    """Return the custom attributes; none where they are not an object."""
    try:
        return _decode_attributes(raw) or {}
    except UNREADABLE:
        return {}


def decode_promotions(raw: msgspec.Raw) -> list[Promotion]:
    """Return the promotions, read in every form that languages write; none where they are not a list of objects."""
    for text in (raw, repaired(bytes(raw), _PROMOTIONS_SHAPE)):
        try:
            return [promotion for promotion in _decode_promotions(text) or () if promotion is not None]
        except UNREADABLE:
            pass
    return []


class FieldsRead(NamedTuple):
    """The fields of a product action and of its products that a connection reads."""

    of_action: frozenset[str]
    of_product: frozenset[str]


@lru_cache(maxsize=256)
def decoder_of(read: FieldsRead) -> Decode:
    """Return a function that decodes an event without the fields that are not read: an event has many products."""
    product: Any = _narrow(Product, read.of_product, attribute=Product.attribute)
    action = _narrow(ProductAction, read.of_action, products=list[product | None] | None)
    data = _narrow(Data, frozenset(Data.__struct_fields__), product_action=action | None)
    event = _narrow(Event, frozenset(Event.__struct_fields__), data=data | None)
    return msgspec.json.Decoder(event).decode


def _narrow(kind: type[msgspec.Struct], names: frozenset[str], **others: Any) -> Any:
    """Return a type with the fields of `kind` that have these names; `others` are their types, or methods."""
    members = [
        (field.name, others.pop(field.name, field.type), field.default) for field in fields(kind) if field.name in names
    ]
    return msgspec.defstruct(kind.__name__, members, namespace=others, gc=False)


class Incoming(msgspec.Struct, gc=False):
    """One event as the rows read it, with fields of its batch and those of relay; words are in lower case."""

    shared: BatchFields
    event_type: str
    action: str
    """The product action, "" when there is none."""
    event_id: str | None
    received_ms: int
    now_ms: int
    data: Data
    flags: Flags
    """`custom_flags` under the names that the rows use."""
    product_action: ProductAction
    misnamed: Mapping[str, str] | None = None
    """Unknown flags, each with the absent flag whose name is similar."""
    attributes: dict[str, Leaf] | None = None
    """`custom_attributes`, decoded at the first use."""
    chosen_promotions: list[Promotion] | None = None
    """The promotions that a custom mapping reads, where these are not all."""

    @property
    def name(self) -> str:
        """Return mParticle's name of the event, "" when it has none."""
        return name_of(self.event_type, self.action, self.data)

    @property
    def custom_event_type(self) -> str:
        """Return `custom_event_type` in lower case."""
        return custom_type_of(self.event_type, self.data.custom_event_type)

    def attribute(self, name: str) -> Leaf:
        """Return one of `custom_attributes`; None where they are not an object."""
        return self.all_attributes().get(name)

    def all_attributes(self) -> dict[str, Leaf]:
        """Return `custom_attributes`; none where they are not an object."""
        if self.attributes is None:
            self.attributes = decode_attributes(self.data.custom_attributes)
        return self.attributes

    @property
    def products(self) -> list[Product]:
        """Return the products of the product action."""
        return [product for product in self.product_action.products or () if product is not None]

    @property
    def promotions(self) -> list[Promotion]:
        """Return the promotions of the promotion action, or those of them that were chosen."""
        if self.chosen_promotions is not None:
            return self.chosen_promotions
        action = self.data.promotion_action
        return [] if action is None else decode_promotions(action.promotions)


def read_event(
    raw: bytes,
    shared: BatchFields,
    generated_id: str | None,
    received_ms: int,
    now_ms: int,
    decode: Decode = decode_event,
) -> Incoming:
    """Return `raw` as an event of the batch of `shared`; raises one of UNREADABLE."""
    try:
        event = decode(raw)
    except msgspec.ValidationError:
        event = decode(repaired(raw, _SHAPE))
    data = event.data or NO_DATA
    action = data.product_action or NO_ACTION
    flags, misnamed = data.custom_flags or NO_FLAGS, None
    if len(flags) != (URL in flags) + (REFERRER in flags) + (CALLBACK in flags):
        flags, misnamed = by_name(flags)  # some have other names
    incoming = Incoming(
        shared,
        word(event.event_type),
        action_name(action.action),
        own_id(data.source_message_id, data.event_id) or generated_id,
        received_ms,
        now_ms,
        data,
        flags,
        action,
    )
    if misnamed:
        incoming.misnamed = misnamed
    return incoming


def own_id(source_message_id: Leaf, event_id: Leaf) -> str | None:
    """Return the id from the sender (E2), as text and exact at any length; None for a value that can be no id."""
    if type(source_message_id) is str and len(source_message_id) > LONGEST and source_message_id[0] in STARTS:
        return source_message_id  # the first test of `is_plainly_id`, without a call
    return usable_id(source_message_id) or usable_id(event_id)
