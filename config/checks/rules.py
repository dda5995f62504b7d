"""Find forwarding rules, switches and omitted fields that have no effect, or after which nothing is sent."""

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Final, NamedTuple

from config.checks.implications import exclude, implies
from config.checks.overlap import matches_every
from config.checks.refusals import lines_of, route_rows_of
from config.model import Condition, Connection
from config.reading.draft import Draft, Located
from config.reading.omitted_fields import FIELDS, fields_of
from config.reading.yaml_tree import Fault
from config.vocabulary import NATIVE_EVENTS


class _Rule(NamedTuple):
    line: int
    condition: Condition


def _rules(located: Located[Connection], key: str) -> list[_Rule]:
    conditions: tuple[Condition, ...] = getattr(located.value.forward, key)
    lines = lines_of(located.table, "forward", key)
    return [_Rule(*rule) for rule in zip(lines, conditions, strict=True)]


def _nothing_is_sent(draft: Draft) -> Iterator[Fault]:
    """Yield rules that withhold every event."""
    for located in draft.connections:
        only, never = _rules(located, "only_if"), _rules(located, "never_if")
        for first, second in combinations(only, 2):
            if exclude(first.condition, second.condition):
                yield _nothing(located, second.line, f"it never holds together with that of line {first.line}")
        for needed in only:
            for rule in never:
                if implies(needed.condition, rule.condition):
                    why = f"it withholds all that `only_if` of line {needed.line} lets through"
                    yield _nothing(located, rule.line, why)
            if _no_environment(needed.condition, located.value):
                sent = ", ".join(sorted(located.value.environments))
                yield _nothing(located, needed.line, f"`environments` lets only {sent} through")


def _nothing(located: Located[Connection], line: int, why: str) -> Fault:
    return Fault(line, f"`{located.value.id}` sends nothing because of this rule: {why}")


def _no_environment(condition: Condition, connection: Connection) -> bool:
    """Return whether the condition lists environments that the connection does not send."""
    about = (condition.subject, condition.name) == ("batch", "environment")
    return about and condition.operator in ("is", "in") and not connection.environments & {*condition.values}


def _useless_rule(draft: Draft) -> Iterator[Fault]:
    """Yield rules that withhold nothing that another rule does not withhold."""
    for located in draft.connections:
        only, never = _rules(located, "only_if"), _rules(located, "never_if")
        for first, second in combinations(only, 2):
            yield from _one_is_enough(first, second, implies(first.condition, second.condition), "only_if")
        for first, second in combinations(never, 2):
            yield from _one_is_enough(first, second, implies(second.condition, first.condition), "never_if")
        for rule in never:
            excluding = [needed.line for needed in only if exclude(needed.condition, rule.condition)]
            if excluding:
                yield _useless(rule.line, "never_if", f"`only_if` of line {excluding[0]} lets no such event through")
            if _no_environment(rule.condition, located.value):
                yield _useless(rule.line, "never_if", "`environments` lets no such event through")


def _one_is_enough(first: _Rule, second: _Rule, second_is_useless: bool, key: str) -> Iterator[Fault]:
    """Yield the rule of a list that the other makes useless; of equal ones the second."""
    if second_is_useless:
        yield _useless(second.line, key, f"that of line {first.line} decides the same")
    elif implies(*((second.condition, first.condition) if key == "only_if" else (first.condition, second.condition))):
        yield _useless(first.line, key, f"that of line {second.line} decides the same")


def _useless(line: int, key: str, why: str) -> Fault:
    return Fault(line, f"this rule of `{key}` has no effect: {why}")


def _useless_switch(draft: Draft) -> Iterator[Fault]:
    for located in draft.connections:
        off = {action for action, event in located.value.native_events.items() if event is None}
        for action in sorted(off):
            if any(matches_every(action, mapping) for mapping in located.value.custom_mappings):
                yield Fault(
                    located.line("native_events"),
                    f"`{action}: off` has no effect: a custom mapping takes every such event",
                )
        if off == NATIVE_EVENTS.keys() and not located.value.custom_mappings:
            yield Fault(
                located.line("native_events"),
                f"`{located.value.id}` sends nothing: every native event is off, and there is no custom mapping",
            )


def _useless_omission(draft: Draft) -> Iterator[Fault]:
    for located in draft.connections:
        used = {row.route.name for row in route_rows_of(located.value, draft).values()}
        omitted: set[str] = set()
        for path, line in zip(located.value.omit, lines_of(located.table, "omit"), strict=True):
            fields = {*fields_of(path)}
            if not any(FIELDS[field] & used for field in fields):
                yield Fault(line, f"omitting `{path}` has no effect: no event of this connection has it")
            elif fields <= omitted:
                yield Fault(line, f"omitting `{path}` has no effect: an earlier path omits it")
            omitted |= fields
        yield from _after_omission(located, omitted, {field for field in FIELDS if FIELDS[field] & used})


def _after_omission(located: Located[Connection], omitted: set[str], sent: set[str]) -> Iterator[Fault]:
    """Yield settings that fill an omitted field only, and connections without any field that tells who the user is."""
    if "user.ip" in omitted:
        for key in ("enrich_ip_address", "peer_ip_fallback"):
            if getattr(located.value, key):
                yield Fault(located.line(key), f"`{key}` has no effect: `omit` names user.ip")
    people = {field for field in sent if field.startswith("user.")}
    if people and people <= omitted:
        yield Fault(
            located.line("omit"),
            f"`{located.value.id}` omits every field of `user`: TikTok can match its events with no person",
        )


RULE_WARNINGS: Final[tuple[Callable[[Draft], Iterator[Fault]], ...]] = (
    _nothing_is_sent,
    _useless_rule,
    _useless_switch,
    _useless_omission,
)
"""Further rows of `warnings.WARNINGS`."""
