"""Find custom mappings that take no event, and conditions of theirs that make no difference."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from config.checks.overlap import conditions_of, conditions_on_one_part, matches_every
from config.checks.refusals import lines_of, mapped_events, tables_of_mappings
from config.checks.related import RelatedConditions, first_excluding, stronger_ones, weaker_ones
from config.model import Condition, CustomMapping, Match
from config.reading.draft import Draft
from config.reading.yaml_tree import Fault, Table
from config.vocabulary import NATIVE_EVENTS

_NEVER: Final = "the custom mapping to {event} takes no event"


class _Rules(NamedTuple):
    """The conditions of a `match`, `products` or `promotions`, each with its line: what must hold, what must not."""

    event: str
    what: str
    only: Sequence[tuple[Condition, int]]
    never: Sequence[tuple[Condition, int]]


def _rules_of(draft: Draft) -> Iterator[_Rules]:
    for located in draft.connections:
        for mapping, table in tables_of_mappings(located):
            yield from _rules_of_mapping(mapping, table)


def _rules_of_mapping(mapping: CustomMapping, table: Table) -> Iterator[_Rules]:
    match = mapping.match
    needed = conditions_of(match)
    lines = lines_of(table, "match", "only_if")
    named = [table.lines.get("match", table.line)] * (len(needed) - len(lines))
    never = [*zip(match.never_if, lines_of(table, "match", "never_if"), strict=True)]
    yield _Rules(mapping.tiktok_event, "match", [*zip(needed, [*named, *lines], strict=True)], never)
    for what, choice in (("products", mapping.products), ("promotions", mapping.promotions)):
        if choice is not None:
            wanted, unwanted = (conditions_on_one_part(rules) for rules in (choice.only_if, choice.never_if))
            yield _Rules(
                mapping.tiktok_event,
                what,
                [*zip(wanted, lines_of(table, what, "only_if"), strict=True)],
                [*zip(unwanted, lines_of(table, what, "never_if"), strict=True)],
            )


def _never_holds(draft: Draft) -> Iterator[Fault]:
    """Yield mappings whose conditions no event can meet."""
    for rules in _rules_of(draft):
        nothing = _NEVER.format(event=rules.event)
        for first, second in first_excluding(_conditions(rules.only)):
            (_, earlier), (_, line) = rules.only[first], rules.only[second]
            yield Fault(line, f"{nothing}: this never holds together with what line {earlier} needs")
        refused = RelatedConditions(_conditions(rules.never))
        for needed, earlier in rules.only:
            for place in islice(refused.implied_by(needed), 1):
                yield Fault(rules.never[place][1], f"{nothing}: this holds for all that line {earlier} lets through")


def _makes_no_difference(draft: Draft) -> Iterator[Fault]:
    """Yield conditions that another one of the same mapping makes useless."""
    for rules in _rules_of(draft):
        where = f"this condition of `{rules.what}` makes no difference"
        for useless, other in weaker_ones(_conditions(rules.only)):
            (_, line), (_, decisive) = rules.only[useless], rules.only[other]
            yield Fault(line, f"{where}: it holds wherever that of line {decisive} does")
        for useless, other in stronger_ones(_conditions(rules.never)):
            (_, line), (_, decisive) = rules.never[useless], rules.never[other]
            yield Fault(line, f"{where}: that of line {decisive} excludes all that it excludes")
        needed = RelatedConditions(_conditions(rules.only))
        for refused, line in rules.never:
            if next(needed.excluding(refused), None) is not None:
                yield Fault(line, f"{where}: another condition already excludes what it excludes")


def _conditions(rules: Sequence[tuple[Condition, int]]) -> list[Condition]:
    return [condition for condition, _ in rules]


def _takes_native_events(draft: Draft) -> Iterator[Fault]:
    """M4: warn of a custom event that takes a product action's events from the event that campaigns optimise for."""
    for located in draft.connections:
        standard = [mapping for mapping in located.value.custom_mappings if not mapping.is_custom_event]
        for mapping, line in mapped_events(located):
            action = mapping.match.action
            native = located.value.native_events.get(action or "", NATIVE_EVENTS.get(action or ""))
            if not mapping.is_custom_event or action is None or native is None:
                continue
            if not any(other.match.action == action or matches_every(action, other) for other in standard):
                yield Fault(
                    line,
                    f"events that {mapping.tiktok_event} takes are not sent as {native} any more:"
                    f" to send both, add a mapping to {native} that takes the same events",
                )


def _default_without_events(draft: Draft) -> Iterator[Fault]:
    """Yield defaults for which another mapping leaves no event."""
    for located in draft.connections:
        mappings = mapped_events(located)
        all_of_a_type = [
            (mapping, line) for mapping, line in mappings[::-1] if mapping.match == Match(mapping.match.event_type)
        ]
        taking = {mapping.match.event_type: line for mapping, line in all_of_a_type if not mapping.is_default}
        for mapping, line in mappings:
            kind = mapping.match.event_type
            if mapping.is_default and kind in taking:
                why = f"that of line {taking[kind]} takes every {kind}"
                yield Fault(line, f"{_NEVER.format(event=mapping.tiktok_event)}: {why}")


def _total_with_each(draft: Draft) -> Iterator[Fault]:
    """Yield mappings that send the amount of the whole event with each of its products."""
    for located in draft.connections:
        for mapping, table in tables_of_mappings(located):
            value, parameters = mapping.parameters.get("value"), table.values.get("parameters")
            if mapping.for_each is None or value is None or not isinstance(parameters, Table):
                continue
            if value.source == "field" and value.name in _OF_THE_WHOLE:
                yield Fault(
                    parameters.lines["value"],
                    f"`value` is the {value.name} of the whole event, and `for_each: {mapping.for_each}` sends it with"
                    f" each {mapping.for_each}: TikTok adds them up; take an amount of the product",
                )


_OF_THE_WHOLE: Final = frozenset({"total_amount", "tax_amount", "shipping_amount"})

MAPPING_WARNINGS: Final[tuple[Callable[[Draft], Iterator[Fault]], ...]] = (
    _never_holds,
    _makes_no_difference,
    _default_without_events,
    _takes_native_events,
    _total_with_each,
)
"""Further rows of `warnings.WARNINGS`."""
