"""The one table of routes: which TikTok API an event takes (rows R1–R8 of docs/mapping.md)."""

from typing import Final, Literal, NamedTuple

from config.model import Connection, Platform

RouteName = Literal["legacy", "web", "app", "offline", "crm"]
IdKind = Literal["Pixel ID", "App ID", "Offline Event Set ID", "CRM Event Set ID"]

TRACK_PATH: Final = "/open_api/v1.3/event/track/"
LEGACY_PATH: Final = "/open_api/v1.3/pixel/batch/"

MAX_EVENTS: Final = 1000
LEGACY_MAX_EVENTS: Final = 50
MOST_BODY_BYTES: Final = 1_000_000 - 4_096
"""TikTok documents no limit; other senders send up to 1 MB. The rest is room for the envelope."""


class Route(NamedTuple):
    """One of TikTok's APIs: its path, the most events of a request, and the kind of event source id that it takes.

    `event_source` is the field of that name in a request; the legacy API has no such field, so it is None there.
    """

    name: RouteName
    path: str
    max_events: int
    event_source: str | None
    id_kind: IdKind


LEGACY: Final = Route("legacy", LEGACY_PATH, LEGACY_MAX_EVENTS, None, "Pixel ID")
"""The pixel batch API, which TikTok will remove."""
WEB: Final = Route("web", TRACK_PATH, MAX_EVENTS, "web", "Pixel ID")
APP: Final = Route("app", TRACK_PATH, MAX_EVENTS, "app", "App ID")
OFFLINE: Final = Route("offline", TRACK_PATH, MAX_EVENTS, "offline", "Offline Event Set ID")
CRM: Final = Route("crm", TRACK_PATH, MAX_EVENTS, "crm", "CRM Event Set ID")


class RouteRow(NamedTuple):
    """Inputs of `platforms` take `route` on connections whose setting `key` has `value`; without a key, on all."""

    id: str
    platforms: tuple[Platform, ...]
    key: str | None
    value: bool | str | None
    route: Route


ROUTES = (
    RouteRow("R1", ("web",), "enable_web_migration", False, LEGACY),
    RouteRow("R2", ("web",), "enable_web_migration", True, WEB),
    RouteRow("R3", ("ios", "android"), None, None, APP),
    RouteRow("R4", ("feed",), "event_source_type", "legacy_pixel_batch_web", LEGACY),
    RouteRow("R5", ("feed",), "event_source_type", "web", WEB),
    RouteRow("R6", ("feed",), "event_source_type", "app", APP),
    RouteRow("R7", ("feed",), "event_source_type", "feed", OFFLINE),
    RouteRow("R8", ("feed",), "event_source_type", "crm", CRM),
)


def route_row(connection: Connection, platform: Platform) -> RouteRow:
    """Return the row for events of inputs on `platform`. Raise LookupError when there is none, a fault of the table."""
    for row in ROUTES:
        if platform in row.platforms and (row.key is None or getattr(connection, row.key) == row.value):
            return row
    raise LookupError(f"no route for platform {platform} and event_source_type {connection.event_source_type}")


def route_of(connection: Connection, platform: Platform) -> Route:
    """Return the route for events of inputs on `platform`, with the connection's own limit of events a request."""
    route = route_row(connection, platform).route
    return route._replace(max_events=min(route.max_events, connection.max_events_per_request or route.max_events))


def platforms_that_read(setting: str) -> frozenset[Platform]:
    """Return the platforms of inputs for which `setting` decides the route."""
    return frozenset(platform for row in ROUTES if row.key == setting for platform in row.platforms)


def migration_of(legacy: RouteRow) -> str:
    """Return the setting, as a file would write it, that moves a legacy row's events to the web route."""
    row = next(row for row in ROUTES if row.platforms == legacy.platforms and row.route is WEB)
    return f"{row.key}: {str(row.value).lower()}"
