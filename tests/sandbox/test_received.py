"""The sandbox records accepted events: every id with its count, the newest events as a whole."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.client import SandboxClient, running_sandbox
from sandbox.rules import LEGACY, TRACK

PAGE = {"url": "https://demo.mywebsite.com/purchase"}
NEW = {"event": "Purchase", "event_time": 1704721970, "page": PAGE}
OLD = {"type": "track", "event": "Purchase", "context": {"page": PAGE}}


@pytest.fixture
def sandbox() -> Iterator[SandboxClient]:
    with running_sandbox() as client:
        yield client


@pytest.fixture
def http(sandbox: SandboxClient) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, headers={"Access-Token": "token"}, trust_env=False) as client:
        yield client


def track(*events: Any, **fields: Any) -> dict[str, Any]:
    """Return an event/track request from a web pixel."""
    return {"event_source": "web", "event_source_id": "CUSG5HBC77UD11VVRQEG", "data": list(events), **fields}


def legacy(*events: Any) -> dict[str, Any]:
    """Return a pixel/batch request."""
    return {"pixel_code": "CUSG5HBC77UD11VVRQEG", "batch": list(events)}


def test_accepted_events_are_shown_whole_and_in_order(http: httpx.Client, sandbox: SandboxClient) -> None:
    """With its endpoint and the number of times it came."""
    first, second = {**NEW, "event_id": "a"}, {**OLD, "event_id": "b"}
    request_id = http.post(TRACK.path, json=track(first, test_event_code="TEST1")).json()["request_id"]
    two = http.post(LEGACY.path, json=legacy(second)).json()["request_id"]
    shown = sandbox.events()
    assert [event.pop("at")[:2] for event in shown] == ["20", "20"]
    assert shown == [
        {
            "endpoint": TRACK.path,
            "event_source": "web",
            "event_source_id": "CUSG5HBC77UD11VVRQEG",
            "pixel_code": None,
            "test_event_code": "TEST1",
            "event": "Purchase",
            "event_id": "a",
            "request_id": request_id,
            "body": first,
            "count": 1,
        },
        {
            "endpoint": LEGACY.path,
            "event_source": None,
            "event_source_id": None,
            "pixel_code": "CUSG5HBC77UD11VVRQEG",
            "test_event_code": None,
            "event": "Purchase",
            "event_id": "b",
            "request_id": two,
            "body": second,
            "count": 1,
        },
    ]
    assert [event["event_id"] for event in sandbox.events(pixel_code="CUSG5HBC77UD11VVRQEG")] == ["b"]


def test_duplicates_are_counted_as_tiktok_counts_them(http: httpx.Client, sandbox: SandboxClient) -> None:
    """By event source, event and event_id; an event without an id is no duplicate."""
    events = [{**NEW, "event_id": "a"}, {**NEW, "event_id": "a"}, {**NEW, "event": "Search", "event_id": "a"}, NEW, NEW]
    http.post(TRACK.path, json=track(*events))
    http.post(TRACK.path, json=track(events[0], event_source_id="other"))
    summary = sandbox.summary()
    assert {name: summary[name] for name in ("requests", "events", "distinct", "duplicates")} == {
        "requests": 2,
        "events": 6,
        "distinct": 5,
        "duplicates": 1,
    }
    assert summary["sources"]["CUSG5HBC77UD11VVRQEG"]["Purchase"] == {"events": 4, "distinct": 3, "duplicates": 1}
    assert sandbox.ids() == {
        ("CUSG5HBC77UD11VVRQEG", "Purchase", "a"): 2,
        ("CUSG5HBC77UD11VVRQEG", "Search", "a"): 1,
        ("other", "Purchase", "a"): 1,
    }
    assert [event["count"] for event in sandbox.events()] == [2, 2, 1, 1, 1, 1]


def test_only_the_newest_events_are_kept_whole_and_all_are_counted() -> None:
    """A long run does not fill the memory."""
    with running_sandbox(keep=3) as sandbox, httpx.Client(headers={"Access-Token": "t"}, trust_env=False) as http:
        http.post(sandbox.url + TRACK.path, json=track(*({**NEW, "event_id": str(n)} for n in range(10))))
        assert [event["event_id"] for event in sandbox.events()] == ["7", "8", "9"]
        assert len(sandbox.ids()) == sandbox.summary()["events"] == 10


def test_clearing_removes_everything_but_the_faults(http: httpx.Client, sandbox: SandboxClient) -> None:
    """DELETE /_sandbox/events."""
    http.post(TRACK.path, json=track(NEW, {**NEW, "event_id": "a"}))
    http.post(TRACK.path, json=track())
    sandbox.clear()
    nothing = {"requests": 0, "refused": {}, "faults": {}, "events": 0, "distinct": 0, "duplicates": 0, "sources": {}}
    assert (sandbox.summary(), sandbox.events(), sandbox.refusals(), sandbox.ids()) == (nothing, [], [], {})
