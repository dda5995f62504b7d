"""Turn a custom mapping's parameters into steps: the source, the rule and the target field of each (M2)."""

from collections.abc import Iterator
from typing import assert_never

from config.dead_letter_reasons import MISSING_PARAMETER
from config.model import Connection, Parameter
from config.routes import Route
from mapping.compile.steps import Step, is_on
from mapping.incoming.batch_fields import attribute_key
from mapping.results import RejectEvent
from mapping.sources import FIELD_PATHS, BoundSource, Scope, first_of
from mapping.tables import PARAMETERS, ParameterRow
from mapping.values import descriptive, text
from mapping.wire import TRACK, place_of, shape_of

DESCRIPTIVE_FIELDS = frozenset({"name", "category", "brand", "variant"})
"""Fields of a product that only describe it."""


def rows_of(name: str, connection: Connection, route: Route) -> Iterator[ParameterRow]:
    """Yield the rows of parameter `name` on this connection's route."""
    for row in PARAMETERS:
        if (
            row.name == name
            and is_on(row.needs_setting, connection)
            and (row.needs_setting is None or shape_of(route) is TRACK)
        ):
            yield row


def step_of(row: ParameterRow, parameter: Parameter, tiktok_event: str) -> Step:
    """Return the step that fills the parameter in its row's object: `properties`, or one of the contents."""
    source = source_of(parameter)
    absent: object = None
    if parameter.required:
        missing = f"is required by the custom mapping to {tiktok_event}, and {source.name} gives none"
        absent = RejectEvent(MISSING_PARAMETER.code, missing, field=row.name)
    if parameter.default is not None:
        absent = row.rule(parameter.default)
    rule = descriptive if row.rule is text and _describes_product(parameter) else row.rule
    return Step(source, rule, place_of(row.path).key, absent, parameter.source == "user_attribute")


def _describes_product(parameter: Parameter) -> bool:
    """Return whether the value only describes a product: then a value that is no text does not reject the event."""
    return parameter.source == "product" and parameter.name in DESCRIPTIVE_FIELDS


def source_of(parameter: Parameter) -> BoundSource:
    """Return the source of the parameter: the event, or each of its products for `product`."""
    name = parameter.name
    event = Scope.EVENT
    match parameter.source:
        case "attribute":
            return BoundSource(f"custom_attributes.{name}", first_of(f"subject.attribute({name!r})"), event)
        case "user_attribute":
            read = f"subject.shared.user.get({attribute_key(name)!r})"
            return BoundSource(f"user_attributes.{name}", first_of(read), event)
        case "field":
            return BoundSource(name, f"subject.{FIELD_PATHS[name]}", event)
        case "product":
            return BoundSource(name, f"subject.{name}", Scope.PRODUCT)
        case "static":
            return BoundSource("static", repr(name), event)
        case _:
            assert_never(parameter.source)
