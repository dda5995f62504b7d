"""Read `omit`: the fields of a TikTok event that can be omitted, by their path in a request of Events API 2.0."""

import re
from collections.abc import Mapping
from typing import Final

from config.additional_fields import ADDITIONAL_FIELDS
from config.reading.readers import Reader, allowed_after, did_you_mean, refuse, shown, text
from config.reading.yaml_tree import Node
from config.routes import RouteName

_EVERY: Final[frozenset[RouteName]] = frozenset({"legacy", "web", "app", "offline", "crm"})
_TRACK: Final[frozenset[RouteName]] = _EVERY - {"legacy"}
_SEEN: Final[frozenset[RouteName]] = _EVERY - {"crm"}
_PAGES: Final[frozenset[RouteName]] = frozenset({"legacy", "web"})
_WEB: Final[frozenset[RouteName]] = frozenset({"web"})
_APP: Final[frozenset[RouteName]] = frozenset({"app"})
_CRM: Final[frozenset[RouteName]] = frozenset({"crm"})

_BY_ROUTES: Final[tuple[tuple[str, frozenset[RouteName]], ...]] = (
    ("event event_id event_time user.email user.external_id user.phone", _EVERY),
    ("user.ip user.user_agent page.url page.referrer", _SEEN),
    ("user.ttclid", _SEEN - _APP),
    ("ad.callback user.att_status", _APP),
    ("user.gaid user.idfa app.app_id app.app_name app.app_version", _SEEN & _TRACK),
    ("user.ttp", _PAGES),
    ("user.first_name user.last_name user.city user.state user.country user.zip_code", _WEB),
    ("ad.campaign_id ad.ad_id ad.creative_id ad.is_retargeting ad.attributed", _WEB),
    ("ad.attribution_type ad.attribution_provider", _WEB),
    ("limited_data_use", _WEB | _APP),
    ("lead.lead_id lead.lead_event_source", _CRM),
    ("properties.currency properties.value properties.query properties.description properties.content_type", _EVERY),
    ("properties.content_ids properties.order_id properties.search_string", _TRACK),
    ("properties.contents.price properties.contents.quantity properties.contents.content_id", _EVERY),
    ("properties.contents.content_category properties.contents.content_name", _EVERY),
    *((path.replace("[]", ""), field.routes) for path, field in ADDITIONAL_FIELDS.items()),
)


def _fields() -> dict[str, frozenset[RouteName]]:
    fields: dict[str, frozenset[RouteName]] = {}
    for paths, routes in _BY_ROUTES:
        for path in paths.split():
            fields[path] = fields.get(path, frozenset()) | routes
    return fields


FIELDS: Final[Mapping[str, frozenset[RouteName]]] = _fields()
"""Every field that relay can send, without `[]`, and the routes whose events have it."""

LISTS: Final = frozenset(
    (
        *("user.email", "user.external_id", "user.phone", "properties.contents", "properties.content_ids"),
        *(path for path, field in ADDITIONAL_FIELDS.items() if field.form in ("list", "range")),
    )
)
"""The fields that hold a list; after them, and nowhere else, a path may have `[]`."""
_BRACKETS: Final = re.compile(r"\[\]")

_NEEDED: Final = "TikTok refuses events without it"
REQUIRED: Final[Mapping[str, tuple[frozenset[RouteName], str]]] = {
    "event": (_EVERY, _NEEDED),
    "event_id": (_EVERY, "relay and TikTok know by it which events are the same"),
    "event_time": (_EVERY, _NEEDED),
    "page.url": (_PAGES, "TikTok requires it of web events"),
    "app.app_id": (_APP, "TikTok's documentation requires it of app events"),
    "lead.lead_id": (_CRM, "TikTok requires it of CRM events"),
    "limited_data_use": (_WEB | _APP, "it says that a user opted out; without ccpa_limited_data_use it is never sent"),
}
"""Fields that must be sent: the routes where that is so, and why."""


def fields_of(path: str) -> list[str]:
    """Return the fields that a path of `omit` names: itself, or all fields of an object; none where it is unknown."""
    return [field for field in FIELDS if field == path or field.startswith(f"{path}.")]


def fields_of_parameter(name: str) -> set[str]:
    """Return the fields that a custom mapping's parameter fills: of `query`, the one of `send_search_string` too."""
    also = {"properties.search_string"} if name == "query" else set()
    return {field for field in FIELDS if _parameter_of(field) == name} | also


def _parameter_of(field: str) -> str:
    return field.removeprefix("properties.").removeprefix("contents.").replace(".", "_")


def _path(name: str, node: Node) -> str:
    written = text(name, node)
    path = written.replace("[]", "")
    if fields_of(path):
        for found in _BRACKETS.finditer(written):
            owner = written[: found.start()]
            if owner not in LISTS:
                refuse(node, f"`{name}` names `{shown(written)}`, and `{shown(owner)}` is no list: write `{path}`")
        return path
    same_end = [field for field in FIELDS if field.rpartition(".")[2] == path.rpartition(".")[2]]
    hint = f". Did you mean `{same_end[0]}`?" if same_end else did_you_mean(path, FIELDS)
    return refuse(node, f"`{name}` names `{shown(written)}`, which relay never sends{allowed_after(hint, FIELDS)}")


tiktok_path: Reader[str] = Reader(
    _path, {"type": "string", "examples": [path for path in FIELDS if path not in REQUIRED]}
)
"""A path of a field or of an object of fields, without `[]`."""
