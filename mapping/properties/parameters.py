"""Turn a custom mapping's parameters into steps: the source, the rule and the target field of each (M2)."""

from collections.abc import Iterator
from typing import assert_never

from config.dead_letter_reasons import MISSING_PARAMETER
from config.model import Connection, Parameter
from config.routes import Route
from mapping.compile.steps import Step, is_sent
from mapping.incoming.batch_fields import attribute_key
from mapping.properties.native import CONTENTS
from mapping.properties.transforms import transformed
from mapping.results import RejectEvent
from mapping.sources import FIELD_PATHS, BoundSource, Scope
from mapping.tables import PARAMETERS, ParameterRow
from mapping.values import descriptive, text
from mapping.wire import place_of

DESCRIPTIVE_FIELDS = frozenset({"name", "category", "brand", "variant"})
"""Fields of a product that only describe it."""


def rows_of(name: str, connection: Connection, route: Route) -> Iterator[ParameterRow]:
    """Yield the rows of parameter `name` on this connection's route."""
    for row in PARAMETERS:
        if row.name == name and route.name in row.routes and _is_on(row, connection) and is_sent(row.path, connection):
            yield row


def _is_on(row: ParameterRow, connection: Connection) -> bool:
    return row.needs_setting is None or bool(getattr(connection, row.needs_setting))


def step_of(row: ParameterRow, parameter: Parameter, tiktok_event: str) -> Step:
    """Return the step that fills the parameter in its row's object: `properties`, or one of the contents."""
    place = place_of(row.path)
    source = source_of(parameter, of_each=place.within == CONTENTS, whole=row.takes_list)
    absent: object = None
    if parameter.required:
        missing = f"is required by the custom mapping to {tiktok_event}, and {source.name} gives none"
        absent = RejectEvent(MISSING_PARAMETER.code, missing, field=row.name)
    if parameter.default is not None:
        absent = row.rule(parameter.default)
    rule = descriptive if row.rule is text and _describes_product(parameter) else row.rule
    forgiving = row.additional or parameter.source == "user_attribute"
    return Step(source, transformed(parameter.transform, rule, whole=row.takes_list), place.key, absent, forgiving)


def _describes_product(parameter: Parameter) -> bool:
    """Return whether the value only describes a product: then a value that is no text does not reject the event."""
    return parameter.source == "product" and parameter.name in DESCRIPTIVE_FIELDS


def source_of(parameter: Parameter, *, of_each: bool = True, whole: bool = False) -> BoundSource:
    """Return the source of the parameter: the event, or each of its products; all products, without `of_each`.

    With transforms, or where the `whole` of a list is wanted, the source gives a list as it is; else its first entry.
    """
    name, event = parameter.name, Scope.EVENT
    takes_first = not parameter.transform and not whole
    match parameter.source:
        case "attribute":
            return BoundSource(f"custom_attributes.{name}", f"subject.attribute({name!r})", event, takes_first)
        case "user_attribute":
            read = f"subject.shared.user.get({attribute_key(name)!r})"
            return BoundSource(f"user_attributes.{name}", read, event, takes_first)
        case "field":
            return BoundSource(name, f"subject.{FIELD_PATHS[name]}", event)
        case "product" | "product_attribute":
            return _of_products(parameter, of_each=of_each, takes_first=takes_first)
        case "promotion" if of_each:
            return BoundSource(name, f"subject.{name}", Scope.PROMOTION)
        case "promotion":
            read = f"[promotion.{name} for promotion in subject.promotions]"
            return BoundSource(f"promotions[].{name}", read, event, takes_first)
        case "identity_present":
            return BoundSource(f"user_identities.{name}", f"has_identity(subject.shared, {name!r})", event)
        case "static":
            return BoundSource("static", repr(name), event)
        case _:
            assert_never(parameter.source)


def _of_products(parameter: Parameter, *, of_each: bool, takes_first: bool) -> BoundSource:
    if parameter.source == "product":
        name, read = parameter.name, f".{parameter.name}"
    else:
        name, read = f"custom_attributes.{parameter.name}", f".attribute({parameter.name!r})"
    if of_each:
        return BoundSource(name, f"subject{read}", Scope.PRODUCT, takes_first and parameter.source != "product")
    every = f"[first(product{read}) for product in subject.products]"
    return BoundSource(f"products[].{name}", every, Scope.EVENT, takes_first)
