"""`properties` of a native event: the rows P1–P8, products included."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from config.model import Connection
from mapping.compiled import Fill, filler, maker
from mapping.incoming import Incoming
from mapping.results import Note
from mapping.routes import Route
from mapping.rows import COMMERCE, CONTENT_IDS, CONTENT_TYPE, ORDER_ID, Row
from mapping.sources import Scope
from mapping.steps import Failure, Group, Step, groups_of
from mapping.wire import Document, path_of, place_of, shape_of

Furnish: TypeAlias = Callable[[Document, list[Document]], None]
"""Puts contents, and what goes with them, into `properties`."""

CONTENTS = ("properties", "contents[]")


class Item(NamedTuple):
    """One thing an event becomes: a TikTok event, and what gives it its `properties`."""

    tiktok_event: str
    fill: Fill


def native_properties(connection: Connection, route: Route) -> Fill:
    """What gives native events their `properties` on this connection's route."""
    of_event = filler([Group((), _steps((*COMMERCE, ORDER_ID), Scope.EVENT, connection, route))])
    of_products = maker(_steps(COMMERCE, Scope.PRODUCT, connection, route), "products")
    furnish = contents_furnisher(connection, route)

    def fill(incoming: Incoming, document: Document, notes: list[Note]) -> Failure | None:
        properties: Document = {}
        failure = of_event(incoming, properties, notes)
        if failure is not None:
            return failure
        contents = of_products(incoming.product_action.products or (), {}, notes)
        if type(contents) is Failure:
            return contents
        furnish(properties, contents)
        if properties:
            document["properties"] = properties
        return None

    return fill


def contents_furnisher(connection: Connection, route: Route) -> Furnish:
    """What adds contents to `properties` with the content type in its place (P8), and their ids (X5)."""
    within, key = place_of(path_of(CONTENT_TYPE, shape_of(route)) or "")
    content_type = getattr(connection, CONTENT_TYPE.source.name)
    steps = _steps((CONTENT_IDS,), Scope.CONTENTS, connection, route)
    of_contents = filler([Group((), steps)]) if steps else None

    def furnish(properties: Document, contents: list[Document]) -> None:
        if not contents:
            return
        properties["contents"] = contents
        for holder in contents if within == CONTENTS else (properties,):
            holder[key] = content_type
        if of_contents is not None:
            of_contents(contents, properties, [])  # makes no notes: what a list holds was judged before

    return furnish


def _steps(rows: tuple[Row, ...], scope: Scope, connection: Connection, route: Route) -> tuple[Step, ...]:
    """The steps of these rows that read from `scope`, whose fields all stand in one object."""
    groups = groups_of(rows, scope, route.name, shape_of(route), connection)
    return tuple(step for group in groups for step in group.steps)
