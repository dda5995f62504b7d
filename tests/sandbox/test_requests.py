"""The sandbox judges a request as a whole: headers, form and size."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.client import SandboxClient, running_sandbox
from sandbox.rules import LEGACY, TRACK

HASH = "848a771458438fc2ec420560d769fb9b9b86851ee338ec56517baabd79d3bb4f"
PAGE = {"url": "https://demo.mywebsite.com/purchase"}
ABSENT = object()
NEW = {"event": "Purchase", "event_time": 1704721970, "page": PAGE}
OLD = {"type": "track", "event": "Purchase", "context": {"page": PAGE}}
MISSING = "missing data for required field"


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxClient]:
    with running_sandbox() as client:
        yield client


@pytest.fixture
def sandbox(server: SandboxClient) -> SandboxClient:
    server.clear()
    return server


@pytest.fixture
def http(sandbox: SandboxClient) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.url, headers={"Access-Token": "token"}, trust_env=False) as client:
        yield client


def track(*events: Any, **fields: Any) -> dict[str, Any]:
    """Return an event/track request from a web pixel."""
    body = {"event_source": "web", "event_source_id": "CUSG5HBC77UD11VVRQEG", "data": list(events), **fields}
    return {name: value for name, value in body.items() if value is not ABSENT}


def legacy(*events: Any, **fields: Any) -> dict[str, Any]:
    """Return a pixel/batch request."""
    body = {"pixel_code": "CUSG5HBC77UD11VVRQEG", "batch": list(events), **fields}
    return {name: value for name, value in body.items() if value is not ABSENT}


def code_and_message(answer: httpx.Response) -> tuple[int, str]:
    """Return the code and the message; the status is always 200, as at TikTok."""
    assert answer.status_code == 200
    body = answer.json()
    assert sorted(body) == ["code", "data", "message", "request_id"]
    return body["code"], body["message"]


# What is wrong: the request, the nearest right one, the complaint.
TRACK_FORM = {
    "no event_source": (track(NEW, event_source=ABSENT), track(NEW), f"event_source: {MISSING}"),
    "event_source of another name": (
        track(NEW, event_source="pixel"),
        track(NEW, event_source="app"),
        "event_source: must be web, app or offline",
    ),
    "no event_source_id": (track(NEW, event_source_id=ABSENT), track(NEW), f"event_source_id: {MISSING}"),
    "event_source_id as number": (
        track(NEW, event_source_id=123),
        track(NEW, event_source_id="123"),
        "event_source_id: not a valid string",
    ),
    "empty event_source_id": (
        track(NEW, event_source_id=""),
        track(NEW, event_source_id="1"),
        "event_source_id: shorter than minimum length 1",
    ),
    "test code as number": (
        track(NEW, test_event_code=5),
        track(NEW, test_event_code="TEST5"),
        "test_event_code: not a valid string",
    ),
    "partner name as number": (
        track(NEW, partner_name=5),
        track(NEW, partner_name="Five"),
        "partner_name: not a valid string",
    ),
    "no data": (track(data=ABSENT), track(NEW), "data: not a valid list"),
    "empty data": (track(), track(NEW), "data: shorter than minimum length 1"),
    "event not an object": (track(NEW, 5), track(NEW, NEW), "data: not a valid object"),
    "user not an object": (track({**NEW, "user": []}), track({**NEW, "user": {}}), "user: not a valid object"),
    "contents not a list": (
        track({**NEW, "properties": {"contents": {}}}),
        track({**NEW, "properties": {"contents": []}}),
        "properties.contents: not a valid list",
    ),
    "second of the contents": (
        track({**NEW, "properties": {"contents": [{}, {"price": "1"}]}}),
        track({**NEW, "properties": {"contents": [{}, {"price": 1}]}}),
        "properties.contents.1.price: not a valid number",
    ),
    "legacy body": (legacy(OLD), track(NEW), "pixel_code: unknown field"),
    "batch beside data": (track(NEW, batch=[]), track(NEW), "batch: unknown field"),
    "context beside data": (track(NEW, context={}), track(NEW), "context: unknown field"),
    "web event without page url": (track({**NEW, "page": {}}), track(NEW), f"page.url: {MISSING}"),
    "web event without page": (
        track({"event": "Search", "event_time": 1704721970}),
        track({"event": "Search", "event_time": 1704721970}, event_source="offline"),
        f"page.url: {MISSING}",
    ),
    "app event with half a url": (
        track({**NEW, "page": {"url": "shop.com"}}, event_source="app"),
        track({**NEW, "page": {}}, event_source="app"),
        "page.url: must start with http:// or https://",
    ),
    "custom event offline": (
        track({**NEW, "event": "MyOwn"}, event_source="offline"),
        track({**NEW, "event": "MyOwn"}, event_source="app"),
        "event: must be a standard event",
    ),
    "crm event without lead": (
        track(NEW, event_source="crm"),
        track({**NEW, "lead": {"lead_id": "1"}}, event_source="crm"),
        f"lead.lead_id: {MISSING}",
    ),
}
LEGACY_FORM = {
    "event_source": (legacy(OLD, event_source="web"), legacy(OLD), "event_source: unknown field"),
    "event_source_id": (legacy(OLD, event_source_id="1"), legacy(OLD), "event_source_id: unknown field"),
    "data": (legacy(OLD, data=[]), legacy(OLD), "data: unknown field"),
    "no pixel code": (legacy(OLD, pixel_code=ABSENT), legacy(OLD), f"pixel_code: {MISSING}"),
    "pixel code as number": (
        legacy(OLD, pixel_code=5),
        legacy(OLD, pixel_code="5"),
        "pixel_code: not a valid string",
    ),
    "test code as number": (
        legacy(OLD, test_event_code=5),
        legacy(OLD, test_event_code="T"),
        "test_event_code: not a valid string",
    ),
    "partner name as number": (legacy(OLD, partner_name=5), legacy(OLD), "partner_name: not a valid string"),
    "empty batch": (legacy(), legacy(OLD), "batch: shorter than minimum length 1"),
}


@pytest.mark.parametrize(
    ("path", "refused", "taken", "complaint"),
    [pytest.param(TRACK.path, *case, id=f"track {name}") for name, case in TRACK_FORM.items()]
    + [pytest.param(LEGACY.path, *case, id=f"legacy {name}") for name, case in LEGACY_FORM.items()],
)
def test_a_request_is_refused_for_its_form(
    http: httpx.Client, path: str, refused: Any, taken: Any, complaint: str
) -> None:
    """The nearest valid request is accepted."""
    assert code_and_message(http.post(path, json=refused)) == (40002, f"Invalid value for {complaint}.")
    assert code_and_message(http.post(path, json=taken)) == (0, "OK")


@pytest.mark.parametrize(
    ("event", "complaint"),
    [
        pytest.param({**OLD, "context": {}}, "context.page.url: Missing data for required field", id="no page"),
        pytest.param(
            {"type": "track", "event": "A"}, "context.page.url: Missing data for required field", id="nothing"
        ),
        pytest.param(5, "Not a valid object", id="not an object"),
    ],
)
def test_pixel_batch_says_which_event_lacks_a_field(http: httpx.Client, event: Any, complaint: str) -> None:
    """Counted from 0."""
    message = f"Batch.1.{complaint}" if "." in complaint else f"Batch.1: {complaint}"
    assert code_and_message(http.post(LEGACY.path, json=legacy(OLD, event))) == (40002, message)


@pytest.mark.parametrize(
    ("path", "body", "code", "message"),
    [
        (TRACK.path, track({**NEW, "event_id": 5}), 40002, "Invalid value for event_id: not a valid string."),
        (
            TRACK.path,
            track(NEW, event_source="pixel"),
            40002,
            "Invalid value for event_source: must be web, app or offline.",
        ),
        (
            TRACK.path,
            track(NEW, event_source_id=5),
            40002,
            "Invalid value for event_source_id: not a valid string.",
        ),
        (
            LEGACY.path,
            legacy({**OLD, "properties": {"contents": [{"content_id": 7}]}}),
            40002,
            "Batch.0.properties.contents.0.content_id: Not a valid string",
        ),
    ],
    ids=["event_id", "event_source", "event_source_id", "content_id"],
)
def test_messages_are_tiktoks_word_for_word(http: httpx.Client, path: str, body: Any, code: int, message: str) -> None:
    """As users have quoted them (tiktok-api.md §4.1)."""
    assert code_and_message(http.post(path, json=body)) == (code, message)


@pytest.mark.parametrize(
    ("headers", "answer"),
    [
        pytest.param({}, (40104, "Access token is empty."), id="no token"),
        pytest.param({"Access-Token": ""}, (40104, "Access token is empty."), id="empty token"),
        pytest.param(
            {"Access-Token": "Bearer one"}, (40105, "Access token is incorrect or has been revoked."), id="bearer"
        ),
        pytest.param({"Access-Token": "three"}, (40105, "Access token is incorrect or has been revoked."), id="wrong"),
        pytest.param({"Access-Token": "one"}, (0, "OK"), id="first token"),
        pytest.param({"Access-Token": "two"}, (0, "OK"), id="second token"),
    ],
)
def test_only_the_tokens_named_at_the_start_are_accepted(headers: dict[str, str], answer: tuple[int, str]) -> None:
    """Raw, in their own header."""
    with running_sandbox(["one", "two"]) as sandbox:
        got = httpx.post(sandbox.url + TRACK.path, json=track(NEW), headers=headers, trust_env=False)
    assert code_and_message(got) == answer


def test_without_tokens_every_one_is_accepted_but_bearer(http: httpx.Client) -> None:
    """TikTok answers 40105 to the `Bearer` form that other services want."""
    assert code_and_message(http.post(TRACK.path, json=track(NEW)))[0] == 0
    assert code_and_message(http.post(TRACK.path, json=track(NEW), headers={"Access-Token": "Bearer t"}))[0] == 40105


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"5", b'{"a":' * 5000, b"\xff\xfe"], ids=repr)
def test_a_body_that_is_no_json_object_is_refused(http: httpx.Client, body: bytes) -> None:
    """For every kind of broken body."""
    code, _ = code_and_message(http.post(TRACK.path, content=body, headers={"Content-Type": "application/json"}))
    assert code == 40000


def test_another_content_type_is_refused(http: httpx.Client) -> None:
    """A charset beside it is accepted."""
    body = httpx.Request("POST", "http://x", json=track(NEW)).content
    assert code_and_message(http.post(TRACK.path, content=body, headers={"Content-Type": "text/plain"}))[0] == 40000
    json = {"Content-Type": "application/json; charset=utf-8"}
    assert code_and_message(http.post(TRACK.path, content=body, headers=json))[0] == 0


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", TRACK.path), ("PUT", LEGACY.path), ("POST", TRACK.path.rstrip("/")), ("POST", "/open_api/v1.2/x/")],
)
def test_other_paths_and_methods_do_not_exist(http: httpx.Client, method: str, path: str) -> None:
    """The trailing slash is part of TikTok's path."""
    assert code_and_message(http.request(method, path))[0] == 40400


