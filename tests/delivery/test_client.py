"""The client sends once and reports the answer, or why there is none and whether TikTok may have received anything."""

import gc
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import pytest

from delivery.answer import MAX_ANSWER_BYTES
from delivery.client import Answer, Client, NoAnswer, Timeouts
from sandbox.client import SandboxClient, running_sandbox
from sandbox.rules import TRACK

QUICK = Timeouts(connect=0.3, read=0.3, write=0.3, pool=0.3)
PATIENT = Timeouts(connect=5.0, read=5.0, write=5.0, pool=5.0)
BODY = (
    b'{"event_source":"web","event_source_id":"pixel","data":[{"event":"Search","event_time":1704721970,'
    b'"event_id":"a","page":{"url":"https://shop.com"}}]}'
)
OK = b'{"code":0,"message":"OK","request_id":"r","data":{}}'

Behaviour = Callable[[socket.socket], None]


class Server:
    """A TCP server that handles each connection in the next of the given ways; the last way repeats."""

    def __init__(self, *ways: Behaviour) -> None:
        self.ways = list(ways)
        self.requests: list[bytes] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.connections = 0
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            way = self.ways[min(self.connections, len(self.ways) - 1)]
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._treat, args=(way, connection), daemon=True).start()

    def _treat(self, way: Behaviour, connection: socket.socket) -> None:
        connection.settimeout(10)
        with suppress(OSError):
            way(connection)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(timeout=5)
        for connection in self._open:
            connection.close()


@contextmanager
def server(*ways: Behaviour) -> Iterator[Server]:
    running = Server(*ways)
    try:
        yield running
    finally:
        running.close()


def receive(connection: socket.socket) -> bytes:
    """Return one whole request; b"" when the client has disconnected."""
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(
        next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")).split(b":")[1]
    )
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def response(body: bytes = OK, head: bytes = b"200 OK", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (head, size, body)


def answering(*answers: bytes) -> Behaviour:
    """Answer each request with the next answer, then close the connection."""

    def way(connection: socket.socket) -> None:
        for answer in answers:
            if not receive(connection):
                return
            connection.sendall(answer)
        connection.close()

    return way


def hanging(connection: socket.socket) -> None:
    receive(connection)
    connection.recv(1)


def hanging_up(connection: socket.socket) -> None:
    receive(connection)
    connection.close()


def resetting(connection: socket.socket) -> None:
    receive(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def resetting_at_once(connection: socket.socket) -> None:
    connection.recv(10)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxClient]:
    with running_sandbox(["token"]) as running:
        yield running


def post(url: str, timeouts: Timeouts = QUICK, body: bytes = BODY, token: str = "token") -> Answer | NoAnswer:
    """Make one request with a new client."""
    with Client(url, timeouts=timeouts) as client:
        return client.post(TRACK.path, body, token)


def test_a_request_is_answered(sandbox: SandboxClient) -> None:
    """The sandbox answers over real HTTP."""
    sandbox.clear()
    answer = post(sandbox.url, PATIENT)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.code, answer.message) == (200, 0, "OK")
    assert answer.request_id == sandbox.events()[0]["request_id"]
    assert abs(answer.answered_s - time.time()) < 60


def test_the_token_is_in_its_header_and_nowhere_else() -> None:
    """It is sent without `Bearer`, and is not in the URL or the body."""
    seen: list[bytes] = []

    def way(connection: socket.socket) -> None:
        seen.append(receive(connection))
        connection.sendall(response())

    with server(way) as running:
        post(running.url, PATIENT, token="secret token")
    head, _, body = seen[0].partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /open_api/v1.3/event/track/ HTTP/1.1"
    assert [line for line in lines if b"secret" in line] == [b"Access-Token: secret token"]
    assert b"Content-Type: application/json" in lines
    assert body == BODY


@pytest.mark.parametrize("token", ["", " ", "hunter2\nb", "hunter2\r\nX-Evil: 1", "hunter²", "hunter2 ", "\x00"])
def test_a_token_that_no_header_can_carry_is_not_tried(token: str) -> None:
    """No request is made, and the error does not quote the token."""
    answer = post("http://127.0.0.1:9", token=token)
    assert isinstance(answer, NoAnswer)
    assert (answer.kind, answer.sent) == ("token", False)
    assert "hunter" not in answer.detail


def test_a_refused_connection_sent_nothing() -> None:
    """No server listens on the port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    answer = post(f"http://127.0.0.1:{port}")
    assert isinstance(answer, NoAnswer)
    assert (answer.kind, answer.sent) == ("connect", False)


def test_a_connection_that_is_not_established_sent_nothing() -> None:
    """The listener's queue is full, so the handshake never ends."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        filling = [socket.socket() for _ in range(3)]
        for filler in filling:
            filler.setblocking(False)
            filler.connect_ex(address)
        answer = post(f"http://127.0.0.1:{address[1]}")
        for filler in filling:
            filler.close()
    assert isinstance(answer, NoAnswer)
    assert (answer.kind, answer.sent) == ("connect", False)


