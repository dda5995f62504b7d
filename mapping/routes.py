"""Which TikTok API an event takes: the rows R1–R7."""

from typing import Final, Literal, NamedTuple

from config.model import Connection, Input, Platform

RouteName = Literal["legacy", "web", "app", "offline"]

TRACK_PATH = "/open_api/v1.3/event/track/"
LEGACY_PATH = "/open_api/v1.3/pixel/batch/"

MOST_BODY_BYTES: Final = 1_000_000 - 4_096
"""TikTok documents no limit; others send up to 1 MB. The rest is room for the envelope."""


class Route(NamedTuple):
    """One of TikTok's doors; `event_source` is None on the legacy one, which has no such field."""

    name: RouteName
    path: str
    max_events: int
    event_source: str | None


LEGACY = Route("legacy", LEGACY_PATH, 50, None)
WEB = Route("web", TRACK_PATH, 1000, "web")
APP = Route("app", TRACK_PATH, 1000, "app")
OFFLINE = Route("offline", TRACK_PATH, 1000, "offline")


class RouteRow(NamedTuple):
    """Inputs of these platforms, on connections whose `setting` has `value`, take `route`; no setting: always."""

    id: str
    platforms: tuple[Platform, ...]
    setting: str | None
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
)


def route_of(connection: Connection, source: Input) -> Route:
    """The route that events of `source` take through `connection`, its own limit of events a request applied."""
    for row in ROUTES:
        if source.platform in row.platforms and (row.setting is None or getattr(connection, row.setting) == row.value):
            limit = min(row.route.max_events, connection.max_events_per_request or row.route.max_events)
            return row.route._replace(max_events=limit)
    raise LookupError(f"no route for platform {source.platform} and event_source_type {connection.event_source_type}")
