"""Forward requests for the console to its process, and stream its answers back.

The event loop only copies bytes here, so a page costs ingest no computation.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import httptools
import structlog
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from console.headers import secured
from console.process.launch import ConsoleProcess
from console.process.serve import PEER

MOST_REQUESTS: Final = 64
ANSWER_WITHIN_S: Final = 600.0
READ_BYTES: Final = 64 * 1024
NO_ANSWER: Final = "The console's process did not answer. Reload the page: relay starts the process again.\n"
_HOP_BY_HOP: Final = frozenset(
    (b"connection", b"keep-alive", b"transfer-encoding", b"te", b"trailer", b"upgrade", b"expect", b"content-length")
)
"""Headers about a single connection, which are not forwarded (RFC 9110, 7.6.1)."""

log = structlog.get_logger("relay.console")


class Forwarder:
    """An ASGI application that forwards requests to the console's process."""

    def __init__(self, process: ConsoleProcess) -> None:
        self._process = process
        self._in_progress = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer of the process, or 503."""
        if self._in_progress >= MOST_REQUESTS:
            await _send_unavailable(scope, receive, send, "The console is serving too many pages at once; try again.\n")
            return
        self._in_progress += 1
        answer = _Answer(send, has_body=scope["method"] != "HEAD")
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await self._forward(scope, receive, answer)
        except (OSError, TimeoutError, httptools.HttpParserError) as error:
            log.warning("console_not_answering", error=type(error).__name__)
            if not answer.has_begun:
                await _send_unavailable(scope, receive, send, NO_ANSWER)
        finally:
            self._in_progress -= 1

    async def _forward(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        loop = asyncio.get_running_loop()
        with self._process.connect() as connection:
            sending = asyncio.create_task(_send_request(scope, receive, connection, answer))
            try:
                with contextlib.suppress(ConnectionResetError):  # comes after an answer given before the form was read
                    while part := await loop.sock_recv(connection, READ_BYTES):
                        await answer.feed(part)
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)
            await answer.end()


async def _send_request(scope: Scope, receive: Receive, connection: socket.socket, answer: "_Answer") -> None:
    loop = asyncio.get_running_loop()
    query = scope["query_string"]
    path = scope["raw_path"] + (b"?" + query if query else b"")
    client = scope.get("client")
    headers = [header for header in scope["headers"] if header[0] not in _HOP_BY_HOP and header[0] != PEER]
    if client:
        headers.append((PEER, f"{client[0]} {client[1]}".encode()))
    has_body = scope["method"] not in ("GET", "HEAD")
    headers += [(b"connection", b"close"), *([(b"transfer-encoding", b"chunked")] if has_body else [])]
    lines = [scope["method"].encode() + b" " + path + b" HTTP/1.1", *map(b": ".join, headers)]
    with contextlib.suppress(ConnectionError):  # the answer may arrive before the request ends
        await loop.sock_sendall(connection, b"\r\n".join([*lines, b"", b""]))
        message: Message = {"type": "http.request"}
        while has_body and message["type"] == "http.request":
            message = await receive()
            if body := message.get("body", b""):
                await loop.sock_sendall(connection, b"%x\r\n" % len(body) + body + b"\r\n")
            has_body = message.get("more_body", False)
            if message["type"] == "http.request" and not has_body:
                await loop.sock_sendall(connection, b"0\r\n\r\n")
        while message["type"] != "http.disconnect":
            message = await receive()
        answer.has_reader = False
        connection.shutdown(socket.SHUT_RDWR)  # the browser has gone: so does a stream that has no end


class _Answer:
    """Parse the answer of the process and send each part to the browser as it arrives."""

    def __init__(self, send: Send, *, has_body: bool) -> None:
        self._send, self._has_end = send, has_body
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._messages: list[Message] = []
        self.has_begun = False
        self.has_reader = True
        self._complete = False

    async def feed(self, part: bytes) -> None:
        """Parse these bytes and send what they complete."""
        self._parser.feed_data(part)
        messages, self._messages = self._messages, []
        for message in messages:
            self.has_begun = True
            await self._send(message)

    async def end(self) -> None:
        """Finish the answer. Raise ConnectionError if it did not arrive whole: a part must not look like all of it."""
        if not self.has_begun or (self._has_end and self.has_reader and not self._complete):
            raise ConnectionError
        if not self._complete:
            await self._send({"type": "http.response.body", "body": b""})

    # httptools calls these methods

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"content-type" and value.startswith(b"text/event-stream"):
            self._has_end = False
        if name == b"content-length" or name not in _HOP_BY_HOP:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        status: Any = self._parser.get_status_code()
        self._messages.append({"type": "http.response.start", "status": status, "headers": self._headers})

    def on_body(self, body: bytes) -> None:
        self._messages.append({"type": "http.response.body", "body": body, "more_body": True})

    def on_message_complete(self) -> None:
        self._messages.append({"type": "http.response.body", "body": b""})
        self._complete = True


async def _send_unavailable(scope: Scope, receive: Receive, send: Send, sentence: str) -> None:
    answer = secured(PlainTextResponse(sentence, 503, {"retry-after": "2"}))
    await answer(scope, receive, send)


@contextmanager
def console_process(command: Callable[[int], Sequence[str]]) -> Iterator[Forwarder]:
    """Give the application that forwards to the console's process; the process starts with the first request."""
    process = ConsoleProcess(command)
    try:
        yield Forwarder(process)
    finally:
        process.stop()
