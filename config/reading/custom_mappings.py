"""The schema of `custom_mappings`, and the checks between its keys (M1–M5 of docs/mapping.md)."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from config.model import CustomMapping, Match, Parameter, Source
from config.reading.readers import NUMBER, TEXT_SCHEMA, Reader, boolean, choice, did_you_mean, exactly, folded, text
from config.reading.records import KeyRow, Record, listing, mapping
from config.reading.yaml_tree import Fault, Items, Node, Table
from config.vocabulary import (
    CONTENT_PARAMETERS,
    CUSTOM_EVENT_TYPES,
    EVENT_FIELDS,
    EVENT_TYPES,
    NUMBER_PARAMETERS,
    PRODUCT_ACTION_ALIASES,
    PRODUCT_ACTIONS,
    PRODUCT_FIELDS,
    TIKTOK_EVENTS,
)

SOURCES: Mapping[Source, Reader[str]] = {
    "attribute": text,
    "user_attribute": text,
    "field": choice(EVENT_FIELDS),
    "product": choice(PRODUCT_FIELDS),
    "static": text,
}
MEANINGS: Mapping[Source, str] = {
    "attribute": "Take the value from this event attribute.",
    "user_attribute": "Take the value from this user attribute.",
    "field": "Take the value from this field of the event.",
    "product": "Take the value from this field of each product.",
    "static": "Send this value.",
}


def _read_values(name: str, node: Node) -> frozenset[str]:
    if isinstance(node, Items):
        return frozenset(_LIST_OF_VALUES(name, node))
    return frozenset({folded(name, node)})


_LIST_OF_VALUES = listing(folded, "[shop, sale]", least=1)
_values = Reader(_read_values, {"anyOf": [TEXT_SCHEMA, _LIST_OF_VALUES.schema]})
"""One value, or a list of values of which any may match."""


def _check_match(given: Mapping[str, Any], table: Table) -> Iterable[Fault]:
    event_type = given.get("event_type")
    if not given:
        yield Fault(table.line, "`match` is empty and would match every event: give at least one of its keys")
    if "action" in given and event_type not in (None, "commerce_event"):
        yield Fault(table.lines["action"], f"`action` never holds for a {event_type}: only commerce events have one")
    if "custom_event_type" in given and event_type == "screen_view":
        yield Fault(table.lines["custom_event_type"], "`custom_event_type` never holds for a screen_view: it has none")


MATCH = Record(
    make=Match,
    what="a match",
    example="{event_type: commerce_event, action: purchase}",
    check=_check_match,
    rows={
        "event_type": KeyRow(choice(EVENT_TYPES), "The kind of mParticle event."),
        "action": KeyRow(choice(PRODUCT_ACTIONS, PRODUCT_ACTION_ALIASES), "The product action of a commerce event."),
        "name": KeyRow(folded, "The event's name, such as `eCommerce - Purchase`; capitals do not matter."),
        "custom_event_type": KeyRow(choice(CUSTOM_EVENT_TYPES), "The custom event's type."),
        "attributes": KeyRow(
            mapping(_values, "{section: [shop, sale]}"), "Event attributes, each with the value or values that match."
        ),
    },
)


def _parameter(**given: Any) -> Parameter:
    source, name = next((source, given.pop(source)) for source in SOURCES if source in given)
    return Parameter(source=source, name=name, **given)


def _check_parameter(given: Mapping[str, Any], table: Table) -> Iterable[Fault]:
    sources = [source for source in SOURCES if source in given]
    if len(sources) != 1:
        found = f"has {' and '.join(sources)}" if sources else "has no source"
        yield Fault(table.line, f"the parameter {found}: it needs exactly one of {', '.join(SOURCES)}")
    elif "static" in given and "default" in given:
        yield Fault(table.lines["default"], "`default` is never used beside `static`: leave one of them out")


PARAMETER = Record(
    make=_parameter,
    what="a parameter",
    example="{field: total_amount}",
    check=_check_parameter,
    one_of=(tuple(SOURCES),),
    rows={
        **{source: KeyRow(reader, MEANINGS[source]) for source, reader in SOURCES.items()},
        "type": KeyRow(choice(("text", "number")), "What the value is sent as; without it, the parameter decides."),
        "required": KeyRow(boolean, "Dead-letter the event when the value is missing.", default="false"),
        "default": KeyRow(text, "The value to send when the source has none."),
    },
)

_CURRENCY = re.compile(r"[A-Za-z]{3}")


def _not_carried(target: str, name: str, _: Parameter) -> str | None:
    carried = TIKTOK_EVENTS[target]
    if name in carried:
        return None
    return f"{target} cannot carry `{name}`: allowed are {', '.join(sorted(carried))}{did_you_mean(name, carried)}"


def _wrong_type(_: str, name: str, parameter: Parameter) -> str | None:
    right = "number" if name in NUMBER_PARAMETERS else "text"
    return None if parameter.type in (None, right) else f"`{name}` is always a {right}: write type: {right}, or no type"


def _product_for_the_whole(_: str, name: str, parameter: Parameter) -> str | None:
    if parameter.source != "product" or name in CONTENT_PARAMETERS:
        return None
    allowed = ", ".join(sorted(CONTENT_PARAMETERS))
    return f"`{name}` is sent once for the whole event, so no product field can fill it: `product` is for {allowed}"


def _wrong_constant(_: str, name: str, parameter: Parameter) -> str | None:
    constant = parameter.name if parameter.source == "static" else parameter.default
    if constant is None:
        return None
    if name in NUMBER_PARAMETERS and not NUMBER.fullmatch(constant):
        return f"`{name}` must be a number, such as 9.99"
    if name == "currency" and not _CURRENCY.fullmatch(constant):
        return "`currency` must be three letters, such as USD"
    return None


PARAMETER_RULES: tuple[Callable[[str, str, Parameter], str | None], ...] = (
    _not_carried,
    _wrong_type,
    _product_for_the_whole,
    _wrong_constant,
)


def _check_mapping(given: Mapping[str, Any], table: Table) -> Iterable[Fault]:
    parameters = table.values.get("parameters")
    for name, parameter in given.get("parameters", {}).items():
        refusals = (rule(given["tiktok_event"], name, parameter) for rule in PARAMETER_RULES)
        if isinstance(parameters, Table) and (refusal := next(filter(None, refusals), None)):
            yield Fault(parameters.lines[name], refusal)


CUSTOM_MAPPING = Record(
    make=CustomMapping,
    what="a custom mapping",
    example="{tiktok_event: Search, match: {…}, parameters: {…}}",
    check=_check_mapping,
    rows={
        "tiktok_event": KeyRow(exactly(TIKTOK_EVENTS), "The TikTok event that a match becomes.", required=True),
        "match": KeyRow(MATCH, "Which mParticle events match; all keys given must hold.", required=True),
        "parameters": KeyRow(
            mapping(PARAMETER, "{value: {field: total_amount}}"),
            "The parameters of the TikTok event; only those listed are sent.",
            default="{}",
        ),
    },
)
