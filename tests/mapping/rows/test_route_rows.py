"""Rows R1–R8: the API of an event, and the form of its request (C2, C3, C7)."""

import json

import pytest

TRACK = "/open_api/v1.3/event/track/"
LEGACY = "/open_api/v1.3/pixel/batch/"
ID = "CUSG5HBC77UD11VVRQEG"

ROWS = [
    ("R1", "web", {"enable_web_migration": False}, LEGACY, None),
    ("R2", "web", {"enable_web_migration": True}, TRACK, "web"),
    ("R3", "ios", {}, TRACK, "app"),
    ("R3", "android", {"event_source_type": "web"}, TRACK, "app"),
    ("R4", "feed", {"event_source_type": "legacy_pixel_batch_web"}, LEGACY, None),
    ("R4", "feed", {"enable_web_migration": True}, LEGACY, None),
    ("R5", "feed", {"event_source_type": "web"}, TRACK, "web"),
    ("R6", "feed", {"event_source_type": "app"}, TRACK, "app"),
    ("R7", "feed", {"event_source_type": "feed"}, TRACK, "offline"),
    ("R8", "feed", {"event_source_type": "crm"}, TRACK, "crm"),
]

_SETTING = {"web": "C7", "feed": "C2"}


@pytest.mark.parametrize(
    ("row", "platform", "settings", "path", "source"),
    ROWS,
    ids=[f"{row[0]} {_SETTING.get(row[1], '')} {row[1]} {row[2]}" for row in ROWS],
)
def test_input_and_settings_choose_the_route(bench, row, platform, settings, path, source):
    """C2 is read for feeds only and C7 for web inputs only; the request names its source as its API wants it."""
    plan = bench.plan(platform=platform, **{"enable_web_migration": False, **settings})
    assert (plan.route.path, plan.route.event_source) == (path, source)
    body = json.loads(plan.request([b'{"a":1}', b'{"b":2}']))
    if source is None:
        assert body == {"pixel_code": ID, "batch": [{"a": 1}, {"b": 2}]}
    else:
        assert body == {"event_source": source, "event_source_id": ID, "data": [{"a": 1}, {"b": 2}]}


@pytest.mark.parametrize(
    "event_source_id", ["0123", "7123456789012345678", 'quo"te'], ids=["C3 zero", "C3 long", "C3 quote"]
)
def test_event_source_id_is_text(bench, event_source_id):
    """C3: always a string on the wire, with its leading zeros."""
    plan = bench.plan(event_source_id=event_source_id)
    assert json.loads(plan.request([]))["event_source_id"] == event_source_id


def test_legacy_events_say_that_they_are_tracked(bench):
    """The legacy API wants `type: track` in each event; the other has no such field."""
    assert bench.body(bench.plan("legacy"))["type"] == "track"
    assert "type" not in bench.body(bench.plan("web"))


@pytest.mark.parametrize(
    ("route", "setting", "limit"),
    [("legacy", None, 50), ("legacy", 10, 10), ("legacy", 500, 50), ("web", None, 1000), ("web", 50, 50)],
)
def test_requests_hold_what_the_route_and_the_connection_allow(bench, route, setting, limit):
    """`max_events_per_request` lowers the route's maximum and never raises it."""
    assert bench.plan(route, max_events_per_request=setting).route.max_events == limit
