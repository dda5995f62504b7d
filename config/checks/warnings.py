"""What works but deserves a second look; every warning is one row of WARNINGS."""

import re
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations

from config.checks.overlap import may_both_take
from config.checks.refusals import mapped_events, route_rows_of
from config.model import Connection, Match, Platform
from config.reading.draft import Draft, Located
from config.reading.readers import scalar
from config.reading.references import is_reference
from config.reading.yaml_tree import Fault
from config.routes import LEGACY, IdKind, RouteName, migration_of, platforms_that_read
from config.vocabulary import APP_NAMES, APP_PAYMENT, NATIVE_EVENTS, RETIRING_EVENTS, WEB_PAYMENT

READ_BY: Mapping[str, frozenset[Platform]] = {
    "event_source_type": platforms_that_read("event_source_type"),
    "enable_web_migration": platforms_that_read("enable_web_migration"),
    "peer_ip_fallback": frozenset({"web", "ios", "android"}),
}
"""Setting → the platforms of inputs that read it (C2, C7, I1)."""
_TRACK: frozenset[RouteName] = frozenset({"web", "app", "offline"})
READ_ON: Mapping[str, tuple[frozenset[RouteName], str]] = {
    "ccpa_limited_data_use": (frozenset({"web", "app"}), "web and app events of Events API 2.0"),
    "att_withholds_idfa": (_TRACK, "events of Events API 2.0"),
    "app_id": (frozenset({"app"}), "app events"),
    "send_content_ids": (_TRACK, "events of Events API 2.0"),
    "send_search_string": (_TRACK, "events of Events API 2.0"),
    "send_order_id": (_TRACK, "events of Events API 2.0"),
}
"""Setting → the routes whose events it changes, and what a warning calls those events."""
_DIGITS = re.compile(r"\d{15,}", re.ASCII)
_SURPRISING_ID: Mapping[IdKind, Callable[[str], bool]] = {
    "Pixel ID": lambda value: bool(_DIGITS.fullmatch(value)),
    "App ID": lambda value: not value.isdecimal(),
    "Offline Event Set ID": lambda value: not value.isdecimal(),
}


def find_warnings(draft: Draft) -> list[Fault]:
    """In the order of the lines of the file."""
    found = (warning for find in WARNINGS for warning in find(draft))
    return sorted(found, key=lambda warning: warning.line or 0)


def _plain_token(draft: Draft) -> Iterator[Fault]:
    """C1."""
    for one in draft.connections:
        if not is_reference(scalar("access_token", one.table.values["access_token"])):
            yield Fault(
                one.line("access_token"),
                f"the access token of `{one.value.id}` stands in the file in plain text:"
                " encrypt it with `relay secrets encrypt`",
            )


def _legacy(draft: Draft) -> Iterator[Fault]:
    """R1, R4."""
    for one in draft.connections:
        legacy = {name: row for name, row in route_rows_of(one.value, draft).items() if row.route is LEGACY}
        if legacy:
            remedy = " and ".join(f"`{migration_of(row)}`" for row in sorted(set(legacy.values())))
            yield Fault(
                one.table.line,
                f"`{one.value.id}` sends the events of {', '.join(legacy)} to TikTok's legacy pixel batch API,"
                f" which TikTok will remove: migrate to Events API 2.0 with {remedy}",
            )


def _unread_setting(draft: Draft) -> Iterator[Fault]:
    platforms = {located.value.id: located.value.platform for located in draft.inputs}
    for one in draft.connections:
        here = {platforms[name] for name in one.value.inputs if name in platforms}
        for key, readers in READ_BY.items():
            if key in one.table.values and not here & readers:
                yield Fault(one.line(key), f"`{key}` has no effect: only {', '.join(sorted(readers))} inputs read it")


def _idle_setting(draft: Draft) -> Iterator[Fault]:
    for one in draft.connections:
        used = {row.route.name for row in route_rows_of(one.value, draft).values()}
        for key, (routes, events) in READ_ON.items():
            if key in one.table.values and not used & routes:
                yield Fault(one.line(key), f"`{key}` has no effect: it is for {events}, and this connection sends none")


def _retiring_event(draft: Draft) -> Iterator[Fault]:
    """N3: once for each event of a connection that TikTok takes until 2027 only."""
    for one in draft.connections:
        mapped = {mapping.tiktok_event: line for mapping, line in mapped_events(one)}
        for event, line in {**mapped, **_native_events(one)}.items():
            if event in RETIRING_EVENTS:
                instead = RETIRING_EVENTS[event].format(payment=APP_PAYMENT if _is_app(one, draft) else WEB_PAYMENT)
                yield Fault(line, f"`{one.value.id}` sends {event}: TikTok retires it during 2027{instead}")


