"""Limits of HTTP connections: headers, waiting, number, pipelining; and refusals that clients read."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.events import as_json, batch, purchase
from support.site import Site, running_site

from ingest.http import connection as http_connection

LIMIT = 20
HEAD = b"POST /v2/events HTTP/1.1\r\nhost: relay\r\n"
LIVE = b"GET /health/live HTTP/1.1\r\nhost: relay\r\n\r\n"
Connect = Callable[[], socket.socket]


@pytest.fixture
def bounded(redis_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Run an ingest with few connections and short time limits."""
    monkeypatch.setattr(http_connection, "HEAD_WITHIN_S", 1.0)
    monkeypatch.setattr(http_connection, "REST_WITHIN_S", 1.0)
    with running_site(tmp_path, redis_url, max_connections=LIMIT, keep_alive=2.0) as site:
        yield site


@pytest.fixture
def connect(bounded: Site) -> Iterator[Connect]:
    """Return a function that opens connections to it."""
    place = urlsplit(bounded.url)
    opened: list[socket.socket] = []

    def connect() -> socket.socket:
        opened.append(socket.create_connection((place.hostname, place.port), timeout=30))
        return opened[-1]

    yield connect
    for opened_socket in opened:
        opened_socket.close()


def answer_of(connection: socket.socket) -> bytes:
    """Return all bytes until the server closes."""
    parts = []
    while part := connection.recv(1 << 16):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (HEAD + b"x: " + b"a" * http_connection.LARGEST_HEAD, b"431"),
        (b"GET /" + b"a" * http_connection.LARGEST_HEAD, b"431"),
        (HEAD + b"a: b\r\n" * 11_000, b"431"),
        (HEAD + b"x: a", b"408"),
        (b"P", b"408"),
        (b"\r\n\r\n", b""),
        (b"", b""),
        (b"no HTTP\r\n\r\n", b"400"),
        (b"no HTTP\r\n\r\n" * 10_000, b"400"),
    ],
    ids=[
        "a header without end",
        "a path without end",
        "headers without end",
        "half a head",
        "a byte",
        "empty lines",
        "nothing",
        "no HTTP",
        "more than is read at once",
    ],
)
def test_headers_have_a_limit_in_bytes_and_seconds(connect: Connect, sent: bytes, status: bytes) -> None:
    """A refused request gets the reason; a client that sends nothing gets nothing."""
    connection = connect()
    connection.sendall(sent)
    answer = answer_of(connection)
    assert answer.split(b" ", 2)[1:2] == ([status] if status else [])
    assert (b"errors" in answer) is bool(status)


def test_headers_in_pieces_share_one_time_limit(connect: Connect) -> None:
    """The time limit is for all of it."""
    connection = connect()
    for place in range(0, len(LIVE), 7):
        connection.sendall(LIVE[place : place + 7])
    assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")


def test_idle_connections_are_closed_for_new_ones(bounded: Site, connect: Connect) -> None:
    """At any number: the one that waited longest is closed first."""
    for _ in range(5 * LIMIT):
        connect()
        assert bounded.post(batch(purchase(1))).status_code == 202
    first = connect()
    first.sendall(LIVE)
    assert first.recv(1 << 16).startswith(b"HTTP/1.1 200")


def test_a_connection_is_kept_alive_for_as_long_as_the_setting_says(connect: Connect) -> None:
    """RELAY_KEEP_ALIVE; the time starts again with each request."""
    connection = connect()
    for _ in range(2):
        connection.sendall(LIVE)
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")
    assert answer_of(connection) == b""


@pytest.mark.parametrize("closing_header", [b"", b"connection: close\r\n"], ids=["keep-alive", "close"])
@pytest.mark.parametrize("size", [100_000, 8 << 20])
def test_a_client_that_sends_everything_first_reads_the_refusal(
    connect: Connect, closing_header: bytes, size: int
) -> None:
    """If it were closed at once, a reset would destroy the answer."""
    connection = connect()
    connection.sendall(HEAD + closing_header + b"content-length: %d\r\n\r\n" % size + b"a" * size)
    assert connection.recv(1 << 16).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize("closing_header", [b"", b"connection: close\r\n"], ids=["keep-alive", "close"])
def test_the_rest_of_a_refused_request_has_a_limit(connect: Connect, closing_header: bytes) -> None:
    """In seconds for a rest that does not arrive, in bytes for one that does not end."""
    slow = connect()
    slow.sendall(HEAD + closing_header + b"content-length: 1000\r\n\r\n")
    assert answer_of(slow).startswith(b"HTTP/1.1 401")
    endless = connect()
    endless.sendall(HEAD + closing_header + b"content-length: 1000000000000\r\n\r\n")
    with pytest.raises(ConnectionError):
        endless.sendall(b"a" * (256 << 20))


def test_requests_sent_ahead_are_answered_up_to_a_limit(connect: Connect) -> None:
    """A client cannot send hundreds before the first answer."""
    few, many = connect(), connect()
    few.sendall(LIVE * 10)
    answer = b""
    while answer.count(b"200 OK") < 10:
        answer += few.recv(1 << 16)
    many.sendall(LIVE * 1000)
    assert answer_of(many).count(b"200 OK") <= http_connection.MOST_PIPELINED + 1


def test_an_offer_of_http_2_is_ignored(bounded: Site) -> None:
    """Java's client sends it with every first request."""
    offer = {"connection": "Upgrade, HTTP2-Settings", "upgrade": "h2c", "http2-settings": "AAEAAEAA"}
    body = as_json(batch(purchase(1), purchase(2)))
    for content in (body, iter([body[:100], body[100:]])):
        answer = bounded.http.post("/v2/events", content=content, headers=offer)
        assert (answer.status_code, answer.headers["connection"]) == (202, "close")
    assert bounded.http.get("/health/live", headers=offer).status_code == 200
    assert bounded.counts("shop")["accepted"] == 4


def test_trailers_are_not_read_as_headers(connect: Connect) -> None:
    """At any number after a chunked body."""
    connection = connect()
    connection.sendall(HEAD + b"transfer-encoding: chunked\r\n\r\n0\r\n" + b"authorization: x\r\n" * 1000 + b"\r\n")
    assert connection.recv(1 << 16).startswith(b"HTTP/1.1 401")
    connection.sendall(LIVE)
    assert connection.recv(1 << 16).startswith(b"HTTP/1.1 200")


def test_a_path_that_begins_with_two_slashes_is_a_path(connect: Connect) -> None:
    """As from a sender whose base URL ends with a slash."""
    connection = connect()
    connection.sendall(b"POST //v2/events HTTP/1.1\r\nhost: relay\r\ncontent-length: 0\r\n\r\n")
    assert connection.recv(1 << 16).startswith(b"HTTP/1.1 401")
