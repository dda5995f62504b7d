"""A custom mapping's parameters as steps: where each value comes from, what is made of it, where it goes (M2)."""

from collections.abc import Iterator
from operator import attrgetter
from typing import assert_never

from config.model import Connection, Parameter
from config.vocabulary import EVENT_FIELDS
from mapping.remarks import Refused
from mapping.routes import Route
from mapping.rows import PARAMETERS, ParameterRow
from mapping.shared import attribute_key
from mapping.sources import Bound, Reader
from mapping.steps import Step, is_on
from mapping.values import first
from mapping.wire import TRACK, place_of, shape_of

_ELSEWHERE = {"currency_code": "data.currency_code", "event_name": "name"}  # all others stand in `product_action`
_FIELDS: dict[str, Reader] = {name: attrgetter(_ELSEWHERE.get(name, f"product_action.{name}")) for name in EVENT_FIELDS}


def rows_of(name: str, connection: Connection, route: Route) -> Iterator[ParameterRow]:
    """Where parameter `name` goes on this connection's route."""
    for row in PARAMETERS:
        if row.name == name and is_on(row.setting, connection) and (row.setting is None or shape_of(route) is TRACK):
            yield row


def step_of(row: ParameterRow, parameter: Parameter, tiktok_event: str) -> Step:
    """The step that fills the parameter in the object where its row has it: `properties`, or one of the contents."""
    field, read = _source(parameter)
    absent: object = None
    if parameter.required:
        missing = f"is required by the custom mapping to {tiktok_event}, and {field} gives none"
        absent = Refused("missing_parameter", missing, field=row.name)
    if parameter.default is not None:
        absent = row.rule(parameter.default)
    return Step(field, read, row.rule, place_of(row.path).key, absent, parameter.source == "user_attribute")


def _source(parameter: Parameter) -> Bound:
    """What reads it: of an event, or for `product` of each of its products."""
    name = parameter.name
    match parameter.source:
        case "attribute":
            return Bound(f"custom_attributes.{name}", lambda incoming: first(incoming.attribute(name)))
        case "user_attribute":
            key = attribute_key(name)
            return Bound(f"user_attributes.{name}", lambda incoming: first(incoming.shared.user.get(key)))
        case "field":
            return Bound(name, _FIELDS[name])
        case "product":
            return Bound(name, attrgetter(name))
        case "static":
            return Bound("static", lambda _: name)
        case _:
            assert_never(parameter.source)
