"""The schema of a custom mapping's parameters: the source of each value, and what is done to it (M2, M3)."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, NamedTuple

from config.additional_fields import ADDITIONAL_PARAMETERS
from config.model import Parameter, Source
from config.reading.readers import NUMBER, Reader, allowed_words, boolean, choice, text
from config.reading.records import KeyRow, Record, not_one_of
from config.reading.transforms import PERHAPS_LISTS, TRANSFORM, fault_in_order
from config.reading.yaml_tree import Fault, Table
from config.vocabulary import (
    CONTENT_PARAMETERS,
    EVENT_FIELDS,
    EVERY_PARAMETER,
    EXTERNAL_IDENTITY_TYPES,
    LIST_PARAMETERS,
    NUMBER_PARAMETERS,
    PAGE_EVENTS,
    PRODUCT_FIELDS,
    PRODUCT_SOURCES,
    PROMOTION_FIELDS,
)

SOURCES: Mapping[Source, Reader[str]] = {
    "attribute": text,
    "user_attribute": text,
    "field": choice(EVENT_FIELDS),
    "product": choice(PRODUCT_FIELDS),
    "product_attribute": text,
    "promotion": choice(PROMOTION_FIELDS),
    "identity_present": choice(EXTERNAL_IDENTITY_TYPES),
    "static": text,
}
MEANINGS: Mapping[Source, str] = {
    "attribute": "Take the value from this event attribute.",
    "user_attribute": "Take the value from this user attribute.",
    "field": "Take the value from this field of the event.",
    "product": "Take the value from this field of each product.",
    "product_attribute": "Take the value from this custom attribute of each product.",
    "promotion": "Take the value from this field of each promotion; for the whole event, of the first.",
    "identity_present": "Send true or false: whether the user has this identity; never the identity itself.",
    "static": "Send this value.",
}


def _parameter(**given: Any) -> Parameter:
    source, name = next((source, given.pop(source)) for source in SOURCES if source in given)
    return Parameter(source=source, name=name, **given)


def _check_parameter(given: Mapping[str, Any], table: Table) -> Iterable[Fault]:
    yield from not_one_of(tuple(SOURCES), "the parameter", "source", table)
    for key in ("default", "transform"):
        if "static" in given and key in given:
            yield Fault(table.lines[key], f"`{key}` is never used beside `static`: leave one of them out")


PARAMETER = Record(
    make=_parameter,
    what="a parameter",
    example="{field: total_amount}",
    check=_check_parameter,
    one_of=(tuple(SOURCES),),
    rows={
        **{source: KeyRow(reader, MEANINGS[source]) for source, reader in SOURCES.items()},
        "transform": KeyRow(TRANSFORM, "Steps that change the value, such as `[{multiply: 0.01}, {round: 2}]`."),
        "type": KeyRow(choice(("text", "number")), "What the value is sent as; without it, the parameter decides."),
        "required": KeyRow(boolean, "Dead-letter the event when the value is missing.", default="false"),
        "default": KeyRow(text, "The value to send when the source has none."),
    },
)

_CURRENCY = re.compile(r"[A-Za-z]{3}")


class Target(NamedTuple):
    """What a mapping's parameters are for: its TikTok event, what that carries, and whether of one product each."""

    event: str
    carried: frozenset[str]
    of_one_product: bool


def _not_carried(target: Target, name: str, _: Parameter) -> str | None:
    if name in target.carried:
        return None
    more = (
        "; `extra_parameters: true` adds all others" if target.event in PAGE_EVENTS and name in EVERY_PARAMETER else ""
    )
    return f"{target.event} cannot carry `{name}`{allowed_words(name, sorted(target.carried))}{more}"


def _wrong_type(_: Target, name: str, parameter: Parameter) -> str | None:
    right = "number" if name in NUMBER_PARAMETERS else "text"
    return None if parameter.type in (None, right) else f"`{name}` is always a {right}: write type: {right}, or no type"


def _product_for_the_whole(target: Target, name: str, parameter: Parameter) -> str | None:
    if parameter.source not in PRODUCT_SOURCES or name in CONTENT_PARAMETERS | LIST_PARAMETERS or target.of_one_product:
        return None
    if any(step.name in ("first", "join") for step in parameter.transform):
        return None
    allowed = ", ".join(sorted(CONTENT_PARAMETERS))
    return (
        f"`{name}` is sent once for the whole event, and products give a list: `{parameter.source}` is for {allowed};"
        " transform the list with `first` or `join`, or send an event of each with `for_each: product`"
    )


def _no_truth(_: Target, name: str, parameter: Parameter) -> str | None:
    if parameter.source != "identity_present":
        return None
    field = ADDITIONAL_PARAMETERS.get(name)
    if (
        name in NUMBER_PARAMETERS
        or name == "currency"
        or (field is not None and field.form not in ("text", "truth", "list"))
    ):
        return f"`{name}` is never true or false, and `identity_present` gives nothing else"
    return None


def _steps_in_order(_: Target, name: str, parameter: Parameter) -> str | None:
    several = parameter.source in ("product", "promotion") and name not in CONTENT_PARAMETERS
    return fault_in_order(name, parameter.transform, may_be_list=several or parameter.source in PERHAPS_LISTS)


def _wrong_constant(_: Target, name: str, parameter: Parameter) -> str | None:
    constant = parameter.name if parameter.source == "static" else parameter.default
    if constant is None:
        return None
    if name in NUMBER_PARAMETERS and name not in ADDITIONAL_PARAMETERS and not NUMBER.fullmatch(constant):
        return f"`{name}` must be a number, such as 9.99"
    field = ADDITIONAL_PARAMETERS.get(name)
    if field is not None and not field.takes(constant):
        return f"`{name}` must be {field.expected}"
    if name == "currency" and not _CURRENCY.fullmatch(constant):
        return "`currency` must be three letters, such as USD"
    return None


RULES: Final[tuple[Callable[[Target, str, Parameter], str | None], ...]] = (
    _not_carried,
    _wrong_type,
    _product_for_the_whole,
    _no_truth,
    _steps_in_order,
    _wrong_constant,
)


def fault_of(target: Target, name: str, parameter: Parameter) -> str | None:
    """Return why the target cannot have this parameter; None where it can."""
    return next(filter(None, (rule(target, name, parameter) for rule in RULES)), None)
