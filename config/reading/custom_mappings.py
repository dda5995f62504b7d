"""The schema of `custom_mappings`, and the checks between its keys (M1–M5 of docs/mapping.md)."""

from collections.abc import Iterable, Mapping
from typing import Any

from config.model import CustomMapping, Match
from config.reading.parameters import PARAMETER, Target, fault_of
from config.reading.readers import TEXT_SCHEMA, Reader, boolean, choice, exactly, folded, matching, refuse
from config.reading.records import KeyRow, Record, listing, mapping, not_one_of
from config.reading.yaml_tree import Fault, Items, Node, Table
from config.vocabulary import (
    CUSTOM_EVENT_TYPES,
    DEFAULT_FOR,
    EVENT_TYPES,
    FOR_EACH,
    PAGE_EVENTS,
    PRODUCT_ACTION_ALIASES,
    PRODUCT_ACTIONS,
    RESERVED_NAMES,
    TIKTOK_EVENTS,
    carried_by,
)


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


_CUSTOM_EVENT = matching(
    r"[A-Za-z][A-Za-z0-9_-]{0,49}", "1 to 50 of a-z, A-Z, 0-9, `_` and `-`, the first of a-z or A-Z, such as Quiz_Done"
)


def _custom_event(name: str, node: Node) -> str:
    event = _CUSTOM_EVENT(name, node)
    if standard := _BY_FOLD.get(event.casefold()):
        refuse(node, f"`{name}` is `{event}`, and TikTok has a standard event: write `tiktok_event: {standard}`")
    if meant := RESERVED_NAMES.get(event):
        refuse(node, f"`{name}` is `{event}`, which TikTok reads as {meant}: give it another name")
    return event


_BY_FOLD = {event.casefold(): event for event in TIKTOK_EVENTS}
CUSTOM_EVENT: Reader[str] = Reader(_custom_event, _CUSTOM_EVENT.schema)
"""A name of the person's own, which is no standard event's and none that TikTok reads as a standard event."""


def _mapping(**given: Any) -> CustomMapping:
    if "custom_event" in given:
        given |= {"tiktok_event": given.pop("custom_event"), "is_custom_event": True}
    if "default_for" in given:
        given |= {"match": Match(given.pop("default_for")), "is_default": True}
    return CustomMapping(**given)


_ONE_OF = (("tiktok_event", "custom_event"), ("match", "default_for"))


def _check_mapping(given: Mapping[str, Any], table: Table) -> Iterable[Fault]:
    kinds = zip(_ONE_OF, ("event name", "selection"), strict=True)
    if faults := [fault for keys, kind in kinds for fault in not_one_of(keys, "the custom mapping", kind, table)]:
        yield from faults
        return
    parameters = table.values.get("parameters")
    event = given.get("custom_event") or given["tiktok_event"]
    target = Target(event, carried_by(event, extra=given.get("extra_parameters", False)), "for_each" in given)
    for name, parameter in given.get("parameters", {}).items():
        if isinstance(parameters, Table) and (refusal := fault_of(target, name, parameter)):
            yield Fault(parameters.lines[name], refusal)
    if given.get("extra_parameters") and event not in PAGE_EVENTS:
        yield Fault(
            table.lines["extra_parameters"],
            f"`extra_parameters` adds nothing: {event} carries every parameter without it",
        )


CUSTOM_MAPPING = Record(
    make=_mapping,
    what="a custom mapping",
    example="{tiktok_event: Search, match: {…}, parameters: {…}}",
    check=_check_mapping,
    one_of=_ONE_OF,
    rows={
        "tiktok_event": KeyRow(exactly(TIKTOK_EVENTS), "The TikTok event that a match becomes."),
        "custom_event": KeyRow(CUSTOM_EVENT, "A name of your own in place of a standard event's."),
        "match": KeyRow(MATCH, "Which mParticle events match; all keys given must hold."),
        "default_for": KeyRow(
            choice(DEFAULT_FOR), "Match all custom events or all screen views that no other mapping matches."
        ),
        "parameters": KeyRow(
            mapping(PARAMETER, "{value: {field: total_amount}}"),
            "The parameters of the TikTok event; only those listed are sent.",
            default="{}",
        ),
        "for_each": KeyRow(choice(FOR_EACH), "Send one TikTok event for each product, with an event id of its own."),
        "extra_parameters": KeyRow(
            boolean, "Let one of the twelve events of mParticle's page carry every parameter.", default="false"
        ),
    },
)
