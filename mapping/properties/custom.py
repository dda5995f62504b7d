"""Compile custom mappings: which events a mapping takes, and its item (M1–M5)."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import msgspec

from config.conditions.comparison import fold
from config.model import Condition, Connection, CustomMapping, Match
from config.routes import Route
from config.vocabulary import EVENT_TYPES, PRODUCT_SOURCES, custom_event_note
from mapping.compile.functions import Fill
from mapping.compile.steps import Failure, ObjectSteps, Step
from mapping.conditions.compile import compile_for_events
from mapping.fields.money import PURCHASES, Money
from mapping.incoming.event import Incoming, Product, Promotion
from mapping.incoming.kinds import Kind
from mapping.properties.native import (
    BESIDE,
    CONTENTS,
    Item,
    Properties,
    compile_properties,
    objects_of,
    product_steps,
    products_of,
)
from mapping.properties.parameters import rows_of, source_of, step_of
from mapping.properties.parts import Parts, compile_parts
from mapping.results import Note
from mapping.tables import BRAND
from mapping.wire import Document, place_of

_NO_PRODUCT = (Product(),)  # for an event without products: one content, from all other fields
_NO_PROMOTION = (Promotion(),)


class CompiledMapping(msgspec.Struct, frozen=True):
    """One mapping: its conditions on the event's kind and on its values, and its items."""

    match: Match
    only_if: tuple[Callable[[Incoming], bool], ...]
    never_if: tuple[Callable[[Incoming], bool], ...]
    items: tuple[Item]
    """The item of an event that is not divided."""
    is_default: bool
    parts: Parts | None

    def selects(self, kind: Kind) -> bool:
        """Return whether the event's kind meets the mapping's conditions (M1, M5)."""
        match = self.match
        return (
            (kind.event_type in EVENT_TYPES if match.event_type is None else kind.event_type == match.event_type)
            and (match.action is None or kind.action == match.action)
            and (match.name is None or fold(kind.name) == match.name)
            and (match.custom_event_type is None or kind.custom_event_type == match.custom_event_type)
        )

    def items_of(self, incoming: Incoming) -> Iterable[Item]:
        """Return the items of an event that the mapping selects; none where its values do not meet the conditions."""
        for holds in self.only_if:
            if not holds(incoming):
                return ()
        for holds in self.never_if:
            if holds(incoming):
                return ()
        return self.items if self.parts is None else self.parts.items_of(self.items[0], incoming)


def compile_custom(mapping: CustomMapping, key: str, connection: Connection, route: Route) -> CompiledMapping:
    """Return the compiled mapping for one connection's route; `key` is the key of its items."""
    fill = compile_properties(_properties(mapping, connection, route), connection, route)
    if notes := [*_notes_of(mapping)]:
        fill = _with_notes(fill, notes)
    match = mapping.match
    attributes = (Condition("attribute", name, "in", tuple(sorted(v))) for name, v in match.attributes.items())
    return CompiledMapping(
        match,
        tuple(map(compile_for_events, (*attributes, *match.only_if))),
        tuple(map(compile_for_events, match.never_if)),
        (Item(mapping.tiktok_event, fill, key),),
        mapping.is_default,
        compile_parts(mapping),
    )


def _notes_of(mapping: CustomMapping) -> Iterator[Note]:
    """Yield the notes that every item of the mapping gets."""
    if mapping.is_custom_event:
        yield Note("event", custom_event_note(mapping.tiktok_event))
    if mapping.for_each is not None:
        text = "each is an event of its own; its event id is the event's with `-` and its place, from 0"
        yield Note(f"{mapping.for_each}s", text)


def _with_notes(fill: Fill, more: list[Note]) -> Fill:
    def apply(incoming: Incoming, document: Document, notes: list[Note]) -> Failure | None:
        failure = fill(incoming, document, notes)
        if failure is None:
            notes.extend(more)
        return failure

    return apply


def _one(_incoming: Incoming) -> Sequence[Product]:
    """Return one content, for a mapping without parameters that read products."""
    return _NO_PRODUCT


def _promotions_or_one(incoming: Incoming) -> Sequence[Promotion]:
    return incoming.promotions or _NO_PROMOTION


def _products_or_one(incoming: Incoming) -> Sequence[Product | None]:
    products = products_of(incoming)
    return products if any(products) else _NO_PRODUCT


def _properties(mapping: CustomMapping, connection: Connection, route: Route) -> Properties:
    """Return the steps of the parameters that the mapping lists (M2b), by their target and source, and of settings."""
    of_event: dict[tuple[str, ...], dict[str, Step]] = {
        within: {step.key: step for step in steps} for within, steps in objects_of(BESIDE, connection, route)
    }
    of_contents: list[Step] = []
    of_product: list[Step] = []
    promoted = False
    placed = ((row, p) for name, p in mapping.parameters.items() for row in rows_of(name, connection, route))
    for row, parameter in placed:
        step, within = step_of(row, parameter, mapping.tiktok_event), place_of(row.path).within
        if within != CONTENTS:
            of_event.setdefault(within[1:], {})[step.key] = step
        elif parameter.source in PRODUCT_SOURCES or parameter.source == "promotion":
            of_product.append(step)
            promoted = parameter.source == "promotion"
        else:
            of_contents.append(step)
    parts: Callable[[Incoming], Sequence[Any]] = _promotions_or_one if promoted else _products_or_one
    if not of_product:
        parts = _one
    elif not promoted and "brand" not in mapping.parameters:
        of_product.extend(product_steps((BRAND,), connection, route))
    objects = tuple(ObjectSteps(within, tuple(steps.values())) for within, steps in of_event.items())
    name = "promotions" if promoted else "products"
    return Properties(objects, tuple(of_contents), tuple(of_product), parts, _money(mapping), name)


def _money(mapping: CustomMapping) -> Money:
    """Return the incoming names of the mapping's currency and value; the parameter's name without a source."""
    names = {name: source_of(p).name for name, p in mapping.parameters.items()}
    return Money(names.get("currency", "currency"), names.get("value", "value"), mapping.tiktok_event in PURCHASES)