@pytest.mark.parametrize(
    ("path", "most", "body"),
    [
        pytest.param(TRACK.path, 1000, lambda n: track(*[NEW] * n), id="event-track"),
        pytest.param(LEGACY.path, 50, lambda n: legacy(*[OLD] * n), id="pixel-batch"),
    ],
)
def test_one_event_too_many_refuses_the_whole_request(http: httpx.Client, path: str, most: int, body: Any) -> None:
    """1,000 events for event/track, 50 for pixel/batch."""
    code, message = code_and_message(http.post(path, json=body(most + 1)))
    assert (code, message.partition(": ")[2]) == (40061, f"longer than maximum length {most}.")
    assert code_and_message(http.post(path, json=body(most))) == (0, "OK")


def test_more_than_a_megabyte_is_refused_by_the_gateway(http: httpx.Client, sandbox: SandboxClient) -> None:
    """With HTTP 413 and no code; exactly a million bytes are accepted."""
    short = httpx.Request("POST", "http://x", json=track({**NEW, "shoe": ""})).content
    padded = short.replace(b'"shoe":""', b'"shoe":"' + b"x" * (1_000_000 - len(short)) + b'"')
    json = {"Content-Type": "application/json"}
    assert code_and_message(http.post(TRACK.path, content=padded, headers=json))[0] == 0
    too_long = http.post(TRACK.path, content=padded + b" ", headers=json)
    assert (too_long.status_code, too_long.headers["content-type"].partition(";")[0]) == (413, "text/html")
    assert sandbox.summary()["events"] == 1


