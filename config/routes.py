"""What a connection must know of the route each of its inputs takes: R1–R7 of product.md."""

from typing import Literal, NamedTuple

from config.model import Connection, EventSourceType, Platform

IdKind = Literal["Pixel ID", "App ID", "Offline Event Set ID"]


class Route(NamedTuple):
    """`row` is its id in product.md; `legacy` routes end at TikTok's pixel batch API, which is to be removed."""

    row: str
    id_kind: IdKind
    legacy: bool = False


LEGACY_MAX_EVENTS = 50

_WEB: dict[bool, Route] = {
    False: Route("R1", "Pixel ID", legacy=True),
    True: Route("R2", "Pixel ID"),
}
_APP = Route("R3", "App ID")
_FEED: dict[EventSourceType, Route] = {
    "legacy_pixel_batch_web": Route("R4", "Pixel ID", legacy=True),
    "web": Route("R5", "Pixel ID"),
    "app": Route("R6", "App ID"),
    "feed": Route("R7", "Offline Event Set ID"),
}


def route_of(platform: Platform, connection: Connection) -> Route:
    """The route that events of an input on this platform take for this connection."""
    match platform:
        case "web":
            return _WEB[connection.enable_web_migration]
        case "ios" | "android":
            return _APP
        case "feed":
            return _FEED[connection.event_source_type]
