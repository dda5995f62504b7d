"""Every status over real HTTP: the requests that get it, and mParticle's error body."""

import gzip
from codecs import BOM_UTF8
from typing import Any

import pytest
from support.events import as_json, batch, purchase
from support.site import LONELY, WEB, Site, refusal_of
from support.waiting import until

ONE = as_json(batch(purchase(1)))
EVENTS, BULK = "/v2/events", "/v2/bulkevents"
DEEP = b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
MIB = 1024 * 1024
MANY = b'{"events":[' + b"0," * 249_999 + b"0]}"

TAKEN: dict[str, tuple[str, bytes, dict[str, str]]] = {
    "a batch": (EVENTS, ONE, {}),
    "batches": (BULK, b"[" + ONE + b"," + ONE + b"]", {}),
    "a batch without events": (EVENTS, b'{"environment": "production"}', {}),
    "null events, as the Java SDK sends": (EVENTS, b'{"events": null}', {}),
    "an empty batch": (EVENTS, b"{}", {}),
    "an event that is none": (EVENTS, b'{"events": [7, null, "x", {"data": 3}]}', {}),
    "gzip": (EVENTS, gzip.compress(ONE), {"content-encoding": "gzip"}),
    "gzip in two members": (EVENTS, gzip.compress(ONE[:50]) + gzip.compress(ONE[50:]), {"content-encoding": "GZIP"}),
    "identity": (EVENTS, ONE, {"content-encoding": "identity"}),
    "any content type": (EVENTS, ONE, {"content-type": "text/plain"}),
    "a slash at the end": ("/v2/events/", ONE, {}),
    "slashes doubled": ("/v2//bulkevents//", b"[" + ONE + b"]", {}),
    "a byte order mark, compressed": (BULK, gzip.compress(BOM_UTF8 + b"[" + ONE + b"]"), {"content-encoding": "gzip"}),
    "half an emoji": (EVENTS, as_json(batch(purchase(1, coupon="\ud83d"))), {}),
    "a batch of just 1 MiB": (EVENTS, b'{"mpid":"' + b"x" * (MIB - 11) + b'"}', {}),
    "one bad batch of two": (BULK, b"[" + ONE + b",7]", {}),
    "one bad batch that is not UTF-8": (BULK, b'["\xff",' + ONE + b"]", {}),
    "one bad batch that is too deep": (BULK, b"[" + DEEP + b"," + ONE + b"]", {}),
    "one bad batch whose events are no array": (BULK, b'[{"events": {"0": {}}},' + ONE + b"]", {}),
    "a batch a line": (BULK, ONE + b"\r\n" + ONE + b"\n", {}),
    "a byte order mark": (EVENTS, b"\xef\xbb\xbf" + ONE, {}),
    "a byte order mark, bulk": (BULK, b"\xef\xbb\xbf[" + ONE + b"]", {}),
    "gzip that does not say so": (EVENTS, gzip.compress(ONE), {}),
    "a thousand batches": (BULK, b"[" + b",".join([b"{}"] * 1000) + b"]", {}),
}

