"""Build an event's `properties` with its products; rows P1–P8 are those of a native event."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from config.model import Connection
from config.routes import Route
from mapping.compile.functions import Fill, compile_filler, compile_maker
from mapping.compile.steps import Failure, ObjectSteps, Step, is_sent, steps_by_object
from mapping.fields.money import NATIVE_MONEY, Money, notes_on_money
from mapping.incoming.event import Incoming, Product
from mapping.results import Note
from mapping.sources import Scope
from mapping.tables import BRAND, COMMERCE, CONTENT_IDS, CONTENT_TYPE, NUM_ITEMS, OF_ATTRIBUTES, ORDER_ID, Row
from mapping.wire import Document, path_of, place_of, shape_of

CONTENTS = ("properties", "contents[]")


BESIDE = (ORDER_ID, *OF_ATTRIBUTES)
"""The rows of `properties` that native and mapped events alike have, where a setting asks for them."""


class Item(msgspec.Struct, frozen=True):
    """One of an event's items: its TikTok event, and the function that fills its `properties`."""

    tiktok_event: str
    fill: Fill
    key: str
    """The key of the item (`mapping/items.py`)."""
    part: Incoming | None = None
    """The event as this item reads it, where it reads only a part (`mapping/properties/parts.py`)."""


class Properties(NamedTuple):
    """The parts of `properties`.

    `of_event` fills its own fields from the event, `of_contents` each content from the event, `of_product` a content
    from its product or promotion. `parts_of` returns those that become contents, and `name` is their incoming name.
    """

    of_event: tuple[ObjectSteps, ...]
    of_contents: tuple[Step, ...]
    of_product: tuple[Step, ...]
    parts_of: Callable[[Incoming], Sequence[Any]]
    money: Money
    name: str = "products"


def native_properties(connection: Connection, route: Route) -> Fill:
    """Return the function that fills the `properties` of native events on this connection's route."""
    of_event = objects_of((*COMMERCE, *BESIDE), connection, route)
    of_product = product_steps((*COMMERCE, BRAND), connection, route)
    return compile_properties(Properties(of_event, (), of_product, products_of, NATIVE_MONEY), connection, route)


def products_of(incoming: Incoming) -> Sequence[Product | None]:
    """Return the products of the event's product action."""
    return incoming.product_action.products or ()


def compile_properties(properties: Properties, connection: Connection, route: Route) -> Fill:
    """Return the function that fills `properties`; contents add the content type (P8), ids (X5) and number (A12)."""
    within, key = place_of(path_of(CONTENT_TYPE, shape_of(route)) or "")
    is_typed = is_sent(CONTENT_TYPE.track, connection)
    content_type = {key: getattr(connection, CONTENT_TYPE.source.name)} if is_typed else {}
    of_each, of_all = (content_type, {}) if within == CONTENTS else ({}, content_type)
    of_event, of_contents, of_product, parts_of, money, name = properties
    fill_own = compile_filler(of_event)
    keys = {step.key for step in (*of_contents, *of_product)}
    collected, summed = (
        _steps((row,), Scope.CONTENTS, connection, route) if row.source.name in keys else ()
        for row in (CONTENT_IDS, NUM_ITEMS)
    )
    ids_key = place_of(CONTENT_IDS.track or "").key
    collects = CONTENT_IDS.source.name if collected else None
    make_contents = compile_maker(of_contents, of_product, name, of_each, collects)
    fill_summed = compile_filler([ObjectSteps((), summed)]) if summed else None

    def fill(incoming: Incoming, document: Document, notes: list[Note]) -> Failure | None:
        made: Document = {}
        failure = fill_own(incoming, made, notes)
        if failure is not None:
            return failure
        ids: dict[str, None] = {}
        contents = make_contents(incoming, parts_of(incoming), notes, ids)
        if type(contents) is Failure:
            return contents
        if contents:
            made["contents"] = contents
            made.update(of_all)
            if ids:
                made[ids_key] = [*ids]
            if fill_summed is not None:
                fill_summed(contents, made, notes)
        if "currency" not in made or (contents and "value" not in made):
            notes.extend(notes_on_money(made, incoming, money))
        if made:
            document["properties"] = made
        return None

    return fill


def objects_of(rows: tuple[Row, ...], connection: Connection, route: Route) -> tuple[ObjectSteps, ...]:
    """Return the steps of the rows that read from the event, by the object inside `properties` that they fill."""
    objects = steps_by_object(rows, Scope.EVENT, route.name, shape_of(route), connection)
    return tuple(ObjectSteps(within[1:], steps) for within, steps in objects)


def product_steps(rows: tuple[Row, ...], connection: Connection, route: Route) -> tuple[Step, ...]:
    """Return the steps of the rows that read from each product."""
    return _steps(rows, Scope.PRODUCT, connection, route)


def _steps(rows: tuple[Row, ...], scope: Scope, connection: Connection, route: Route) -> tuple[Step, ...]:
    """Return the steps of these rows that read from `scope`; their fields all belong to one object."""
    objects = steps_by_object(rows, scope, route.name, shape_of(route), connection)
    return tuple(step for object_steps in objects for step in object_steps.steps)
