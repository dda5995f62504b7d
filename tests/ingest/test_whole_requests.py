"""A request that arrives whole is answered without a task of its own, exactly as one that arrives in parts."""

import gzip
import re
import socket
from inspect import signature
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from support.events import as_json, batch, purchase
from support.site import Site
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from ingest.coalescer import Coalescer
from ingest.door import INLINE_BYTES, Door
from ingest.http.request_cycle import RequestCycle
from store.errors import LATE, RedisAway, RedisFull

KEY = b"Authorization: Basic d2ViLWtleTp3ZWItc2VjcmV0\r\n"
ONE = as_json(batch(purchase(1)))
MANY = as_json([batch(purchase(2)), batch(purchase(3))])


def request(
    body: bytes, headers: bytes = KEY, path: bytes = b"/v2/events", method: bytes = b"POST", version: bytes = b"1.1"
) -> bytes:
    """Return a request as bytes."""
    head = b"%s %s HTTP/%s\r\nHost: relay\r\n%sContent-Length: %d\r\n\r\n" % (
        *(method, path, version, headers),
        len(body),
    )
    return head + body


REQUESTS = {
    "one batch": (request(ONE), 202),
    "an array": (request(MANY, path=b"/v2/bulkevents"), 202),
    "a doubled slash": (request(ONE, path=b"//v2/events/"), 202),
    "a query": (request(ONE, path=b"/v2/events?a=b"), 202),
    "close after it": (request(ONE, KEY + b"Connection: close\r\n"), 202),
    "HTTP/1.0": (request(ONE, version=b"1.0"), 202),
    "gzip": (request(gzip.compress(ONE), KEY + b"Content-Encoding: gzip\r\n"), 202),
    "gzip without its header": (request(gzip.compress(ONE)), 202),
    "larger than what the event loop sorts": (request(ONE + b" " * INLINE_BYTES), 202),
    "no body": (request(b""), 400),
    "no JSON": (request(b"{"), 400),
    "no batch": (request(b"1"), 400),
    "an array at the wrong path": (request(MANY), 400),
    "not UTF-8": (request(ONE[:-1] + b"\xff}"), 400),
    "no key": (request(ONE, b""), 401),
    "an unknown key": (request(ONE, b"Authorization: Basic d2ViLWtleTp4\r\n"), 403),
    "another path": (request(ONE, path=b"/v2/other"), 404),
    "another method": (request(ONE, method=b"PUT"), 405),
    "another encoding": (request(ONE, KEY + b"Content-Encoding: br\r\n"), 415),
}


def answers(site: Site, *parts: bytes, count: int = 1) -> bytes:
    """Send the parts one by one, and return `count` answers without their dates."""
    address = urlsplit(site.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for part in parts:
            client.sendall(part)
        received = b""
        while received.count(b"HTTP/1.1 ") < count or not _is_whole(received):
            data = client.recv(65536)
            if not data:
                break
            received += data
    return re.sub(rb"date: [^\r]+\r\n", b"", received)


def _is_whole(received: bytes) -> bool:
    head, ended, body = received.rpartition(b"HTTP/1.1 ")[2].partition(b"\r\n\r\n")
    length = re.search(rb"content-length: (\d+)", head)
    return bool(ended) and length is not None and len(body) >= int(length[1])


@pytest.mark.parametrize("name", REQUESTS)
def test_the_answer_is_that_to_a_request_in_parts(name: str, site: Site) -> None:
    """The parts are head and body, and an arbitrary cut of both."""
    sent, status = REQUESTS[name]
    whole = answers(site, sent)
    assert whole.startswith(b"HTTP/1.1 %d " % status)
    head, _, body = sent.partition(b"\r\n\r\n")
    assert answers(site, head + b"\r\n\r\n", body) == whole
    assert answers(site, sent[:20], sent[20 : len(head) + 30], sent[len(head) + 30 :]) == whole


def test_a_whole_request_needs_no_task(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """The usual path is not taken, and Redis has the event."""
    monkeypatch.setattr(Door, "__call__", _never)
    assert answers(site, request(ONE)).startswith(b"HTTP/1.1 202 ")
    [chunk] = site.chunks("shop")
    assert chunk.weight == 1


async def _never(*_: Any) -> None:
    raise AssertionError("no application runs for this request")


def test_pipelined_requests_are_answered_in_their_order(site: Site) -> None:
    """The second of them waits for the first, and both are accepted."""
    received = answers(site, request(ONE) + request(b"{") + request(ONE), count=3)
    assert re.findall(rb"HTTP/1.1 (\d+)", received) == [b"202", b"400", b"202"]
    assert sum(chunk.weight for chunk in site.chunks("shop")) == 2


@pytest.mark.parametrize(
    ("failure", "status"), [(RedisAway(LATE), b"503"), (RedisFull("Redis"), b"429"), (KeyError(), b"500")]
)
def test_a_failed_append_is_answered(
    failure: Exception, status: bytes, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the same status and body as for a request in parts."""

    async def fail(*_: object) -> None:
        raise failure

    monkeypatch.setattr(Coalescer, "_write", fail)
    whole = answers(site, request(ONE))
    assert whole.startswith(b"HTTP/1.1 " + status)
    head, _, body = request(ONE).partition(b"\r\n\r\n")
    assert answers(site, head + b"\r\n\r\n", body) == whole


def test_the_cycle_of_a_request_has_all_that_uvicorns_has() -> None:
    """It is built without uvicorn's own constructor, so a newer uvicorn must not set more."""
    connection: Any = SimpleNamespace(
        scope={},
        transport=None,
        flow=None,
        logger=None,
        access_logger=None,
        expect_100_continue=False,
        on_response_complete=None,
        server_state=SimpleNamespace(default_headers=[]),
    )
    ours = RequestCycle(connection, lambda *_: None, keep_alive=True)
    arguments: dict[str, Any] = dict.fromkeys(list(signature(RequestResponseCycle).parameters))
    assert vars(RequestResponseCycle(**arguments)).keys() <= vars(ours).keys()