REFUSED: dict[str, tuple[int, str, str, bytes, dict[str, str]]] = {
    "no body": (400, "BAD_REQUEST", EVENTS, b"", {}),
    "no body, bulk": (400, "BAD_REQUEST", BULK, b"", {}),
    "only white space": (400, "BAD_REQUEST", EVENTS, b" \r\n", {}),
    "an empty array": (400, "BAD_REQUEST", BULK, b"[]", {}),
    "half a batch": (400, "BAD_REQUEST", EVENTS, ONE[:-9], {}),
    "two batches in a row": (400, "BAD_REQUEST", EVENTS, ONE + ONE, {}),
    "an array to /v2/events": (400, "BAD_REQUEST", EVENTS, b"[" + ONE + b"]", {}),
    "a batch to /v2/bulkevents": (400, "BAD_REQUEST", BULK, ONE, {}),
    "an array of something else": (400, "BAD_REQUEST", BULK, b"[1]", {}),
    "events that are no array": (400, "BAD_REQUEST", EVENTS, b'{"events": {"0": {}}}', {}),
    "a number": (400, "BAD_REQUEST", EVENTS, b"17", {}),
    "NaN": (400, "BAD_REQUEST", EVENTS, b'{"x": NaN}', {}),
    "too deep": (400, "BAD_REQUEST", EVENTS, DEEP, {}),
    "too deep in an array": (400, "BAD_REQUEST", BULK, b"[" + DEEP + b"]", {}),
    "too deep in an event": (400, "BAD_REQUEST", EVENTS, b'{"events":[' + DEEP + b"]}", {}),
    "not UTF-8": (400, "BAD_REQUEST", EVENTS, b'{"x": "\xff"}', {}),
    "not UTF-8 in an event": (400, "BAD_REQUEST", EVENTS, b'{"events": [{"x": "\xe2\x28\xa1"}]}', {}),
    "UTF-16": (400, "BAD_REQUEST", EVENTS, ONE.decode().encode("utf-16"), {}),
    "not gzip": (400, "BAD_REQUEST", EVENTS, ONE, {"content-encoding": "gzip"}),
    "gzip cut short": (400, "BAD_REQUEST", EVENTS, gzip.compress(ONE)[:-9], {"content-encoding": "gzip"}),
    "gzip with rubbish behind": (400, "BAD_REQUEST", EVENTS, gzip.compress(ONE) + b"?", {"content-encoding": "gzip"}),
    "gzip of nothing": (400, "BAD_REQUEST", EVENTS, gzip.compress(b""), {"content-encoding": "gzip"}),
    "a request of Firehose": (400, "BAD_REQUEST", EVENTS, b'{"requestId":"r","timestamp":1,"records":[]}', {}),
    "a notification of SNS": (400, "BAD_REQUEST", EVENTS, b'{"Type":"Notification","Message":"{}"}', {}),
    "an event of EventBridge": (400, "BAD_REQUEST", EVENTS, b'{"detail-type":"t","detail":{"events":[]}}', {}),
    "a push of Pub/Sub": (400, "BAD_REQUEST", EVENTS, b'{"message":{"data":""},"subscription":"s"}', {}),
    "an event alone": (400, "BAD_REQUEST", EVENTS, as_json(purchase(1)), {}),
    "batches in an object": (400, "BAD_REQUEST", EVENTS, b'{"batches":[' + ONE + b"]}", {}),
    "a batch of Segment's": (400, "BAD_REQUEST", EVENTS, b'{"batch":[{"type":"track"}],"context":{}}', {}),
    "events by a wrong name": (400, "BAD_REQUEST", EVENTS, b'{"Events":[{}],"mpid":"1"}', {}),
    "another JSON object": (400, "BAD_REQUEST", BULK, b'[{"hello":"world"}]', {}),
    "a batch over 1 MiB": (413, "REQUEST_TOO_LARGE", EVENTS, b'{"x":"' + b"x" * MIB + b'"}', {}),
    "a batch over 1 MiB in an array": (413, "REQUEST_TOO_LARGE", BULK, b'[{"x":"' + b"x" * MIB + b'"}]', {}),
    "over 4 MiB": (413, "REQUEST_TOO_LARGE", BULK, b" " * (4 * MIB + 1), {}),
    "1,001 batches": (413, "REQUEST_TOO_LARGE", BULK, b"[" + b",".join([b"{}"] * 1001) + b"]", {}),
    "a million events": (
        413,
        "REQUEST_TOO_LARGE",
        BULK,
        b"[" + b",".join([MANY] * 4) + b"]",
        {},
    ),
    "a gzip bomb": (413, "REQUEST_TOO_LARGE", EVENTS, gzip.compress(b" " * (64 * MIB)), {"content-encoding": "gzip"}),
    "deflate": (415, "UNSUPPORTED_ENCODING", EVENTS, ONE, {"content-encoding": "deflate"}),
    "br": (415, "UNSUPPORTED_ENCODING", EVENTS, ONE, {"content-encoding": "br"}),
    "gzip twice": (415, "UNSUPPORTED_ENCODING", EVENTS, ONE, {"content-encoding": "gzip, gzip"}),
    "history": (404, "NOT_FOUND", "/v2/bulkevents/historical", b"[" + ONE + b"]", {}),
    "another path": (404, "NOT_FOUND", "/v1/events", ONE, {}),
    "a path below": (404, "NOT_FOUND", "/v2/events/more", ONE, {}),
    "two byte order marks": (400, "BAD_REQUEST", EVENTS, BOM_UTF8 * 2 + ONE, {}),
}