def _web_name_on_app(draft: Draft) -> Iterator[Fault]:
    """N: an app event under the name of a web event is not the event that TikTok knows in apps."""
    for one in draft.connections:
        if not _is_app(one, draft):
            continue
        for mapping, line in mapped_events(one):
            if mapping.tiktok_event in APP_NAMES:
                yield _web_name(one, mapping.tiktok_event, line, f"tiktok_event: {APP_NAMES[mapping.tiktok_event]}")
        for event, actions in _native_actions(one).items():
            if event in APP_NAMES:
                written = ", ".join(f"{action}: {APP_NAMES[event]}" for action in actions)
                yield _web_name(one, event, one.line("native_events"), f"native_events: {{{written}}}")


def _web_name(one: Located[Connection], event: str, line: int, remedy: str) -> Fault:
    known = APP_NAMES[event]
    return Fault(
        line, f"`{one.value.id}` sends app events as {event}: TikTok's name for them is {known}; write `{remedy}`"
    )


def _no_store_id(draft: Draft) -> Iterator[Fault]:
    """E12."""
    platforms = {located.value.id: located.value.platform for located in draft.inputs}
    for one in draft.connections:
        if "ios" not in one.value.app_id and any(platforms.get(name) == "ios" for name in one.value.inputs):
            yield Fault(
                one.table.line,
                f"`{one.value.id}` sends iOS events with the bundle id for their app id, and TikTok knows an iOS app by"
                ' its App Store id: write `app_id: {ios: "123456789"}` with the digits of the app\'s page in the store',
            )


def _is_app(one: Located[Connection], draft: Draft) -> bool:
    return "App ID" in {row.route.id_kind for row in route_rows_of(one.value, draft).values()}


def _native_events(one: Located[Connection]) -> dict[str, int]:
    """The events sent for product actions that custom mappings leave over."""
    return dict.fromkeys(_native_actions(one), one.line("native_events"))


def _native_actions(one: Located[Connection]) -> dict[str, list[str]]:
    """The same events, each with its product actions."""
    mappings = one.value.custom_mappings
    events: dict[str, list[str]] = {}
    for action, event in NATIVE_EVENTS.items():
        if not any(_takes_every(action, m.match) for m in mappings):
            events.setdefault(one.value.native_events.get(action, event), []).append(action)
    return events


def _takes_every(action: str, match: Match) -> bool:
    """Whether no event of this product action gets past the mapping."""
    name = f"ecommerce - {action.replace('_', '')}"
    return (
        match.event_type in (None, "commerce_event")
        and match.action in (None, action)
        and match.name in (None, name)
        and match.custom_event_type is None
        and not match.attributes
    )


def _seen_twice(draft: Draft) -> Iterator[Fault]:
    for one, other in combinations(draft.connections, 2):
        shared = [name for name in one.value.inputs if name in other.value.inputs]
        if shared and one.value.event_source_id == other.value.event_source_id:
            yield Fault(
                other.line("event_source_id"),
                f"`{one.value.id}` and `{other.value.id}` both send the events of {', '.join(shared)}"
                " to this event source: TikTok sees each of them twice",
            )


def _counted_once(draft: Draft) -> Iterator[Fault]:
    """M4: each mapping sends its event, and both have the id of the one event that they take."""
    for one in draft.connections:
        for (first, first_line), (second, line) in combinations(mapped_events(one), 2):
            if first.tiktok_event == second.tiktok_event and may_both_take(first.match, second.match):
                yield Fault(
                    line,
                    f"one event can become {second.tiktok_event} twice, by this mapping and by that of line"
                    f" {first_line}: both have its id, and TikTok counts two events of one name and id once",
                )


def _surprising_id(draft: Draft) -> Iterator[Fault]:
    for one in draft.connections:
        for kind in sorted({row.route.id_kind for row in route_rows_of(one.value, draft).values()}):
            if _SURPRISING_ID[kind](one.value.event_source_id):
                yield Fault(
                    one.line("event_source_id"), f"`event_source_id` has to be the {kind} and does not look like one"
                )


def _unserved_input(draft: Draft) -> Iterator[Fault]:
    served = {name for one in draft.connections for name in one.value.inputs}
    for one in draft.inputs:
        if one.value.id not in served:
            yield Fault(
                one.line("id"), f"no connection takes the events of `{one.value.id}`: they are counted as unrouted"
            )


WARNINGS: tuple[Callable[[Draft], Iterator[Fault]], ...] = (
    _plain_token,
    _legacy,
    _unread_setting,
    _idle_setting,
    _retiring_event,
    _web_name_on_app,
    _no_store_id,
    _seen_twice,
    _counted_once,
    _surprising_id,
    _unserved_input,
)
