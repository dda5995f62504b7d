"""Write a custom mapping in the words of the configuration file, without personal data."""

from collections.abc import Iterator
from typing import Any

from config.conditions.words import shown_values
from config.model import Condition, CustomMapping, Match, Parameter, Selection, Transform


def written_mapping(mapping: CustomMapping) -> dict[str, Any]:
    """Return the mapping's keys as the file has them; a key with its default is omitted.

    Values that compare without regard to case are in lower case.
    """
    event = {"custom_event" if mapping.is_custom_event else "tiktok_event": mapping.tiktok_event}
    match = {"default_for": mapping.match.event_type} if mapping.is_default else {"match": _match(mapping.match)}
    return event | match | dict(_rest(mapping))


def _rest(mapping: CustomMapping) -> Iterator[tuple[str, Any]]:
    for key, selection in (("products", mapping.products), ("promotions", mapping.promotions)):
        if selection is not None:
            yield key, _selection(selection)
    if mapping.for_each is not None:
        yield "for_each", mapping.for_each
    if mapping.parameters:
        yield "parameters", {name: _parameter(parameter) for name, parameter in mapping.parameters.items()}
    if mapping.extra_parameters:
        yield "extra_parameters", True


def _match(match: Match) -> dict[str, Any]:
    keys = ("event_type", "action", "name", "custom_event_type")
    written: dict[str, Any] = {key: value for key in keys if (value := getattr(match, key)) is not None}
    if match.attributes:
        written["attributes"] = {name: _one_or_list(sorted(values)) for name, values in match.attributes.items()}
    return written | _conditions(match)


def _selection(selection: Selection) -> dict[str, Any]:
    return _conditions(selection) | ({} if selection.take is None else {"take": selection.take})


def _conditions(rules: Match | Selection) -> dict[str, Any]:
    both = {"only_if": rules.only_if, "never_if": rules.never_if}
    return {key: [_condition(condition) for condition in conditions] for key, conditions in both.items() if conditions}


def _condition(condition: Condition) -> dict[str, Any]:
    values = shown_values(condition)
    several = condition.operator in ("in", "not_in")
    return {condition.subject: condition.name, condition.operator: values if several else values[0]}


def _parameter(parameter: Parameter) -> dict[str, Any]:
    written: dict[str, Any] = {parameter.source: parameter.name}
    if parameter.transform:
        written["transform"] = [_step(step) for step in parameter.transform]
    if parameter.type is not None:
        written["type"] = parameter.type
    if parameter.required:
        written["required"] = True
    return written | ({} if parameter.default is None else {"default": parameter.default})


def _step(step: Transform) -> Any:
    return step.name if step.argument is None else {step.name: step.argument}


def _one_or_list(values: list[str]) -> Any:
    return values[0] if len(values) == 1 else values
