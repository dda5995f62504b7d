"""The schema of `custom_mappings`, and the checks between its keys (M1–M5 of docs/mapping.md)."""

from collections.abc import Iterable, Mapping
from typing import Any

from config.model import CustomMapping, Match
from config.reading.matches import MATCH, OF_COMMERCE, PRODUCTS, PROMOTIONS
from config.reading.parameters import PARAMETER, Target, fault_of
from config.reading.readers import Reader, boolean, choice, exactly, matching, refuse
from config.reading.records import KeyRow, Record, mapping, not_one_of
from config.reading.yaml_tree import Fault, Node, Table
from config.vocabulary import (
    CONTENT_PARAMETERS,
    DEFAULT_FOR,
    FOR_EACH,
    PAGE_EVENTS,
    RESERVED_NAMES,
    TIKTOK_EVENTS,
    carried_by,
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
    chosen = given.get("products")
    of_one_product = given.get("for_each") == "product" or (chosen is not None and chosen.take is not None)
    target = Target(event, carried_by(event, extra=given.get("extra_parameters", False)), of_one_product)
    for name, parameter in given.get("parameters", {}).items():
        if isinstance(parameters, Table) and (refusal := fault_of(target, name, parameter)):
            yield Fault(parameters.lines[name], refusal)
    match = given.get("match") or Match(given["default_for"])
    yield from _check_parts(given, match, table)
    if given.get("extra_parameters") and event not in PAGE_EVENTS:
        yield Fault(
            table.lines["extra_parameters"],
            f"`extra_parameters` adds nothing: {event} carries every parameter without it",
        )


def _check_parts(given: Mapping[str, Any], match: Match, table: Table) -> Iterable[Fault]:
    """Yield a sentence where what the mapping reads is not what its events have."""
    reads: dict[str, str] = {}
    for key in ("products", "promotions", "for_each"):
        if key in given:
            reads.setdefault(f"{given[key]}s" if key == "for_each" else key, key)
            if match.event_type not in (None, "commerce_event"):
                what = "products and promotions"
                yield Fault(
                    table.lines[key], f"`{key}` never fits a {match.event_type}: only commerce events have {what}"
                )
    for name, parameter in given.get("parameters", {}).items():
        if name in CONTENT_PARAMETERS and parameter.source in OF_COMMERCE:
            reads.setdefault("promotions" if parameter.source == "promotion" else "products", "parameters")
    if len(reads) > 1:
        keys = sorted({*reads.values()})
        has = "an event has products or promotions, never both"
        yield Fault(table.lines[keys[0]], f"{' and '.join(f'`{key}`' for key in keys)} never fit together: {has}")
    if "promotions" in reads and match.action is not None:
        line = table.lines[reads["promotions"]]
        yield Fault(line, f"promotions never fit `action: {match.action}`: an event with a product action has none")


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
        "products": KeyRow(PRODUCTS, "Which products the mapping reads; an event without any of them does not match."),
        "promotions": KeyRow(
            PROMOTIONS, "Which promotions the mapping reads; an event without any of them does not match."
        ),
        "for_each": KeyRow(
            choice(FOR_EACH), "Send one TikTok event for each product or promotion, with an event id of its own."
        ),
        "extra_parameters": KeyRow(
            boolean, "Let one of the twelve events of mParticle's page carry every parameter.", default="false"
        ),
    },
)
