"""Find errors between settings that are each valid; every check is one row of CHECKS."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import chain
from typing import TypeVar

from config.additional_fields import ADDITIONAL_PARAMETERS
from config.model import Connection, CustomMapping, Input
from config.reading.draft import Draft, Located
from config.reading.omitted_fields import REQUIRED, fields_of
from config.reading.yaml_tree import Fault, Items, Node, Table
from config.routes import LEGACY, LEGACY_MAX_EVENTS, RouteRow, route_row
from config.sources.model import QueueSource
from config.vocabulary import MOST_CUSTOM_EVENTS, WEB_EVENTS

T = TypeVar("T", Input, Connection, QueueSource)


def find_faults(draft: Draft) -> list[Fault]:
    """Return every error for which the file is refused, in the order of its lines."""
    found = chain(draft.faults, *(check(draft) for check in CHECKS))
    return sorted(found, key=lambda fault: fault.line or 0)


def route_rows_of(connection: Connection, draft: Draft) -> dict[str, RouteRow]:
    """Return the rows of the table of routes that a connection uses, by input; unknown inputs are omitted."""
    platforms = {located.value.id: located.value.platform for located in draft.inputs}
    return {name: route_row(connection, platforms[name]) for name in connection.inputs if name in platforms}


def tables_of_mappings(located: Located[Connection]) -> list[tuple[CustomMapping, Table]]:
    """Return the custom mappings of a connection, each with the table that it was read from."""
    items = located.table.values.get("custom_mappings")
    tables = [item for item in (items.values if isinstance(items, Items) else ()) if isinstance(item, Table)]
    return list(zip(located.value.custom_mappings, tables, strict=True))


def mapped_events(located: Located[Connection]) -> list[tuple[CustomMapping, int]]:
    """Return the custom mappings of a connection, each with the line that names its event."""
    mappings = tables_of_mappings(located)
    return [(m, table.lines.get("tiktok_event") or table.lines["custom_event"]) for m, table in mappings]


def lines_of(table: Table, *keys: str) -> list[int]:
    """Return the lines of a list's items, found by these keys from table to table; none where it is not written."""
    node: Node | None = table
    for key in keys:
        node = node.values.get(key) if isinstance(node, Table) else None
    return [item.line for item in node.values] if isinstance(node, Items) else []


def _repeated(entries: Iterable[Located[T]], key: Callable[[T], Hashable]) -> Iterator[Located[T]]:
    """Yield the entries whose key an earlier entry has."""
    seen: set[Hashable] = set()
    for located in entries:
        if key(located.value) in seen:
            yield located
        seen.add(key(located.value))


def _ids_are_unique(draft: Draft) -> Iterator[Fault]:
    for located in _repeated(draft.inputs, lambda entry: entry.id):
        yield Fault(located.line("id"), f"the id `{located.value.id}` is another input's too: each needs its own")
    for other in _repeated(draft.connections, lambda entry: entry.id):
        yield Fault(other.line("id"), f"the id `{other.value.id}` is another connection's too: each needs its own")
    for queue in _repeated(draft.sources, lambda entry: entry.id):
        yield Fault(queue.line("id"), f"the id `{queue.value.id}` is another source's too: each needs its own")


def _former_ids_are_free(draft: Draft) -> Iterator[Fault]:
    """Refuse a former id that two inputs claim: an event that waits under it belongs to exactly one input."""
    taken = {located.value.id: located.value.id for located in draft.inputs}
    for located in draft.inputs:
        for name in located.value.formerly:
            if name in taken:
                yield Fault(
                    located.line("formerly"),
                    f"`formerly` names `{name}`, which is {_whose(name, taken[name], located.value.id)}: "
                    "name ids that this input had and that no input has now",
                )
            taken.setdefault(name, located.value.id)


def _whose(name: str, owner: str, this: str) -> str:
    if owner == this:
        return "this input's own id" if name == this else "named twice"
    return "another input's id" if name == owner else f"a former id of `{owner}` too"


def _keys_are_unique(draft: Draft) -> Iterator[Fault]:
    for located in _repeated(draft.inputs, lambda entry: entry.api_key):
        yield Fault(
            located.line("api_key"), "`api_key` is another input's too: each needs its own, as it says which input"
        )


def _inputs_are_named_once(draft: Draft) -> Iterator[Fault]:
    for located in draft.connections:
        if len(set(located.value.inputs)) < len(located.value.inputs):
            yield Fault(located.line("inputs"), "`inputs` names an input twice: once is enough")


