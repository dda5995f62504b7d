"""Find what works but is probably not meant; every warning is one row of WARNINGS."""

import re
from collections.abc import Callable, Iterator, Mapping

from config.additional_fields import named
from config.checks.mapping_rules import MAPPING_WARNINGS
from config.checks.overlap import first_overlaps, matches_every
from config.checks.refusals import mapped_events, route_rows_of
from config.checks.rules import RULE_WARNINGS
from config.checks.same_events import sent_twice
from config.model import Connection, Platform
from config.profiles.warnings import PROFILE_WARNINGS
from config.reading.draft import Draft, Located
from config.reading.readers import did_you_mean, scalar
from config.reading.references import is_reference
from config.reading.yaml_tree import Fault
from config.routes import LEGACY, IdKind, RouteName, migration_of, platforms_that_read
from config.vocabulary import (
    APP_NAMES,
    APP_PAYMENT,
    NATIVE_EVENTS,
    RETIRING_EVENTS,
    TIKTOK_EVENTS,
    WEB_PAYMENT,
    custom_event_note,
)

READ_BY: Mapping[str, frozenset[Platform]] = {
    "event_source_type": platforms_that_read("event_source_type"),
    "enable_web_migration": platforms_that_read("enable_web_migration"),
    "peer_ip_fallback": frozenset({"web", "ios", "android"}),
}
"""Setting → the platforms of inputs that read it (C2, C7, I1)."""
_TRACK: frozenset[RouteName] = frozenset({"web", "app", "offline", "crm"})
READ_ON: Mapping[str, tuple[frozenset[RouteName], str]] = {
    "ccpa_limited_data_use": (frozenset({"web", "app"}), "web and app events of Events API 2.0"),
    "att_withholds_idfa": (_TRACK - {"crm"}, "events of Events API 2.0"),
    "app_id": (frozenset({"app"}), "app events"),
    "send_content_ids": (_TRACK, "events of Events API 2.0"),
    "send_search_string": (_TRACK, "events of Events API 2.0"),
    "send_order_id": (_TRACK, "events of Events API 2.0"),
    "lead_id_attribute": (frozenset({"crm"}), "CRM events"),
    "lead_event_source": (frozenset({"crm"}), "CRM events"),
}
"""Setting → the routes whose events it changes, and what a warning calls those events."""
_DIGITS = re.compile(r"\d{15,}", re.ASCII)
_UNUSUAL_ID: Mapping[IdKind, Callable[[str], bool]] = {
    "Pixel ID": lambda value: bool(_DIGITS.fullmatch(value)),
    "App ID": lambda value: not value.isdecimal(),
    "Offline Event Set ID": lambda value: not value.isdecimal(),
    "CRM Event Set ID": lambda value: not value.isdecimal(),
}


def find_warnings(draft: Draft) -> list[Fault]:
    """Return the warnings of a file, in the order of its lines."""
    found = (warning for find in WARNINGS for warning in find(draft))
    return sorted(found, key=lambda warning: warning.line or 0)


def _plain_secrets(draft: Draft) -> Iterator[Fault]:
    """C1: warn of secrets in plain text."""
    for located in draft.connections:
        if not is_reference(scalar("access_token", located.table.values["access_token"])):
            yield Fault(
                located.line("access_token"),
                f"the access token of `{located.value.id}` stands in the file in plain text:"
                " encrypt it with `relay secrets encrypt`",
            )
    for source in draft.sources:
        if source.value.address.password and not is_reference(scalar("url", source.table.values["url"])):
            yield Fault(
                source.line("url"),
                f"the password of the source `{source.value.id}` stands in the file in plain text:"
                " encrypt the URL with `relay secrets encrypt`",
            )


def _legacy(draft: Draft) -> Iterator[Fault]:
    """R1, R4: warn of connections that use the legacy API."""
    for located in draft.connections:
        legacy = {name: row for name, row in route_rows_of(located.value, draft).items() if row.route is LEGACY}
        if legacy:
            remedy = " and ".join(f"`{migration_of(row)}`" for row in sorted(set(legacy.values())))
            yield Fault(
                located.table.line,
                f"`{located.value.id}` sends the events of {', '.join(legacy)} to TikTok's legacy pixel batch API,"
                f" which TikTok will remove: migrate to Events API 2.0 with {remedy}",
            )


def _setting_without_platform(draft: Draft) -> Iterator[Fault]:
    platforms = {located.value.id: located.value.platform for located in draft.inputs}
    for located in draft.connections:
        here = {platforms[name] for name in located.value.inputs if name in platforms}
        for key, readers in READ_BY.items():
            if key in located.table.values and not here & readers:
                yield Fault(
                    located.line(key), f"`{key}` has no effect: only {', '.join(sorted(readers))} inputs read it"
                )


def _setting_without_route(draft: Draft) -> Iterator[Fault]:
    for located in draft.connections:
        used = {row.route.name for row in route_rows_of(located.value, draft).values()}
        for key, (routes, events) in READ_ON.items():
            if key in located.table.values and not used & routes:
                yield Fault(
                    located.line(key), f"`{key}` has no effect: it is for {events}, and this connection sends none"
                )


def _field_without_route(draft: Draft) -> Iterator[Fault]:
    """A, T, V: warn of a field of `also_send` that no event of the connection may carry."""
    for located in draft.connections:
        used = {row.route.name for row in route_rows_of(located.value, draft).values()}
        for name, routes in named(located.value.also_send).items():
            if not used & routes:
                yield Fault(
                    located.line("also_send"),
                    f"`{name}` in `also_send` has no effect: it is for {' and '.join(sorted(routes))} events,"
                    " and this connection sends none",
                )


