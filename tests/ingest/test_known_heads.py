"""A connection does not parse the head that its last request had, and answers as if it did."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.raw_requests import KEY, ONE, REQUESTS, answers, request
from support.site import Site

from ingest.http.connection import HttpConnection
from ingest.http.known_head import LONGEST_HEAD, MOST_MISSES, KnownHead

KNOWN = request(ONE)
HEAD = KNOWN.removesuffix(ONE)


@pytest.fixture
def parsed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the paths of the heads that parsers read."""
    seen: list[str] = []
    begin = HttpConnection._begin_request

    def note(connection: Any) -> None:
        begin(connection)
        seen.append(connection.scope["path"])

    monkeypatch.setattr(HttpConnection, "_begin_request", note)
    return seen


@contextmanager
def connected(site: Site) -> Iterator[socket.socket]:
    """Yield a connection on which one request was accepted."""
    address = urlsplit(site.url)
    with socket.create_connection((address.hostname, address.port), timeout=30) as client:
        assert accepted(client, KNOWN)
        yield client


def accepted(client: socket.socket, data: bytes, count: int = 1) -> bool:
    """Send the data; return whether the `count` requests in it are accepted."""
    client.sendall(data)
    received = b""
    while received.count(b"\r\n\r\n") < count and (more := client.recv(65536)):
        received += more
    return received.count(b"HTTP/1.1 202 ") == count


@pytest.mark.parametrize("name", REQUESTS)
def test_the_answer_after_a_known_head_is_that_on_a_new_connection(name: str, site: Site) -> None:
    """Whatever is unusual about the next request, in its head or in its body."""
    sent, _ = REQUESTS[name]
    with connected(site) as client:
        client.sendall(sent)
        answer = client.recv(65536)
    assert answer.partition(b"\r\n")[0] == answers(site, sent).partition(b"\r\n")[0]


def test_a_head_that_comes_again_is_not_parsed(site: Site, parsed: list[str]) -> None:
    """Also with a body of another length."""
    with connected(site) as client:
        assert accepted(client, KNOWN)
        assert accepted(client, request(ONE + b" " * 10_000))
    assert parsed == ["/v2/events"]
    assert sum(chunk.weight for chunk in site.chunks("shop")) == 3


def test_another_head_is_parsed(site: Site, parsed: list[str]) -> None:
    """A header more, or another path."""
    with connected(site) as client:
        assert accepted(client, request(ONE, KEY + b"X: y\r\n"))
        assert accepted(client, request(b"[" + ONE + b"]", path=b"/v2/bulkevents"))
    assert parsed == ["/v2/events", "/v2/events", "/v2/bulkevents"]


@pytest.mark.parametrize("at", [1, len(HEAD) - 1, len(HEAD), len(KNOWN) - 1])
def test_a_known_head_in_parts_is_parsed(at: int, site: Site, parsed: list[str]) -> None:
    """Only whole requests take the short way."""
    with connected(site) as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.sendall(KNOWN[:at])
        assert accepted(client, KNOWN[at:])
    assert len(parsed) in (1, 2)  # the parts may arrive together
    assert sum(chunk.weight for chunk in site.chunks("shop")) == 2


@pytest.mark.parametrize("first", [[KNOWN], [KNOWN + KNOWN, KNOWN + KNOWN]], ids=["alone", "pipelined, twice"])
def test_pipelined_requests_with_a_known_head_are_all_accepted(first: list[bytes], site: Site) -> None:
    """Two equal requests in one piece are never taken for one."""
    with connected(site) as client:
        for data in [*first, KNOWN + KNOWN + KNOWN]:
            assert accepted(client, data, data.count(HEAD))
    assert sum(chunk.weight for chunk in site.chunks("shop")) == 1 + sum(map(len, first)) // len(KNOWN) + 3


def test_a_connection_whose_heads_all_differ_is_not_looked_at_again(site: Site, parsed: list[str]) -> None:
    """So such senders cost no more than before."""
    with connected(site) as client:
        for number in range(MOST_MISSES):
            assert accepted(client, request(ONE, KEY + b"X-Request-Id: %d\r\n" % number))
        assert accepted(client, KNOWN)
        assert accepted(client, KNOWN)
    assert len(parsed) == 1 + MOST_MISSES + 2


@given(st.binary(max_size=40), st.integers(-2, 2), st.binary(max_size=3))
def test_only_the_number_of_the_content_length_may_differ(body: bytes, more: int, rest: bytes) -> None:
    """And it must be the length of the body that came."""
    known = KnownHead.of(KNOWN, ONE, {}, None)
    assert known is not None
    data = HEAD.replace(b"%d" % len(ONE), b"%d" % max(0, len(body) + more)) + body + rest
    assert known.body_of(data) == (body + rest if max(0, len(body) + more) == len(body + rest) else None)


@pytest.mark.parametrize(
    "data",
    [
        KNOWN + KNOWN,
        b"\r\n\r\n" + KNOWN,
        KNOWN.replace(b"Content-Length", b"Content-Size"),
        KNOWN.replace(b"Host", b"X: " + b"x" * LONGEST_HEAD + b"\r\nHost"),
        KNOWN.replace(b"Content-Length: ", b"Content-Length: 00000000"),
    ],
    ids=["two requests", "blank lines before it", "no length", "long", "a long number"],
)
def test_an_unusual_head_is_not_remembered(data: bytes) -> None:
    """It is parsed each time."""
    assert KnownHead.of(data, ONE, {}, None) is None
