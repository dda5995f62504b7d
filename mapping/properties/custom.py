"""Custom mappings compiled: which events one takes, and what it makes of them (M1–M5)."""

from collections.abc import Sequence
from typing import NamedTuple

from config.model import Connection, CustomMapping, Match
from config.routes import Route
from config.vocabulary import EVENT_TYPES
from mapping.compile.steps import steps_by_object
from mapping.fields.money import PURCHASES, Money
from mapping.incoming.event import Incoming, Product
from mapping.incoming.kinds import Kind
from mapping.properties.native import CONTENTS, Item, Properties, compile_properties, products_of
from mapping.properties.parameters import rows_of, source_of, step_of
from mapping.sources import Scope
from mapping.tables import ORDER_ID
from mapping.values import first, text
from mapping.wire import place_of, shape_of

_NO_PRODUCT = (Product(),)  # stands for the products of an event without any: one content, of what they do not say


class CompiledMapping(NamedTuple):
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


def compile_custom(mapping: CustomMapping, key: str, connection: Connection, route: Route) -> CompiledMapping:
    """Return `mapping` for one connection's route; `key` is what its items are known by."""
    fill = compile_properties(_properties(mapping, connection, route), connection, route)
    return CompiledMapping(mapping.match, Item(mapping.tiktok_event, fill, key))


def _one(_incoming: Incoming) -> Sequence[Product]:
    """One content where no parameter reads products."""
    return _NO_PRODUCT


def _products_or_one(incoming: Incoming) -> Sequence[Product | None]:
    products = products_of(incoming)
    return products if any(products) else _NO_PRODUCT


def _properties(mapping: CustomMapping, connection: Connection, route: Route) -> Properties:
    """The parameters that the mapping lists (M2b), by where their values go and come from, and what a setting adds."""
    beside = steps_by_object((ORDER_ID,), Scope.EVENT, route.name, shape_of(route), connection)
    of_event, of_contents, of_product = [step for object_steps in beside for step in object_steps.steps], [], []
    placed = ((row, p) for name, p in mapping.parameters.items() for row in rows_of(name, connection, route))
    for row, parameter in placed:
        step = step_of(row, parameter, mapping.tiktok_event)
        if place_of(row.path).within != CONTENTS:
            of_event.append(step)
        elif parameter.source == "product":
            of_product.append(step)
        else:
            of_contents.append(step)
    products = _products_or_one if of_product else _one
    return Properties(tuple(of_event), tuple(of_contents), tuple(of_product), products, _money(mapping))


def _money(mapping: CustomMapping) -> Money:
    """The incoming names that the mapping reads money from; the parameter's own where it reads none."""
    names = {name: source_of(p).name for name, p in mapping.parameters.items()}
    return Money(names.get("currency", "currency"), names.get("value", "value"), mapping.tiktok_event in PURCHASES)
