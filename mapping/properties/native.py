"""`properties` of an event, products included; those of a native one are the rows P1–P8."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from config.model import Connection
from config.routes import Route
from mapping.compile.functions import Fill, compile_filler, compile_maker
from mapping.compile.steps import Failure, ObjectSteps, Step, steps_by_object
from mapping.fields.money import NATIVE_MONEY, Money, notes_on_money
from mapping.incoming.event import Incoming, Product
from mapping.results import Note
from mapping.sources import Scope
from mapping.tables import COMMERCE, CONTENT_IDS, CONTENT_TYPE, ORDER_ID, Row
from mapping.wire import Document, path_of, place_of, shape_of

CONTENTS = ("properties", "contents[]")


class Item(NamedTuple):
    """One thing an event becomes: a TikTok event, and what gives it its `properties`."""

    tiktok_event: str
    fill: Fill
    key: str
    """What the item is known by (`mapping/items.py`)."""


class Properties(NamedTuple):
    """What `properties` are made of: steps that read the event for its own fields, those that read it for each of the
    contents, those that read a product for its content, and the products that there is to be a content for.
    """

    of_event: tuple[Step, ...]
    of_contents: tuple[Step, ...]
    of_product: tuple[Step, ...]
    products_of: Callable[[Incoming], Sequence[Product | None]]
    money: Money


def native_properties(connection: Connection, route: Route) -> Fill:
    """What gives native events their `properties` on this connection's route."""
    of_event = _steps((*COMMERCE, ORDER_ID), Scope.EVENT, connection, route)
    of_product = _steps(COMMERCE, Scope.PRODUCT, connection, route)
    return compile_properties(Properties(of_event, (), of_product, products_of, NATIVE_MONEY), connection, route)


def products_of(incoming: Incoming) -> Sequence[Product | None]:
    """The products that something was done to."""
    return incoming.product_action.products or ()


def compile_properties(properties: Properties, connection: Connection, route: Route) -> Fill:
    """What makes them, with the content type in its place (P8) and the contents' ids (X5) where there are contents."""
    within, key = place_of(path_of(CONTENT_TYPE, shape_of(route)) or "")
    content_type = {key: getattr(connection, CONTENT_TYPE.source.name)}
    of_each, of_all = (content_type, {}) if within == CONTENTS else ({}, content_type)
    of_event, of_contents, of_product, parts_of, money = properties
    fill_own = compile_filler([ObjectSteps((), of_event)])
    make_contents = compile_maker(of_contents, of_product, "products", of_each)
    ids = _steps((CONTENT_IDS,), Scope.CONTENTS, connection, route)
    fill_ids = compile_filler([ObjectSteps((), ids)]) if ids else None

    def fill(incoming: Incoming, document: Document, notes: list[Note]) -> Failure | None:
        made: Document = {}
        failure = fill_own(incoming, made, notes)
        if failure is not None:
            return failure
        contents = make_contents(incoming, parts_of(incoming), notes)
        if type(contents) is Failure:
            return contents
        if contents:
            made |= {"contents": contents, **of_all}
            if fill_ids is not None:
                fill_ids(contents, made, [])  # makes no notes: what a list holds was judged before
        if "currency" not in made or (contents and "value" not in made):
            notes.extend(notes_on_money(made, incoming, money))
        if made:
            document["properties"] = made
        return None

    return fill


def _steps(rows: tuple[Row, ...], scope: Scope, connection: Connection, route: Route) -> tuple[Step, ...]:
    """The steps of these rows that read from `scope`, whose fields all stand in one object."""
    objects = steps_by_object(rows, scope, route.name, shape_of(route), connection)
    return tuple(step for object_steps in objects for step in object_steps.steps)
