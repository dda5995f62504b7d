"""Find which fields of an event's product action and products a connection reads: only those are decoded."""

from collections.abc import Iterator
from typing import Final

from config.model import Condition, Connection
from mapping.compile.check import check_expression
from mapping.compile.steps import is_on
from mapping.conditions.subjects import EVENT_PATHS
from mapping.incoming.event import FieldsRead, Product, ProductAction
from mapping.properties.native import BESIDE
from mapping.properties.parameters import source_of
from mapping.sources import BoundSource, Scope
from mapping.tables import BRAND, COMMERCE, FIELDS

_ALWAYS: Final = frozenset({(ProductAction, "action"), (ProductAction, "products")})
_HOLDS_ATTRIBUTES: Final = {"attribute": "custom_attributes"}


def fields_read(connection: Connection) -> FieldsRead:
    """Return the fields that rows, custom mappings and conditions of the connection read."""
    found: set[tuple[object, str]] = set(_ALWAYS)
    for source in _sources(connection):
        found |= check_expression(source.expression, source.scope)
    for condition in _conditions(connection):
        found |= _read_by(condition)
    of_action, of_product = (
        frozenset(_HOLDS_ATTRIBUTES.get(name, name) for owner, name in found if owner is kind)
        for kind in (ProductAction, Product)
    )
    return FieldsRead(of_action, of_product)


def _sources(connection: Connection) -> Iterator[BoundSource]:
    for row in (*FIELDS, *COMMERCE, *BESIDE, BRAND):
        if is_on(row, connection):
            yield row.source.bind(connection)
    for mapping in connection.custom_mappings:
        for parameter in mapping.parameters.values():
            for of_each in (True, False):
                yield source_of(parameter, of_each=of_each)


def _conditions(connection: Connection) -> Iterator[Condition]:
    yield from (*connection.forward.only_if, *connection.forward.never_if)
    for mapping in connection.custom_mappings:
        for choice in (mapping.match, mapping.products, mapping.promotions):
            if choice is not None:
                yield from (*choice.only_if, *choice.never_if)


def _read_by(condition: Condition) -> frozenset[tuple[object, str]]:
    match condition.subject:
        case "product":
            return check_expression(f"subject.{condition.name}", Scope.PRODUCT)
        case "product_attribute":
            return frozenset({(Product, "attribute")})
        case "field":
            return check_expression(f"subject.{EVENT_PATHS[condition.name]}", Scope.EVENT)
        case _:
            return frozenset()