def test_one_bad_event_refuses_the_whole_request(http: httpx.Client, sandbox: SandboxClient) -> None:
    """All or nothing, and the refusal is recorded."""
    answer = http.post(TRACK.path, json=track(NEW, NEW, {**NEW, "event_id": 5}))
    assert code_and_message(answer)[0] == 40002
    assert sandbox.events() == []
    assert sandbox.refusals() == [
        {
            "endpoint": TRACK.path,
            "code": 40002,
            "message": "Invalid value for event_id: not a valid string.",
            "request_id": answer.json()["request_id"],
            "events": 3,
        }
    ]


def test_request_ids_begin_with_the_time(http: httpx.Client) -> None:
    """14 digits of the time, then 20 hex digits; never the same twice."""
    ids = [http.post(TRACK.path, json=track(NEW)).json()["request_id"] for _ in range(3)]
    assert all(re.fullmatch(r"20\d{12}[0-9A-F]{20}", request_id) for request_id in ids)
    assert len(set(ids)) == 3


def test_app_id_is_required_only_with_the_option(http: httpx.Client) -> None:
    """The sandbox does not require it by default, because batches often lack it."""
    app = track(NEW, event_source="app")
    assert code_and_message(http.post(TRACK.path, json=app)) == (0, "OK")
    with running_sandbox(require_app_id=True) as strict, httpx.Client(headers={"Access-Token": "t"}) as client:
        url = strict.url + TRACK.path
        assert code_and_message(client.post(url, json=app)) == (40002, f"Invalid value for app.app_id: {MISSING}.")
        with_id = track({**NEW, "app": {"app_id": "com.shop"}}, event_source="app")
        assert code_and_message(client.post(url, json=with_id)) == (0, "OK")
        assert code_and_message(client.post(url, json=track(NEW))) == (0, "OK")