def _retiring_event(draft: Draft) -> Iterator[Fault]:
    """N3: warn of each event that TikTok accepts until 2027 only, once for each connection."""
    for located in draft.connections:
        mapped = {mapping.tiktok_event: line for mapping, line in mapped_events(located)}
        for event, line in {**mapped, **_native_events(located)}.items():
            if event in RETIRING_EVENTS:
                instead = RETIRING_EVENTS[event].format(payment=APP_PAYMENT if _is_app(located, draft) else WEB_PAYMENT)
                yield Fault(line, f"`{located.value.id}` sends {event}: TikTok retires it during 2027{instead}")


def _custom_event(draft: Draft) -> Iterator[Fault]:
    """Warn of each custom name once: one that is nearly a standard event's is probably a typing error."""
    for located in draft.connections:
        named = {
            mapping.tiktok_event: line for mapping, line in mapped_events(located)[::-1] if mapping.is_custom_event
        }
        for event, line in named.items():
            yield Fault(line, f"{custom_event_note(event)}{did_you_mean(event, TIKTOK_EVENTS)}")


def _web_name_on_app(draft: Draft) -> Iterator[Fault]:
    """N: warn of web names on app connections: TikTok has other names for app events."""
    for located in draft.connections:
        if not _is_app(located, draft):
            continue
        for mapping, line in mapped_events(located):
            if mapping.tiktok_event in APP_NAMES:
                yield _web_name(located, mapping.tiktok_event, line, f"tiktok_event: {APP_NAMES[mapping.tiktok_event]}")
        for event, actions in _native_actions(located).items():
            if event in APP_NAMES:
                written = ", ".join(f"{action}: {APP_NAMES[event]}" for action in actions)
                yield _web_name(located, event, located.line("native_events"), f"native_events: {{{written}}}")


def _web_name(located: Located[Connection], event: str, line: int, remedy: str) -> Fault:
    known = APP_NAMES[event]
    return Fault(
        line, f"`{located.value.id}` sends app events as {event}: TikTok's name for them is {known}; write `{remedy}`"
    )


def _no_store_id(draft: Draft) -> Iterator[Fault]:
    """E12: warn of iOS events without the App Store id, by which TikTok knows an iOS app."""
    platforms = {located.value.id: located.value.platform for located in draft.inputs}
    for located in draft.connections:
        if "ios" not in located.value.app_id and any(platforms.get(name) == "ios" for name in located.value.inputs):
            yield Fault(
                located.table.line,
                f"`{located.value.id}` sends iOS events with the bundle id as app id, and TikTok knows an iOS app by"
                ' its App Store id: write `app_id: {ios: "123456789"}` with the digits of the app\'s page in the store',
            )


def _is_app(located: Located[Connection], draft: Draft) -> bool:
    return "App ID" in {row.route.id_kind for row in route_rows_of(located.value, draft).values()}


def _native_events(located: Located[Connection]) -> dict[str, int]:
    """Return the TikTok events sent for product actions without a custom mapping, each with its line."""
    return dict.fromkeys(_native_actions(located), located.line("native_events"))


def _native_actions(located: Located[Connection]) -> dict[str, list[str]]:
    """Return the TikTok events of `_native_events`, each with its product actions."""
    mappings = located.value.custom_mappings
    events: dict[str, list[str]] = {}
    for action, event in NATIVE_EVENTS.items():
        if not any(matches_every(action, m) for m in mappings):
            sent = located.value.native_events.get(action, event)
            if sent is not None:
                events.setdefault(sent, []).append(action)
    return events


def _counted_once(draft: Draft) -> Iterator[Fault]:
    """M4: warn of two mappings that send one event twice under one name and id, which TikTok counts once."""
    for located in draft.connections:
        mappings = mapped_events(located)
        for first, second in first_overlaps([mapping for mapping, _ in mappings]):
            (_, first_line), (mapping, line) = mappings[first], mappings[second]
            yield Fault(
                line,
                f"one event can become {mapping.tiktok_event} twice, by this mapping and by that of line"
                f" {first_line}: both have its id, and TikTok counts two events of one name and id once",
            )


def _unusual_id(draft: Draft) -> Iterator[Fault]:
    for located in draft.connections:
        for kind in sorted({row.route.id_kind for row in route_rows_of(located.value, draft).values()}):
            if _UNUSUAL_ID[kind](located.value.event_source_id):
                yield Fault(
                    located.line("event_source_id"),
                    f"`event_source_id` has to be the {kind} and does not look like one",
                )


def _input_without_connection(draft: Draft) -> Iterator[Fault]:
    served = {name for located in draft.connections for name in located.value.inputs}
    for located in draft.inputs:
        if located.value.id not in served:
            yield Fault(
                located.line("id"),
                f"no connection takes the events of `{located.value.id}`: they are counted as unrouted",
            )


WARNINGS: tuple[Callable[[Draft], Iterator[Fault]], ...] = (
    _plain_secrets,
    _legacy,
    _setting_without_platform,
    _setting_without_route,
    _field_without_route,
    _retiring_event,
    _custom_event,
    _web_name_on_app,
    _no_store_id,
    sent_twice,
    _counted_once,
    _unusual_id,
    _input_without_connection,
    *RULE_WARNINGS,
    *MAPPING_WARNINGS,
    *PROFILE_WARNINGS,
)
