"""Find connections that send the same events to one event source: TikTok gets each of them twice."""

from collections.abc import Iterator
from dataclasses import replace

from config.checks.related import RelatedConditions
from config.checks.rules import settings_of
from config.model import Condition, Connection
from config.reading.draft import Draft
from config.reading.yaml_tree import Fault
from config.vocabulary import NATIVE_EVENTS


def sent_twice(draft: Draft) -> Iterator[Fault]:
    """Yield each connection whose events another one above it may send, too."""
    for place, located in enumerate(draft.connections):
        above = (other.value for other in draft.connections[:place])
        others = [other for other in above if _may_send_the_same(other, located.value)]
        if others:
            inputs = {name for other in others for name in other.inputs}
            shared = ", ".join(name for name in located.value.inputs if name in inputs)
            names = " and ".join(f"`{other.id}`" for other in others)
            yield Fault(
                located.line("event_source_id"),
                f"`{located.value.id}` sends the events of {shared} to the same event source as"
                f" {names}: TikTok sees each of them twice",
            )


def _may_send_the_same(first: Connection, second: Connection) -> bool:
    """Return False where rules let no event through both connections."""
    if first.event_source_id != second.event_source_id or not {*first.inputs} & {*second.inputs}:
        return False
    if not (first.enabled and second.enabled and _sources(first) & _sources(second)):
        return False
    of_first, of_second = _needed(first), _needed(second)
    needed = RelatedConditions(of_first)
    if any(_is_any(needed.excluding(condition)) for condition in of_second):
        return False
    refused = ((of_first, second.forward.never_if), (of_second, first.forward.never_if))
    return not any(_implies_one(wanted, RelatedConditions(unwanted)) for wanted, unwanted in refused)


def _implies_one(wanted: list[Condition], unwanted: RelatedConditions) -> bool:
    return any(_is_any(unwanted.implied_by(condition)) for condition in wanted)


def _is_any(places: Iterator[int]) -> bool:
    return next(places, None) is not None


def _sources(connection: Connection) -> set[str]:
    """Return what a connection makes events of: product actions; any event, where it has custom mappings."""
    on = {action for action in NATIVE_EVENTS if connection.native_events.get(action, "") is not None}
    return on | {*NATIVE_EVENTS, "any"} if connection.custom_mappings else on


def _needed(connection: Connection) -> list[Condition]:
    """Return conditions that every event meets that the connection sends."""
    never = connection.forward.never_if
    existing = (rule for rule in never if rule.operator == "exists")
    opposite = (replace(rule, values=("false" if rule.values == ("true",) else "true",)) for rule in existing)
    return [*(setting.condition for setting in settings_of(connection)), *connection.forward.only_if, *opposite]
