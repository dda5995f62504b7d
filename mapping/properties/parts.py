"""Choose the products or promotions that a custom mapping reads, and divide an event into items: one of each.

An item reads the event with the other products taken out of their places, so that names in notes stay right. With
`for_each`, each item has one product or promotion, and an event id of its own.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

from msgspec.structs import replace

from config.model import Condition, CustomMapping, Selection, Take
from mapping.compile.functions import Fill
from mapping.compile.steps import Failure
from mapping.conditions.compile import compile_for_products, compile_for_promotions
from mapping.incoming.event import Incoming, Product, Promotion
from mapping.items import part_key
from mapping.properties.native import Item
from mapping.results import invalid

MOST_PARTS: Final = 500
"""The most products or promotions that an event may have to become an event of each."""

_Part: TypeAlias = Product | Promotion
_Chosen: TypeAlias = Callable[[Any], bool]


class Kind(NamedTuple):
    """What an event is divided into: its incoming name, how to read it, and the event with other ones."""

    name: str
    parts_of: Callable[[Incoming], Sequence[_Part | None]]
    with_parts: Callable[[Incoming, list[Any]], Incoming]
    compile_condition: Callable[[Condition], _Chosen]


class Parts(NamedTuple):
    """A mapping's choice of products or promotions: whether it chooses each, which one of them, if each is an item."""

    kind: Kind
    chooses: _Chosen
    take: Take | None
    for_each: bool

    def items_of(self, item: Item, incoming: Incoming) -> Iterator[Item]:
        """Yield the items of an event; none where nothing is chosen, one that is refused where too much is."""
        parts = self._chosen(self.kind.parts_of(incoming))
        places = [place for place, part in enumerate(parts) if part is not None]
        if not places:
            return
        if not self.for_each:
            yield replace(item, part=self.kind.with_parts(incoming, parts))
        elif len(places) > MOST_PARTS:
            yield replace(item, fill=_refusal(self.kind.name))
        else:
            for place in places:
                own = self.kind.with_parts(incoming, [*[None] * place, parts[place]])
                own.event_id = part_id(incoming.event_id, place)
                yield replace(item, key=part_key(item.key, place), part=own)

    def _chosen(self, parts: Sequence[_Part | None]) -> list[_Part | None]:
        chosen = [part if part is not None and self.chooses(part) else None for part in parts]
        if self.take is None:
            return chosen
        places = [place for place, part in enumerate(chosen) if part is not None]
        taken = places[:1] if self.take == "first" else places[-1:]
        return [part if place in taken else None for place, part in enumerate(chosen)]


def compile_parts(mapping: CustomMapping) -> Parts | None:
    """Return the mapping's choice; None for a mapping that reads everything as one item."""
    for name, kind, choice in (("product", PRODUCTS, mapping.products), ("promotion", PROMOTIONS, mapping.promotions)):
        if choice is not None or mapping.for_each == name:
            return _parts(kind, choice or Selection(), for_each=mapping.for_each is not None)
    return None


def _parts(kind: Kind, choice: Selection, *, for_each: bool) -> Parts:
    wanted, unwanted = ([*map(kind.compile_condition, conditions)] for conditions in (choice.only_if, choice.never_if))

    def chooses(part: _Part) -> bool:
        for holds in wanted:
            if not holds(part):
                return False
        return not unwanted or not any(holds(part) for holds in unwanted)

    return Parts(kind, wanted[0] if len(wanted) == 1 and not unwanted else chooses, choice.take, for_each)


def part_id(event_id: str | None, place: int) -> str | None:
    """Return the event id of the product or promotion at a place; the same each time the event is mapped."""
    return None if event_id is None else f"{event_id}-{place}"


def _products_of(incoming: Incoming) -> Sequence[Product | None]:
    return incoming.product_action.products or ()


def _with_products(incoming: Incoming, products: list[Any]) -> Incoming:
    return replace(incoming, product_action=replace(incoming.product_action, products=products))


def _promotions_of(incoming: Incoming) -> Sequence[Promotion]:
    return incoming.promotions


def _with_promotions(incoming: Incoming, promotions: list[Any]) -> Incoming:
    return replace(incoming, chosen_promotions=[promotion for promotion in promotions if promotion is not None])


PRODUCTS: Final = Kind("products", _products_of, _with_products, compile_for_products)
PROMOTIONS: Final = Kind("promotions", _promotions_of, _with_promotions, compile_for_promotions)


def _refusal(name: str) -> Fill:
    """Return the function that refuses an event of too many parts."""
    message = (
        f"are more than {MOST_PARTS}, and the custom mapping sends one TikTok event for each: "
        f"send the {name} in several events"
    )
    failure = Failure(name, invalid(message))
    return lambda _incoming, _document, _notes: failure
