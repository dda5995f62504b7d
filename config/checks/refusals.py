"""What is wrong between settings that are each right; every check is one row of CHECKS."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import chain
from typing import TypeVar

from config.model import Connection, CustomMapping, Input
from config.reading.draft import Draft, Located
from config.reading.yaml_tree import Fault, Items, Table
from config.routes import LEGACY, LEGACY_MAX_EVENTS, RouteRow, route_row
from config.vocabulary import WEB_EVENTS

T = TypeVar("T", Input, Connection)


def find_faults(draft: Draft) -> list[Fault]:
    """Everything that keeps the file from being put in force, in the order of its lines."""
    found = chain(draft.faults, *(check(draft) for check in CHECKS))
    return sorted(found, key=lambda fault: fault.line or 0)


def route_rows_of(connection: Connection, draft: Draft) -> dict[str, RouteRow]:
    """Return the rows of the table of routes that a connection uses, by input; unknown inputs are omitted."""
    platforms = {located.value.id: located.value.platform for located in draft.inputs}
    return {name: route_row(connection, platforms[name]) for name in connection.inputs if name in platforms}


def mapped_events(one: Located[Connection]) -> list[tuple[CustomMapping, int]]:
    """The custom mappings of a connection, each with the line that names its TikTok event."""
    items = one.table.values.get("custom_mappings")
    tables = (item for item in (items.values if isinstance(items, Items) else ()) if isinstance(item, Table))
    return [(m, table.lines["tiktok_event"]) for m, table in zip(one.value.custom_mappings, tables, strict=True)]


def _repeated(located: Iterable[Located[T]], key: Callable[[T], Hashable]) -> Iterator[Located[T]]:
    seen: set[Hashable] = set()
    for one in located:
        if key(one.value) in seen:
            yield one
        seen.add(key(one.value))


def _ids_are_unique(draft: Draft) -> Iterator[Fault]:
    for one in _repeated(draft.inputs, lambda one: one.id):
        yield Fault(one.line("id"), f"the id `{one.value.id}` is another input's too: each needs its own")
    for other in _repeated(draft.connections, lambda one: one.id):
        yield Fault(other.line("id"), f"the id `{other.value.id}` is another connection's too: each needs its own")


def _former_ids_are_free(draft: Draft) -> Iterator[Fault]:
    """An event that waits under a former id must belong to one input."""
    taken = {one.value.id: one.value.id for one in draft.inputs}
    for one in draft.inputs:
        for name in one.value.formerly:
            if name in taken:
                yield Fault(
                    one.line("formerly"),
                    f"`formerly` names `{name}`, which is {_whose(name, taken[name], one.value.id)}: "
                    "name ids that this input had and that no input has now",
                )
            taken.setdefault(name, one.value.id)


def _whose(name: str, owner: str, this: str) -> str:
    if owner == this:
        return "this input's own id" if name == this else "named twice"
    return "another input's id" if name == owner else f"a former id of `{owner}` too"


def _keys_are_unique(draft: Draft) -> Iterator[Fault]:
    for one in _repeated(draft.inputs, lambda one: one.api_key):
        yield Fault(one.line("api_key"), "`api_key` is another input's too: each needs its own, as it says which input")


def _inputs_are_named_once(draft: Draft) -> Iterator[Fault]:
    for one in draft.connections:
        if len(set(one.value.inputs)) < len(one.value.inputs):
            yield Fault(one.line("inputs"), "`inputs` names an input twice: once is enough")


def _one_kind_of_id(draft: Draft) -> Iterator[Fault]:
    """C3: an event source id is a Pixel ID or an App ID or an Offline Event Set ID."""
    for one in draft.connections:
        kinds = {name: row.route.id_kind for name, row in route_rows_of(one.value, draft).items()}
        if len(set(kinds.values())) > 1:
            found = ", ".join(f"{name}: {kind}" for name, kind in kinds.items())
            yield Fault(
                one.line("inputs"),
                f"`inputs` need different kinds of event source id ({found}): make a connection for each kind",
            )


def _legacy_takes_less(draft: Draft) -> Iterator[Fault]:
    for one in _legacy(draft):
        if (one.value.max_events_per_request or 0) > LEGACY_MAX_EVENTS:
            allowed = f"allowed is a whole number from 1 to {LEGACY_MAX_EVENTS} on a legacy connection"
            message = f"`max_events_per_request` is `{one.value.max_events_per_request}`: {allowed}"
            yield Fault(one.line("max_events_per_request"), message)


def _legacy_has_no_tests(draft: Draft) -> Iterator[Fault]:
    for one in _legacy(draft):
        if one.value.test_event_code:
            message = "`test_event_code` cannot be used on a legacy connection: TikTok's batch API takes none"
            yield Fault(one.line("test_event_code"), message)


def _legacy(draft: Draft) -> Iterator[Located[Connection]]:
    return (
        one for one in draft.connections if any(row.route is LEGACY for row in route_rows_of(one.value, draft).values())
    )


def _app_names_on_app_connections(draft: Draft) -> Iterator[Fault]:
    """M2: TikTok's names for app events are for connections that need an App ID."""
    for one in draft.connections:
        kinds = {row.route.id_kind for row in route_rows_of(one.value, draft).values()} - {"App ID"}
        events = [(mapping.tiktok_event, line) for mapping, line in mapped_events(one)]
        events += [(event, one.line("native_events")) for event in one.value.native_events.values()]
        for event, line in events if kinds else ():
            if event not in WEB_EVENTS:
                allowed = f"allowed are {', '.join(WEB_EVENTS)}"
                yield Fault(
                    line,
                    f"`{event}` is for app connections and this one has another kind of id ({min(kinds)}): {allowed}",
                )


CHECKS: tuple[Callable[[Draft], Iterator[Fault]], ...] = (
    _ids_are_unique,
    _former_ids_are_free,
    _keys_are_unique,
    _inputs_are_named_once,
    _one_kind_of_id,
    _legacy_takes_less,
    _legacy_has_no_tests,
    _app_names_on_app_connections,
)
