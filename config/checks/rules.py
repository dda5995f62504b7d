"""Find forwarding rules, switches and omitted fields that have no effect, or after which nothing is sent."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import islice
from typing import Final, NamedTuple

from config.additional_fields import FIELD_SETS, named
from config.checks.implications import exclude, implies
from config.checks.overlap import matches_every
from config.checks.refusals import lines_of, route_rows_of, tables_of_mappings
from config.checks.related import RelatedConditions, first_excluding, stronger_ones, weaker_ones
from config.model import Condition, Connection, CustomMapping
from config.reading.draft import Draft, Located
from config.reading.omitted_fields import FIELDS, fields_of, fields_of_parameter
from config.reading.yaml_tree import Fault, Table
from config.vocabulary import LOGIN_IDENTITIES, NATIVE_EVENTS


class _Rule(NamedTuple):
    line: int
    condition: Condition


def _rules(located: Located[Connection], key: str) -> list[_Rule]:
    conditions: tuple[Condition, ...] = getattr(located.value.forward, key)
    lines = lines_of(located.table, "forward", key)
    return [_Rule(*rule) for rule in zip(lines, conditions, strict=True)]


def _conditions(rules: list[_Rule]) -> list[Condition]:
    return [rule.condition for rule in rules]


def _nothing_is_sent(draft: Draft) -> Iterator[Fault]:
    """Yield rules that withhold every event."""
    for located in draft.connections:
        only, never = _rules(located, "only_if"), _rules(located, "never_if")
        for first, second in first_excluding(_conditions(only)):
            yield _nothing(located, only[second].line, f"it never holds together with that of line {only[first].line}")
        refused = RelatedConditions(_conditions(never))
        for needed in only:
            for place in islice(refused.implied_by(needed.condition), 1):
                why = f"it withholds all that `only_if` of line {needed.line} lets through"
                yield _nothing(located, never[place].line, why)


def _nothing(located: Located[Connection], line: int, why: str) -> Fault:
    return Fault(line, f"`{located.value.id}` sends nothing because of this rule: {why}")


class _Setting(NamedTuple):
    """A setting that withholds events, as the condition that it lets through, and in words."""

    key: str
    condition: Condition
    lets: str


def settings_of(connection: Connection) -> Iterator[_Setting]:
    sent = sorted(connection.environments)
    yield _Setting("environments", Condition("batch", "environment", "in", tuple(sent)), ", ".join(sent))
    if connection.gdpr_purpose is not None:
        consent = Condition("gdpr_consent", connection.gdpr_purpose, "is", ("true",))
        yield _Setting("gdpr_purpose", consent, "users with consent")


def _useless_rule(draft: Draft) -> Iterator[Fault]:
    """Yield rules that withhold nothing that another rule does not withhold."""
    for located in draft.connections:
        for key, useless_ones in (("only_if", weaker_ones), ("never_if", stronger_ones)):
            rules = _rules(located, key)
            for useless, other in useless_ones(_conditions(rules)):
                yield _useless(rules[useless].line, key, f"that of line {rules[other].line} decides the same")
        only = _rules(located, "only_if")
        needed = RelatedConditions(_conditions(only))
        for rule in _rules(located, "never_if"):
            for place in islice(needed.excluding(rule.condition), 1):
                yield _useless(
                    rule.line, "never_if", f"`only_if` of line {only[place].line} lets no such event through"
                )


def _useless(line: int, key: str, why: str) -> Fault:
    return Fault(line, f"this rule of `{key}` has no effect: {why}")


def _beside_settings(draft: Draft) -> Iterator[Fault]:
    """Yield rules that withhold every event, or nothing, because another setting withholds events too."""
    for located in draft.connections:
        for setting in settings_of(located.value):
            for rule in _rules(located, "only_if"):
                if exclude(setting.condition, rule.condition):
                    yield _nothing(located, rule.line, f"`{setting.key}` lets only {setting.lets} through")
                if implies(setting.condition, rule.condition):
                    yield _useless(rule.line, "only_if", f"`{setting.key}` decides the same")
            for rule in _rules(located, "never_if"):
                if implies(setting.condition, rule.condition):
                    yield _nothing(located, rule.line, f"it withholds all that `{setting.key}` lets through")
                if exclude(setting.condition, rule.condition):
                    yield _useless(rule.line, "never_if", f"`{setting.key}` lets no such event through")


def _beside_logged_in_only(draft: Draft) -> Iterator[Fault]:
    """Yield `logged_in_only` where rules on identities let no such user through, or only such users anyway."""
    for located in draft.connections:
        forward = located.table.values.get("forward")
        if not located.value.forward.logged_in_only or not isinstance(forward, Table):
            continue
        line = forward.lines["logged_in_only"]
        only, never = _rules(located, "only_if"), _rules(located, "never_if")
        requiring = [rule for rule in only if any(implies(rule.condition, known) for known in _KNOWN)]
        requiring += [rule for rule in never if any(implies(unknown, rule.condition) for unknown in _UNKNOWN)]
        if requiring:
            why = f"the rule of line {requiring[0].line} lets known users only through"
            yield Fault(line, f"`logged_in_only` has no effect: {why}")
        barring = [
            [rule.line for rule in only if exclude(known, rule.condition)]
            + [rule.line for rule in never if implies(known, rule.condition)]
            for known in _KNOWN
        ]
        if all(barring):
            lines = " and ".join(str(first) for first, *_ in barring)
            yield _nothing(located, line, f"the rules of lines {lines} let no known user through")


_KNOWN: Final = tuple(Condition("identity", kind, "exists", ("true",)) for kind in LOGIN_IDENTITIES)
_UNKNOWN: Final = tuple(replace(known, values=("false",)) for known in _KNOWN)


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
    for key, fields in _FILLS.items():
        filled = fields & sent
        if key in located.table.values and getattr(located.value, key) and filled and filled <= omitted:
            yield Fault(located.line(key), f"`{key}` has no effect: `omit` names {' and '.join(sorted(filled))}")
    for name in named(located.value.also_send):
        if {path.replace("[]", "") for path in FIELD_SETS.get(name, {name})} <= omitted:
            yield Fault(located.line("also_send"), f"`{name}` in `also_send` has no effect: `omit` names it")
    for mapping, table in tables_of_mappings(located):
        yield from _omitted_parameters(mapping, table, omitted)
    people = {field for field in sent if field.startswith("user.")}
    if people and people <= omitted:
        yield Fault(
            located.line("omit"),
            f"`{located.value.id}` omits every field of `user`: TikTok can match its events with no person",
        )


_FILLS: Final[Mapping[str, frozenset[str]]] = {
    "enrich_ip_address": frozenset({"user.ip"}),
    "peer_ip_fallback": frozenset({"user.ip"}),
    "default_region": frozenset({"user.phone"}),
    "ttclid_from_url": frozenset({"user.ttclid", "ad.callback"}),
    "send_content_ids": frozenset({"properties.content_ids"}),
    "send_search_string": frozenset({"properties.search_string"}),
    "send_order_id": frozenset({"properties.order_id"}),
}
"""Settings that only fill some fields, with these fields."""


def _omitted_parameters(mapping: CustomMapping, table: Table, omitted: set[str]) -> Iterator[Fault]:
    """Yield parameters of a custom mapping whose fields are all omitted."""
    parameters = table.values.get("parameters")
    lines = parameters.lines if isinstance(parameters, Table) else {}
    for name, line in lines.items():
        fields = fields_of_parameter(name)
        if fields and fields <= omitted:
            yield Fault(
                line,
                f"`{name}` of the custom mapping to {mapping.tiktok_event} has no effect: `omit` names its field",
            )


RULE_WARNINGS: Final[tuple[Callable[[Draft], Iterator[Fault]], ...]] = (
    _nothing_is_sent,
    _useless_rule,
    _beside_settings,
    _beside_logged_in_only,
    _useless_switch,
    _useless_omission,
)
"""Further rows of `warnings.WARNINGS`."""
