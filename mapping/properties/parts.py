"""Divide an event into the parts that are items of their own: `for_each: product` makes one of each product.

A part is the event with one product, in its place among the event's products, and with an event id of its own.
"""

from collections.abc import Iterator
from typing import Final

from msgspec.structs import replace

from mapping.compile.steps import Failure
from mapping.incoming.event import Incoming
from mapping.items import part_key
from mapping.properties.native import Item
from mapping.results import Note, invalid
from mapping.wire import Document

MOST_PARTS: Final = 500
"""The most products that an event may have to become an event of each."""
_TOO_MANY: Final = Failure(
    "products",
    invalid(
        f"are more than {MOST_PARTS}, and the custom mapping sends one TikTok event for each: "
        "send the products in several events"
    ),
)


def items_of_products(item: Item, incoming: Incoming) -> Iterator[Item]:
    """Yield an item for each product; one that is refused where the event has too many, none where it has none."""
    products = incoming.product_action.products or ()
    if len(products) > MOST_PARTS:
        yield item._replace(fill=_refuse)
        return
    for position, product in enumerate(products):
        if product is not None:
            action = replace(incoming.product_action, products=[*[None] * position, product])
            event_id = part_id(incoming.event_id, position)
            part = replace(incoming, product_action=action, event_id=event_id)
            yield item._replace(key=part_key(item.key, position), part=part)


def part_id(event_id: str | None, position: int) -> str | None:
    """Return the event id of the product at a position; the same each time the event is mapped."""
    return None if event_id is None else f"{event_id}-{position}"


def _refuse(_incoming: object, _document: Document, _notes: list[Note]) -> Failure:
    return _TOO_MANY
