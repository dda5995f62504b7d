"""Find the field that a dead letter names in its event: incoming names, TikTok's paths, parameters."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Final

from config.dead_letter_reasons import MISSING_PARAMETER
from config.model import Connection, Parameter
from config.vocabulary import EVENT_FIELDS
from delivery.dead_letter import DeadLetter
from mapping.incoming.event import ProductAction
from mapping.incoming.flags import FLAGS
from mapping.sources import Scope
from mapping.tables import BRAND, COMMERCE, FIELDS, OF_ATTRIBUTES, ORDER_ID, Row

_ACTION: Final = frozenset(ProductAction.__struct_fields__)
_INDEX: Final = re.compile(r"\[(\d*)\]")
_IN_DATA: Final = frozenset(("currency_code", "event_name", "screen_name", "page_url"))
_SETTINGS: Final = frozenset(field.name for field in fields(Connection)) - {"id"}
"""Names of sources that a connection's setting decides."""
_FROM_TIKTOK: Final = re.compile(r"^(?:(?:batch|data)\.?\d*\.)")


def names_of(dead_letter: DeadLetter | None, connection: Connection | None) -> Mapping[str, str]:
    """Return the path of each name, in lower case, that dead letters of this connection show; parameters included."""
    names = {
        row_name: place
        for row in (*FIELDS, *COMMERCE, BRAND, *OF_ATTRIBUTES, ORDER_ID)
        for row_name, place in _names_of(row, connection)
    }
    if dead_letter is not None and connection is not None and dead_letter.reason == MISSING_PARAMETER.code:
        for mapping in connection.custom_mappings:
            if mapping.tiktok_event == dead_letter.tiktok_event:
                names |= {
                    name: _source(parameter)
                    for name, parameter in mapping.parameters.items()
                    if parameter.source != "static"
                }
    return {name.casefold(): place for name, place in names.items()}


def dotted(path: str) -> str:
    """Return a path with list positions as names: `products[0].price` becomes `products.0.price`."""
    return _INDEX.sub(lambda place: f".{place[1] or 0}", path).lstrip(".")


def place_of_name(name: str, names: Mapping[str, str]) -> str | None:
    """Return the path of a name; None if `names` has no such name."""
    plain = _FROM_TIKTOK.sub("", dotted(name).casefold())
    if plain in names:
        return names[plain]
    if plain.partition(".")[0] == "products":
        return f"product_action.{dotted(name)}"
    if plain.partition(".")[0] == "promotions":
        return f"promotion_action.{dotted(name)}"
    indices = re.findall(r"(?<=\.)\d+(?=\.|$)", plain)
    place = names.get(re.sub(r"(?<=\.)\d+(?=\.|$)", "0", plain))
    return place.replace(".0", f".{indices[0]}", 1) if place and indices else place


def path_of_field(dead_letter: DeadLetter, connection: Connection | None) -> str:
    """Return the path of the field that a dead letter names; "" if it names none."""
    if dead_letter.field is None:
        return ""
    return place_of_name(dead_letter.field, names_of(dead_letter, connection)) or dotted(dead_letter.field)


def _names_of(row: Row, connection: Connection | None) -> Iterator[tuple[str, str]]:
    if row.source.scope in (Scope.ITEM, Scope.CONNECTION) or (connection is None and row.source.name in _SETTINGS):
        return
    name = row.source.bind(connection).name if connection is not None else row.source.name
    place = _place(name, row.source.scope)
    yield dotted(f"products.0.{name}" if row.source.scope is Scope.PRODUCT else name), place
    for path in (row.track, row.legacy):
        if path is not None:
            yield dotted(path.removesuffix("[]").replace("contents[]", "contents[0]")), place


def _place(name: str, scope: Scope) -> str:
    if name in FLAGS:
        return f"custom_flags.{name}"
    if scope is Scope.PRODUCT:
        return f"product_action.products.0.{name}"
    return f"product_action.{name}" if scope is Scope.EVENT and name in _ACTION else name


def _source(parameter: Parameter) -> str:
    match parameter.source:
        case "attribute":
            return f"custom_attributes.{parameter.name}"
        case "user_attribute":
            return f"user_attributes.{parameter.name}"
        case "product":
            return f"product_action.products.0.{parameter.name}"
        case "product_attribute":
            return f"product_action.products.0.custom_attributes.{parameter.name}"
        case "identity_present":
            return f"user_identities.{parameter.name}"
        case "promotion":
            return f"promotion_action.promotions.0.{parameter.name}"
        case _:
            in_action = parameter.name in EVENT_FIELDS and parameter.name not in _IN_DATA
            return f"product_action.{parameter.name}" if in_action else parameter.name
