"""`properties` of a native event: the rows P1–P8, products included."""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from config.model import Connection
from mapping.incoming import Incoming, Product
from mapping.results import Note
from mapping.routes import Route
from mapping.rows import COMMERCE, CONTENT_IDS, CONTENT_TYPE, ORDER_ID
from mapping.sources import Scope
from mapping.steps import Failure, Step, groups_of, run
from mapping.wire import Document, path_of, place_of, shape_of

Build: TypeAlias = Callable[[Incoming, list[Note]], Document | Failure]
"""Makes the `properties` of one item of an event; notes are added to the list."""
Furnish: TypeAlias = Callable[[Document, list[Document]], None]
"""Puts contents, and what goes with them, into `properties`."""

CONTENTS = ("properties", "contents[]")


class Item(NamedTuple):
    """One thing an event becomes: a TikTok event, and what makes its `properties`."""

    tiktok_event: str
    build: Build


def native_properties(connection: Connection, route: Route) -> Build:
    """What builds `properties` of native events on this connection's route."""
    shape = shape_of(route)
    [(_, of_event)] = groups_of((*COMMERCE, ORDER_ID), Scope.EVENT, route.name, shape, connection)
    [(_, of_product)] = groups_of(COMMERCE, Scope.PRODUCT, route.name, shape, connection)
    furnish = contents_furnisher(connection, route)

    def build(incoming: Incoming, notes: list[Note]) -> Document | Failure:
        properties: Document = {}
        failure = run(of_event, incoming, properties, notes)
        if failure is not None:
            return failure
        contents = contents_of(incoming.product_action.products, of_product, {}, notes)
        if isinstance(contents, Failure):
            return contents
        furnish(properties, contents)
        return properties

    return build


def contents_of(
    products: list[Product | None] | None, steps: tuple[Step, ...], base: Document, notes: list[Note]
) -> list[Document] | Failure:
    """One content for each product, `base` and what the product adds; none for a product that says nothing."""
    contents: list[Document] = []
    for position, product in enumerate(products or ()):
        if product is None:
            continue
        content = base.copy()
        failure = run(steps, product, content, notes)
        if failure is not None:
            return failure.below(f"products[{position}]")
        if content:
            contents.append(content)
    return contents


def contents_furnisher(connection: Connection, route: Route) -> Furnish:
    """What adds contents to `properties` with the content type in its place (P8), and their ids (X5)."""
    within, key = place_of(path_of(CONTENT_TYPE, shape_of(route)) or "")
    content_type = CONTENT_TYPE.source.bind(connection).read(None)
    of_contents = groups_of((CONTENT_IDS,), Scope.CONTENTS, route.name, shape_of(route), connection)

    def furnish(properties: Document, contents: list[Document]) -> None:
        if not contents:
            return
        properties["contents"] = contents
        for holder in contents if within == CONTENTS else (properties,):
            holder[key] = content_type
        for _, steps in of_contents:
            run(steps, contents, properties, [])  # makes no notes: what a list holds was judged before

    return furnish
