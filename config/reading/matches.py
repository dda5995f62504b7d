"""The schema of `match`, `products` and `promotions`: which events a custom mapping takes, and what it reads."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from config.model import Condition, ForEach, Match, Selection, Subject
from config.reading.conditions import CONDITION
from config.reading.readers import TEXT_SCHEMA, Reader, choice, folded
from config.reading.records import KeyRow, Record, listing, mapping
from config.reading.yaml_tree import Fault, Items, Node, Table
from config.vocabulary import (
    CUSTOM_EVENT_TYPES,
    EVENT_TYPES,
    PRODUCT_ACTION_ALIASES,
    PRODUCT_ACTIONS,
    PRODUCT_SOURCES,
    TAKE,
)


def _read_values(name: str, node: Node) -> frozenset[str]:
    if isinstance(node, Items):
        return frozenset(_LIST_OF_VALUES(name, node))
    return frozenset({folded(name, node)})


_LIST_OF_VALUES = listing(folded, "[shop, sale]", least=1)
_values = Reader(_read_values, {"anyOf": [TEXT_SCHEMA, _LIST_OF_VALUES.schema]})
"""One value, or a list of values of which any may match."""
_CONDITIONS: Final = listing(CONDITION, "[{attribute: channel, is: web}]", least=1)
OF_COMMERCE: Final = PRODUCT_SOURCES | {"promotion"}
"""The subjects that only commerce events have."""


def conditions_of(given: Mapping[str, Any], table: Table) -> Iterable[tuple[Condition, int]]:
    """Yield the conditions of `only_if` and `never_if`, each with its line."""
    for key in ("only_if", "never_if"):
        items = table.values.get(key)
        lines = [item.line for item in items.values] if isinstance(items, Items) else []
        yield from zip(given.get(key, ()), lines, strict=True)


def _check_match(given: Mapping[str, Any], table: Table) -> Iterable[Fault]:
    event_type = given.get("event_type")
    if not given:
        yield Fault(table.line, "`match` is empty and would match every event: give at least one of its keys")
    if "action" in given and event_type not in (None, "commerce_event"):
        yield Fault(table.lines["action"], f"`action` never holds for a {event_type}: only commerce events have one")
    if "custom_event_type" in given and event_type == "screen_view":
        yield Fault(table.lines["custom_event_type"], "`custom_event_type` never holds for a screen_view: it has none")
    for condition, line in conditions_of(given, table):
        if condition.subject in OF_COMMERCE and event_type not in (None, "commerce_event"):
            yield Fault(line, f"a condition on a {condition.subject} never fits a {event_type}: it has none")


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
        "only_if": KeyRow(_CONDITIONS, "Conditions that must all hold."),
        "never_if": KeyRow(_CONDITIONS, "Conditions of which none may hold."),
    },
)


def _choice(kind: ForEach, subjects: frozenset[Subject], example: str) -> Record[Selection]:
    """Return the record that chooses products or promotions by conditions on these subjects."""

    def check(given: Mapping[str, Any], table: Table) -> Iterable[Fault]:
        if not given:
            yield Fault(table.line, f"`{kind}s` is empty and chooses nothing: give at least one of its keys")
        for condition, line in conditions_of(given, table):
            if condition.subject not in subjects:
                allowed = " and ".join(sorted(subjects))
                yield Fault(
                    line,
                    f"`{condition.subject}` is the same for every {kind}: allowed are {allowed};"
                    " a condition on the event belongs in `match`",
                )

    return Record(
        make=Selection,
        what=f"`{kind}s`",
        example=f"{{only_if: [{example}]}}",
        check=check,
        rows={
            "only_if": KeyRow(_CONDITIONS, f"Conditions that must all hold for a {kind}."),
            "never_if": KeyRow(_CONDITIONS, f"Conditions of which none may hold for a {kind}."),
            "take": KeyRow(choice(TAKE), f"Take only the first or the last {kind} that the conditions leave."),
        },
    )


PRODUCTS: Final = _choice("product", frozenset({"product", "product_attribute"}), "{product: category, is: shoes}")
PROMOTIONS: Final = _choice("promotion", frozenset({"promotion"}), "{promotion: name, is: spring}")