def test_a_failed_tls_handshake_sent_nothing() -> None:
    """The server speaks plain HTTP."""
    with server(lambda connection: connection.sendall(b"HTTP/1.1 400 No\r\n\r\n")) as running:
        answer = post(running.url.replace("http:", "https:"))
    assert isinstance(answer, NoAnswer)
    assert (answer.kind, answer.sent) == ("connect", False)


@pytest.mark.parametrize(
    ("way", "kind"),
    [
        pytest.param(hanging, "timeout", id="no answer"),
        pytest.param(hanging_up, "reset", id="hung up"),
        pytest.param(resetting, "reset", id="reset"),
        pytest.param(answering(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "reset", id="not HTTP"),
        pytest.param(answering(response()[:20]), "reset", id="half a head"),
        pytest.param(answering(response(length=1000)), "reset", id="half a body"),
    ],
)
def test_without_a_whole_answer_the_outcome_is_unknown(way: Behaviour, kind: str) -> None:
    """The request was sent, so TikTok may have accepted its events."""
    with server(way) as running:
        answer = post(running.url)
    assert isinstance(answer, NoAnswer)
    assert (answer.kind, answer.sent) == (kind, True)
    assert "pixel" not in answer.detail


def test_a_body_that_was_sent_in_part_counts_as_sent() -> None:
    """The server disconnects while a body of eight megabytes is being sent."""
    with server(resetting_at_once) as running:
        answer = post(running.url, PATIENT, body=b"x" * (8 << 20))
    assert isinstance(answer, NoAnswer)
    assert (answer.kind, answer.sent) == ("reset", True)


def test_an_answer_that_arrives_before_the_whole_body_is_sent_is_read() -> None:
    """Gateways refuse a long body early, and that is an answer."""

    def way(connection: socket.socket) -> None:
        connection.recv(1000)
        connection.sendall(response(b"<html>", b"413 Too Large"))
        while connection.recv(1 << 20):
            pass

    with server(way) as running:
        answer = post(running.url, PATIENT, body=b"x" * (4 << 20))
    assert isinstance(answer, Answer)
    assert (answer.status, answer.code) == (413, None)


def test_nothing_is_sent_twice() -> None:
    """After a reset, a closed connection or a 503 the client does not send the request again."""
    with server(hanging_up, resetting, answering(response(b"", b"503 Away"))) as running:
        with Client(running.url, timeouts=PATIENT) as client:
            for _ in range(3):
                client.post(TRACK.path, BODY, "token")
        assert running.connections == 3


@pytest.mark.parametrize("way", [answering(response()), hanging, hanging_up, resetting, resetting_at_once])
def test_a_body_is_released_with_its_answer(way: Behaviour) -> None:
    """Or with its error: a cycle in the HTTP client would hold each megabyte until the next collection."""
    body = b"x" * 100_000
    gc.collect()
    gc.disable()
    try:
        with server(way) as running, Client(running.url, timeouts=QUICK) as client:
            before = sys.getrefcount(body)
            client.post(TRACK.path, body, "token")
            assert sys.getrefcount(body) == before
    finally:
        gc.enable()


@pytest.mark.parametrize("status", [b"301 Moved", b"307 Temporary"])
def test_a_redirect_is_not_followed(status: bytes) -> None:
    """Its target would receive the token."""
    with server(answering(response())) as target:
        moved = b"HTTP/1.1 %b\r\nLocation: %b/\r\nContent-Length: 0\r\n\r\n" % (status, target.url.encode())
        with server(answering(moved)) as running:
            answer = post(running.url)
        assert target.connections == 0
    assert isinstance(answer, Answer)
    assert (answer.status, answer.code) == (int(status[:3]), None)


def test_a_cookie_is_not_kept() -> None:
    """A cookie of one account must not be sent with the token of another."""
    seen: list[bytes] = []

    def way(connection: socket.socket) -> None:
        for _ in range(2):
            seen.append(receive(connection))
            connection.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 2\r\n\r\n{}")

    with server(way) as running, Client(running.url, timeouts=PATIENT) as client:
        client.post(TRACK.path, BODY, "one")
        client.post(TRACK.path, BODY, "two")
    assert len(seen) == 2
    assert b"cookie" not in seen[1].lower()


def test_connections_are_kept_and_replaced_when_the_server_ended_them() -> None:
    """A kept connection that the server closed does not make an outcome unknown."""
    with server(answering(response(), response()), answering(response())) as running:
        with Client(running.url, timeouts=PATIENT) as client:
            codes = [client.post(TRACK.path, BODY, "token") for _ in range(2)]
            deadline = time.monotonic() + 5
            while not _ended(client) and time.monotonic() < deadline:
                pass
            codes.append(client.post(TRACK.path, BODY, "token"))
        assert running.connections == 2
    assert [answer.code for answer in codes if isinstance(answer, Answer)] == [0, 0, 0]


def _ended(client: Client) -> bool:
    """Return whether the server's end of the kept connection has arrived."""
    return all(connection.has_expired() for connection in client._pool.connections)


def test_reading_an_endless_answer_stops() -> None:
    """It is not an answer of TikTok's, so it has no code; memory stays bounded."""

    def way(connection: socket.socket) -> None:
        receive(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            connection.sendall(b"10000\r\n" + b" " * 65536 + b"\r\n")

    with server(way) as running:
        answer = post(running.url, PATIENT)
    assert isinstance(answer, Answer)
    assert (answer.status, answer.code) == (200, None)


def test_the_longest_answer_of_tiktoks_is_read() -> None:
    """It refuses a thousand events with a sentence each."""
    failed = b",".join(b'{"order_in_batch":%d,"error":"%b"}' % (n, b"x" * 200) for n in range(1000))
    body = b'{"code":20001,"message":"","request_id":"r","data":{"failed_events":[%b]}}' % failed
    assert len(body) < MAX_ANSWER_BYTES
    with server(answering(response(body))) as running:
        answer = post(running.url, PATIENT)
    assert isinstance(answer, Answer)
    assert answer.failed_events is not None
    assert len(answer.failed_events) == 1000


@pytest.mark.parametrize(
    ("first", "more"),
    [
        pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b" ", id="a body"),
        pytest.param(b"HTTP/1.1 200 OK\r\n", b"X-More: more\r\n", id="a head"),
        pytest.param(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", id="early hints"),
        pytest.param(b"", b"HTTP/1.1 100 Continue\r\n\r\n", id="continue"),
    ],
)
def test_an_answer_without_end_has_a_deadline(first: bytes, more: bytes) -> None:
    """Each part arrives in time, the whole answer never does."""

    def way(connection: socket.socket) -> None:
        receive(connection)
        connection.sendall(first)
        while True:
            connection.sendall(more)
            time.sleep(0.02)

    with (
        server(way) as running,
        Client(running.url, timeouts=Timeouts(60.0, 60.0, 60.0, 60.0), deadline_s=0.5) as client,
    ):
        answer = client.post(TRACK.path, BODY, "token")
    assert isinstance(answer, NoAnswer)
    assert (answer.kind, answer.sent) == ("timeout", True)


def test_threads_share_a_client(sandbox: SandboxClient) -> None:
    """Each thread gets its own answer, over few connections."""
    sandbox.clear()
    bodies = [BODY.replace(b'"a"', b'"%d"' % number) for number in range(200)]
    with Client(sandbox.url, timeouts=PATIENT) as client, ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda body: client.post(TRACK.path, body, "token"), bodies))
    taken = {event["event_id"]: event["request_id"] for event in sandbox.events()}
    got = {str(n): answer.request_id for n, answer in enumerate(answers) if isinstance(answer, Answer)}
    assert got == taken
    assert len(taken) == 200