def _one_kind_of_id(draft: Draft) -> Iterator[Fault]:
    """C3: refuse inputs that need different kinds of event source id."""
    for located in draft.connections:
        kinds = {name: row.route.id_kind for name, row in route_rows_of(located.value, draft).items()}
        if len(set(kinds.values())) > 1:
            found = ", ".join(f"{name}: {kind}" for name, kind in kinds.items())
            yield Fault(
                located.line("inputs"),
                f"`inputs` need different kinds of event source id ({found}): make a connection for each kind",
            )


def _legacy_takes_less(draft: Draft) -> Iterator[Fault]:
    for located in _legacy(draft):
        if (located.value.max_events_per_request or 0) > LEGACY_MAX_EVENTS:
            allowed = f"allowed is a whole number from 1 to {LEGACY_MAX_EVENTS} on a legacy connection"
            message = f"`max_events_per_request` is `{located.value.max_events_per_request}`: {allowed}"
            yield Fault(located.line("max_events_per_request"), message)


def _legacy_has_no_tests(draft: Draft) -> Iterator[Fault]:
    for located in _legacy(draft):
        if located.value.test_event_code:
            message = "`test_event_code` cannot be used on a legacy connection: TikTok's batch API takes none"
            yield Fault(located.line("test_event_code"), message)


def _legacy(draft: Draft) -> Iterator[Located[Connection]]:
    return (
        located
        for located in draft.connections
        if any(row.route is LEGACY for row in route_rows_of(located.value, draft).values())
    )


def _app_names_on_app_connections(draft: Draft) -> Iterator[Fault]:
    """M2: refuse TikTok's names for app events on connections that need no App ID."""
    for located in draft.connections:
        kinds = {row.route.id_kind for row in route_rows_of(located.value, draft).values()} - {"App ID"}
        mapped = mapped_events(located)
        events = [(mapping.tiktok_event, line) for mapping, line in mapped if not mapping.is_custom_event]
        events += [(event, located.line("native_events")) for event in located.value.native_events.values() if event]
        for event, line in events if kinds else ():
            if event not in WEB_EVENTS:
                allowed = f"allowed are {', '.join(WEB_EVENTS)}"
                yield Fault(
                    line,
                    f"`{event}` is for app connections and this one has another kind of id ({min(kinds)}): {allowed}",
                )


def _parameters_have_a_route(draft: Draft) -> Iterator[Fault]:
    """M3: refuse a parameter that no event of the connection may carry."""
    for located in draft.connections:
        used = {row.route.name for row in route_rows_of(located.value, draft).values()}
        for mapping, table in tables_of_mappings(located):
            parameters = table.values.get("parameters")
            lines = parameters.lines if isinstance(parameters, Table) else {}
            for name in mapping.parameters:
                field = ADDITIONAL_PARAMETERS.get(name)
                if used and field is not None and not field.routes & used:
                    only = f"`{name}` goes out with {', '.join(sorted(field.routes))} events only"
                    yield Fault(lines[name], f"{only}, and this connection sends {' and '.join(sorted(used))} events")


def _event_sets_take_standard_events(draft: Draft) -> Iterator[Fault]:
    """Refuse custom events for event sets: TikTok takes those of websites and apps only."""
    for located in draft.connections:
        kinds = {row.route.id_kind for row in route_rows_of(located.value, draft).values()} - {"Pixel ID", "App ID"}
        for mapping, line in mapped_events(located) if kinds else ():
            if mapping.is_custom_event:
                kind = min(kinds).removesuffix(" ID")
                allowed = f"write a `tiktok_event`, one of {', '.join(WEB_EVENTS)}"
                yield Fault(line, f"`custom_event` does not fit: {kind}s take standard events only; {allowed}")


def _not_too_many_custom_events(draft: Draft) -> Iterator[Fault]:
    for located in draft.connections:
        names: set[str] = set()
        for mapping, line in mapped_events(located):
            if mapping.is_custom_event and mapping.tiktok_event not in names:
                names.add(mapping.tiktok_event)
                if len(names) == MOST_CUSTOM_EVENTS + 1:
                    yield Fault(
                        line,
                        f"`{mapping.tiktok_event}` is one custom event too many: allowed are {MOST_CUSTOM_EVENTS}"
                        " different names in a connection",
                    )


def _required_fields_are_sent(draft: Draft) -> Iterator[Fault]:
    for located in draft.connections:
        used = {row.route.name for row in route_rows_of(located.value, draft).values()}
        for path, line in zip(located.value.omit, lines_of(located.table, "omit"), strict=True):
            for field in fields_of(path):
                routes, why = REQUIRED.get(field, (frozenset(), ""))
                if here := sorted(routes & used):
                    yield Fault(
                        line, f"`{field}` cannot be omitted from {' and '.join(here)} events of this connection: {why}"
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
    _parameters_have_a_route,
    _event_sets_take_standard_events,
    _not_too_many_custom_events,
    _required_fields_are_sent,
)
