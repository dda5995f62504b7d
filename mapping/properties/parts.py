"""Choose the products that a custom mapping reads, and divide an event into items: one of each product.

An item reads the event with the other products taken out of their places, so that names in notes stay right. With
`for_each`, each item has one product, and an event id of its own.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple, TypeAlias

from msgspec.structs import replace

from config.model import CustomMapping, ForEach, Products, Take
from mapping.compile.steps import Failure
from mapping.conditions.compile import compile_for_products
from mapping.incoming.event import Incoming, Product
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

_Chosen: TypeAlias = Callable[[Product], bool]


class Parts(NamedTuple):
    """A mapping's choice of products: whether each is chosen, which one of the chosen, and whether each is an item."""

    chooses: _Chosen
    take: Take | None
    for_each: ForEach | None

    def items_of(self, item: Item, incoming: Incoming) -> Iterator[Item]:
        """Yield the items of an event; none where no product is chosen, one that is refused where too many are."""
        products = self._chosen(incoming.product_action.products or ())
        places = [place for place, product in enumerate(products) if product is not None]
        if not places:
            return
        if self.for_each is None:
            yield item._replace(part=_with_products(incoming, products))
        elif len(places) > MOST_PARTS:
            yield item._replace(fill=_refuse)
        else:
            for place in places:
                part = _with_products(incoming, [*[None] * place, products[place]])
                part.event_id = part_id(incoming.event_id, place)
                yield item._replace(key=part_key(item.key, place), part=part)

    def _chosen(self, products: Sequence[Product | None]) -> list[Product | None]:
        chosen = [product if product is not None and self.chooses(product) else None for product in products]
        if self.take is None:
            return chosen
        places = [place for place, product in enumerate(chosen) if product is not None]
        taken = places[:1] if self.take == "first" else places[-1:]
        return [product if place in taken else None for place, product in enumerate(chosen)]


def compile_parts(mapping: CustomMapping) -> Parts | None:
    """Return the mapping's choice of products; None for one that reads all of them as one item."""
    if mapping.products is None and mapping.for_each is None:
        return None
    products = mapping.products or Products()
    wanted = [compile_for_products(condition) for condition in products.only_if]
    unwanted = [compile_for_products(condition) for condition in products.never_if]

    def chooses(product: Product) -> bool:
        return all(holds(product) for holds in wanted) and not any(holds(product) for holds in unwanted)

    return Parts(chooses, products.take, mapping.for_each)


def part_id(event_id: str | None, place: int) -> str | None:
    """Return the event id of the product at a place; the same each time the event is mapped."""
    return None if event_id is None else f"{event_id}-{place}"


def _with_products(incoming: Incoming, products: list[Product | None]) -> Incoming:
    return replace(incoming, product_action=replace(incoming.product_action, products=products))


def _refuse(_incoming: object, _document: Document, _notes: list[Note]) -> Failure:
    return _TOO_MANY