def test_fields_without_a_rule_are_ignored(http: httpx.Client) -> None:
    """As at TikTok: an unknown key has no effect and no error."""
    assert code_and_message(http.post(TRACK.path, json=track({**NEW, "shoe_size": 43}, colour="red"))) == (0, "OK")


def test_the_example_of_tiktoks_documents_is_accepted(http: httpx.Client) -> None:
    """tiktok-api.md §1.7."""
    user = {
        "email": [HASH],
        "phone": [HASH],
        "external_id": [HASH],
        **dict.fromkeys(("first_name", "zip_code"), HASH),
        "ttclid": "E.C.P.v3fQ2RHacdksKfofPmlyuStIIHJ4Af1tKYxF9zz2c2PLx1Oaw15oHpcfl5AH",
        "ttp": "2F7h37YkS1j57AYSKTI7IHhJPYH",
        "ip": "13.57.97.131",
        "user_agent": "Mozilla/5.0",
        "city": "newyork",
        "country": "us",
    }
    item = {"content_id": "1077218", "price": 25, "quantity": 4, "content_category": "apparel", "content_name": "shirt"}
    properties = {"currency": "USD", "value": 100, "content_type": "product", "contents": [item]}
    event = {**NEW, "event": "PlaceAnOrder", "event_id": "6f1c", "user": user, "properties": properties}
    assert code_and_message(http.post(TRACK.path, json=track(event))) == (0, "OK")
