"""The console's process may answer before it reads the form: the whole answer reaches the browser."""

import asyncio
import select
import socket
import threading

import pytest
from starlette.types import Message

from console.process.forward import Forwarder

HEAD = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 7\r\nconnection: close\r\n\r\n"
FORM = b"sure=1"


class AnswersEarly:
    """A process of the console that answers as soon as it has a request's head, and closes without reading more."""

    def __init__(self, answer: tuple[bytes, ...], *, waits_for_form: bool) -> None:
        self._answer, self._waits_for_form = answer, waits_for_form
        self._threads: list[threading.Thread] = []

    def connect(self) -> socket.socket:
        """Return a connection whose other end answers in a thread."""
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        thread = threading.Thread(target=self._serve, args=(theirs,))
        thread.start()
        self._threads.append(thread)
        return ours

    def _serve(self, connection: socket.socket) -> None:
        with connection:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                head += connection.recv(1)
            if self._waits_for_form:
                select.select([connection], [], [], 30)
            for part in self._answer:
                connection.sendall(part)

    def join(self) -> None:
        """Wait until every answer was sent."""
        for thread in self._threads:
            thread.join()


async def forward(process: AnswersEarly, method: str = "POST") -> list[Message]:
    """Return what the browser gets for one form."""
    sent: list[Message] = []
    form = iter([{"type": "http.request", "body": FORM, "more_body": False}])

    async def receive() -> Message:
        for message in form:
            return message
        await asyncio.Event().wait()
        raise AssertionError

    async def send(message: Message) -> None:
        sent.append(message)
        await asyncio.sleep(0.05)  # what comes next, and the end of the connection, is there before it is read

    scope = {
        "type": "http",
        "method": method,
        "raw_path": b"/console/dead-letters/discard",
        "query_string": b"",
        "headers": [],
        "client": None,
        "path": "/console/dead-letters/discard",
    }
    await Forwarder(process)(scope, receive, send)  # type: ignore[arg-type]  # a stand-in
    return sent


@pytest.mark.parametrize("parts", [(HEAD, b"refused"), (HEAD + b"refused",), (HEAD, b"ref", b"used")])
def test_the_whole_answer_is_forwarded(parts: tuple[bytes, ...]) -> None:
    """The kernel tells of the form that was not read only after the answer."""
    sent = asyncio.run(forward(AnswersEarly(parts, waits_for_form=True)))
    assert sent[0]["status"] == 403
    assert b"".join(message.get("body", b"") for message in sent[1:]) == b"refused"
    assert not sent[-1].get("more_body", False)


def test_a_process_that_ends_without_an_answer_is_503() -> None:
    """The sentence says to reload the page."""
    sent = asyncio.run(forward(AnswersEarly((), waits_for_form=True)))
    assert sent[0]["status"] == 503


@pytest.mark.parametrize("waits_for_form", [True, False], ids=["reset", "closed"])
@pytest.mark.parametrize(
    "parts", [(HEAD, b"ref"), (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", b"3\r\nref\r\n")]
)
def test_a_part_of_an_answer_does_not_look_whole(parts: tuple[bytes, ...], waits_for_form: bool) -> None:
    """The process was killed while it sent a file: without the end of the answer, the browser says so."""
    sent = asyncio.run(forward(AnswersEarly(parts, waits_for_form=waits_for_form)))
    assert sent[-1] == {"type": "http.response.body", "body": b"ref", "more_body": True}


def test_an_answer_to_head_is_whole_without_its_body(caplog: pytest.LogCaptureFixture) -> None:
    """Its length is that of the body which GET would get."""
    sent = asyncio.run(forward(AnswersEarly((HEAD,), waits_for_form=False), "HEAD"))
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert not sent[-1].get("more_body", False)
    assert caplog.text == ""


def test_a_stream_without_an_end_ends_with_the_process(caplog: pytest.LogCaptureFixture) -> None:
    """The live page connects again; there is nothing to report."""
    head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    sent = asyncio.run(forward(AnswersEarly((head, b"3\r\nref\r\n"), waits_for_form=False)))
    assert not sent[-1].get("more_body", False)
    assert caplog.text == ""
