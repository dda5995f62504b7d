"""The schema of `match` and `products` of a custom mapping: which events it takes, and which of their products."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from config.model import Condition, Match, Products
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


def _check_products(given: Mapping[str, Any], table: Table) -> Iterable[Fault]:
    if not given:
        yield Fault(table.line, "`products` is empty and chooses nothing: give at least one of its keys")
    for condition, line in conditions_of(given, table):
        if condition.subject not in PRODUCT_SOURCES:
            allowed = " and ".join(sorted(PRODUCT_SOURCES))
            yield Fault(
                line,
                f"`{condition.subject}` is the same for every product: allowed are {allowed};"
                " a condition on the event belongs in `match`",
            )


PRODUCTS = Record(
    make=Products,
    what="`products`",
    example="{only_if: [{product: category, is: shoes}]}",
    check=_check_products,
    rows={
        "only_if": KeyRow(_CONDITIONS, "Conditions that must all hold for a product."),
        "never_if": KeyRow(_CONDITIONS, "Conditions of which none may hold for a product."),
        "take": KeyRow(choice(TAKE), "Take only the first or the last of the products that the conditions leave."),
    },
)