@pytest.mark.parametrize(("path", "body", "headers"), TAKEN.values(), ids=TAKEN.keys())
def test_accepted(site: Site, path: str, body: bytes, headers: dict[str, str]) -> None:
    """202 with an empty body, which every SDK understands."""
    response = site.post(body, path, headers=headers)
    assert (response.status_code, response.content) == (202, b"")


@pytest.mark.parametrize(("status", "code", "path", "body", "headers"), REFUSED.values(), ids=REFUSED.keys())
def test_refused_as_a_whole(
    site: Site, status: int, code: str, path: str, body: bytes, headers: dict[str, str]
) -> None:
    """The status, mParticle's error body, and nothing in Redis; but batches to a wrong path are counted there."""
    response = site.post(body, path, headers=headers)
    assert (response.status_code, refusal_of(response)) == (status, code)
    assert site.keys() == set()
    assert status != 404 or until(lambda: site.redis.keys("counts:misdirected:*"))
    assert site.post(ONE).status_code == 202  # the connection is still good


def test_historical_batches_are_refused_in_a_sentence(site: Site) -> None:
    """The sentence says why they are refused and where recent batches go."""
    response = site.post([batch(purchase(1))], "/v2/bulkevents/historical")
    assert "/v2/bulkevents" in response.json()["errors"][0]["message"]


def test_an_unserved_path_is_answered_with_the_paths_for_batches(site: Site) -> None:
    """A sender with a wrong address sees the right ones in the answer."""
    message = site.post(ONE, "/v2/event").json()["errors"][0]["message"]
    assert "/v2/events" in message
    assert "/v2/bulkevents" in message


@pytest.mark.parametrize("path", [EVENTS, BULK])
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS"])
def test_only_post(site: Site, method: str, path: str) -> None:
    """405 says which method is allowed."""
    response = site.http.request(method, path)
    assert (response.status_code, refusal_of(response)) == (405, "METHOD_NOT_ALLOWED")
    assert response.headers["allow"] == "POST"


AUTHORIZATIONS: dict[str, tuple[Any, int]] = {
    "right": (WEB, 202),
    "another input": (LONELY, 202),
    "a wrong secret": (("web-key", "web-secreT"), 403),
    "no secret": (("web-key", ""), 403),
    "an unknown key": (("web-keys", "web-secret"), 403),
    "another input's secret": (("web-key", "lonely-secret"), 403),
    "none": (None, 401),
    "nothing in it": (("", ""), 401),
}


@pytest.mark.parametrize(("auth", "status"), AUTHORIZATIONS.values(), ids=AUTHORIZATIONS.keys())
def test_who_may_post(site: Site, auth: tuple[str, str] | None, status: int) -> None:
    """401 without credentials, with how to send them; 403 with wrong ones; the body is not read."""
    client_auth: Any = auth or (lambda request: request)  # None would be the client's own
    response = site.post(ONE, auth=client_auth)
    assert response.status_code == status
    if status != 202:
        assert refusal_of(response) == {401: "UNAUTHORIZED", 403: "FORBIDDEN"}[status]
        assert site.keys() == set()
    assert ("www-authenticate" in response.headers) == (status == 401)


def test_a_chunked_body_is_read_to_its_end(site: Site) -> None:
    """Its length is known only at the end."""
    assert site.http.post(EVENTS, content=iter([ONE[:100], ONE[100:]])).status_code == 202
    assert site.counts("shop") == {"accepted": 1}


def test_a_chunked_body_is_refused_at_its_limit(site: Site) -> None:
    """The client reads the answer, however long the body is."""
    response = site.http.post(BULK, content=(b" " * 65536 for _ in range(100)))
    assert (response.status_code, refusal_of(response)) == (413, "REQUEST_TOO_LARGE")
    assert site.post(ONE).status_code == 202


def test_an_answer_says_nothing_of_the_server(site: Site) -> None:
    """Neither name nor version."""
    assert "server" not in site.post(ONE).headers