def test_a_full_pool_sent_nothing() -> None:
    """The second request gets no connection, and fails long before the first one times out."""
    timeouts = Timeouts(connect=1.0, read=1.0, write=1.0, pool=0.1)
    with server(hanging) as running, Client(running.url, timeouts=timeouts, max_connections=1) as client:
        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(lambda _: client.post(TRACK.path, BODY, "token"), range(2)))
        kinds = sorted((outcome.kind, outcome.sent) for outcome in outcomes if isinstance(outcome, NoAnswer))
    assert kinds == [("connect", False), ("timeout", True)]


def test_a_gateway_that_sends_a_page_has_no_code(sandbox: SandboxClient) -> None:
    """HTTP 503 with nginx's page and its Retry-After."""
    sandbox.fault("http_503", retry_after=9)
    answer = post(sandbox.url, PATIENT)
    sandbox.clear_faults()
    assert isinstance(answer, Answer)
    assert (answer.status, answer.code, answer.retry_after) == (503, None, "9")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "sandbox.localhost", "LOCALHOST"])
def test_requests_to_this_machine_use_no_proxy(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The token is sent without https there, and a proxy in the environment could read it."""
    proxy = Server(lambda connection: connection.close())
    try:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        with Client(f"http://{host}:9", timeouts=QUICK) as client:
            assert isinstance(client.post(TRACK.path, BODY, "token"), NoAnswer)
        assert proxy.connections == 0
    finally:
        proxy.close()
