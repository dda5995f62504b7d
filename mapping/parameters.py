"""A custom mapping's parameters as steps: where each value comes from, what is made of it, where it goes (M2)."""

from collections.abc import Mapping
from operator import attrgetter
from typing import assert_never

from config.model import Parameter
from config.vocabulary import EVENT_FIELDS
from mapping.commerce import CONTENTS
from mapping.remarks import Refused
from mapping.rows import PARAMETERS, ParameterRow
from mapping.rules import Rule, defaulted, forgiving, required, scalar
from mapping.shared import attribute_key
from mapping.sources import Bound, Reader
from mapping.steps import Step
from mapping.wire import put_at

ROWS: Mapping[str, ParameterRow] = {row.name: row for row in PARAMETERS}

_ELSEWHERE = {"currency_code": "data.currency_code", "event_name": "name"}  # all others stand in `product_action`
_FIELDS: Mapping[str, Reader] = {
    name: attrgetter(_ELSEWHERE.get(name, f"product_action.{name}")) for name in EVENT_FIELDS
}


def step_of(name: str, parameter: Parameter, tiktok_event: str) -> Step:
    """The step that fills parameter `name`, relative to `properties` or, for what contents hold, to one content."""
    row = ROWS[name]
    source = _source(parameter)
    put = put_at(row.path.removeprefix(CONTENTS).removeprefix("properties."))
    return Step(source.name, source.read, _rule(row.rule, source.name, name, parameter, tiktok_event), put)


def _source(parameter: Parameter) -> Bound:
    """What reads it: of an event, or for `product` of each of its products."""
    name = parameter.name
    match parameter.source:
        case "attribute":
            return Bound(f"custom_attributes.{name}", lambda incoming: incoming.attribute(name))
        case "user_attribute":
            key = attribute_key(name)
            return Bound(f"user_attributes.{name}", lambda incoming: incoming.shared.user.get(key))
        case "field":
            return Bound(name, _FIELDS[name])
        case "product":
            return Bound(name, attrgetter(name))
        case "static":
            return Bound("static", lambda _: name)
        case _:
            assert_never(parameter.source)


def _rule(plain: Rule, source: str, name: str, parameter: Parameter, tiktok_event: str) -> Rule:
    rule = scalar(plain)
    if parameter.source == "user_attribute":
        rule = forgiving(rule)
    if parameter.default is not None:
        rule = defaulted(rule, plain(parameter.default))
    if parameter.required:
        missing = f"is required by the custom mapping to {tiktok_event}, and {source} gives none"
        rule = required(rule, Refused("missing_parameter", missing, field=name))
    return rule
