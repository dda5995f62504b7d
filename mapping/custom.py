"""Custom mappings compiled: which events one takes, and what it makes of them (M1–M5)."""

from typing import NamedTuple

from config.model import Connection, CustomMapping, Match
from config.vocabulary import EVENT_TYPES
from mapping.commerce import CONTENTS, Item, contents_furnisher
from mapping.compiled import Fill, Make, filler, maker
from mapping.incoming import Incoming, Product
from mapping.kinds import Kind
from mapping.parameters import rows_of, step_of
from mapping.results import Note
from mapping.routes import Route
from mapping.rows import ORDER_ID
from mapping.sources import Scope
from mapping.steps import Failure, Group, Step, groups_of
from mapping.values import first, text
from mapping.wire import Document, place_of, shape_of

_NO_PRODUCT = Product()  # stands for the products of an event without any: one content, of what they do not say


class Custom(NamedTuple):
    """One mapping: the conditions that an event's kind can answer, those on its attributes, and the item."""

    match: Match
    item: Item

    def selects(self, kind: Kind) -> bool:
        """Whether all that is asked of the kind holds (M1, M5)."""
        match = self.match
        return (
            (kind.event_type in EVENT_TYPES if match.event_type is None else kind.event_type == match.event_type)
            and (match.action is None or kind.action == match.action)
            and (match.name is None or kind.name.strip().casefold() == match.name)
            and (match.custom_event_type is None or kind.custom_event_type == match.custom_event_type)
        )

    def holds(self, incoming: Incoming) -> bool:
        """Whether the event's attributes have the values asked for."""
        return all(_value(incoming, name) in allowed for name, allowed in self.match.attributes.items())


def _value(incoming: Incoming, name: str) -> str | None:
    value = text(first(incoming.attribute(name)))
    return value.strip().casefold() if isinstance(value, str) else None


def compile_custom(mapping: CustomMapping, connection: Connection, route: Route) -> Custom:
    """`mapping` for one connection's route."""
    return Custom(mapping.match, Item(mapping.tiktok_event, _properties(mapping, connection, route)))


def _properties(mapping: CustomMapping, connection: Connection, route: Route) -> Fill:
    """What makes `properties` from the parameters that the mapping lists (M2b), and what a setting adds."""
    event_steps, content_steps, product_steps = _split(mapping, connection, route)
    of_event, of_content = filler([Group((), event_steps)]), filler([Group((), content_steps)])
    of_products = maker(product_steps, "products") if product_steps else None
    furnish = contents_furnisher(connection, route)

    def fill(incoming: Incoming, document: Document, notes: list[Note]) -> Failure | None:
        properties: Document = {}
        content: Document = {}
        failure = of_event(incoming, properties, notes) or of_content(incoming, content, notes)
        if failure is not None:
            return failure
        contents = _contents(incoming, content, of_products, notes)
        if type(contents) is Failure:
            return contents
        furnish(properties, contents)
        if properties:
            document["properties"] = properties
        return None

    return fill


def _contents(
    incoming: Incoming, content: Document, of_products: Make | None, notes: list[Note]
) -> list[Document] | Failure:
    """A content for each product where any parameter reads products, else the one that the others make."""
    if of_products is None:
        return [content] if content else []
    products = incoming.product_action.products or ()
    if not any(products):
        products = [_NO_PRODUCT]
    return of_products(products, content, notes)


def _split(
    mapping: CustomMapping, connection: Connection, route: Route
) -> tuple[tuple[Step, ...], tuple[Step, ...], tuple[Step, ...]]:
    """The mapping's parameters by where their values go and come from: event, content, content from its product."""
    beside = groups_of((ORDER_ID,), Scope.EVENT, route.name, shape_of(route), connection)
    of_event, of_content, of_product = [step for group in beside for step in group.steps], [], []
    placed = ((row, p) for name, p in mapping.parameters.items() for row in rows_of(name, connection, route))
    for row, parameter in placed:
        step = step_of(row, parameter, mapping.tiktok_event)
        if place_of(row.path).within != CONTENTS:
            of_event.append(step)
        elif parameter.source == "product":
            of_product.append(step)
        else:
            of_content.append(step)
    return tuple(of_event), tuple(of_content), tuple(of_product)
