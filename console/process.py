"""Ingest's side of the console's process: start it, start it again when it ends, and pass requests to it.

Requests pass as a stream: of a page, the event loop copies the bytes and computes nothing.
"""

import asyncio
import contextlib
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import httptools
import structlog
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from console.child import PEER
from console.headers import secured

MOST_REQUESTS: Final = 64
ANSWER_WITHIN_S: Final = 600.0
BETWEEN_STARTS_S: Final = 1.0
END_WITHIN_S: Final = 8.0
PART: Final = 64 * 1024
_OF_THE_CONNECTION: Final = frozenset(
    (b"connection", b"keep-alive", b"transfer-encoding", b"te", b"trailer", b"upgrade", b"expect", b"content-length")
)
"""Headers that say how one connection is used; each side has its own. RFC 9110, 7.6.1."""

log = structlog.get_logger("relay.console")


class ConsoleProcess:
    """The process, and how requests get to it; for use within one event loop."""

    def __init__(self, command: Callable[[int], Sequence[str]]) -> None:
        """`command` gives the command line of a process that serves the control socket of this descriptor."""
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._started = -BETWEEN_STARTS_S

    def connect(self) -> socket.socket:
        """Return a connection to the process, which is started where it does not run. Raises OSError."""
        if self._process is None or self._process.poll() is not None:
            self._start()
        assert self._control is not None  # noqa: S101 - set by _start
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._control, [b"1"], [theirs.fileno()])
            except BaseException:
                ours.close()
                raise
        ours.setblocking(False)
        return ours

    def _start(self) -> None:
        if self._process is not None:
            log.warning("console_process_ended", code=self._process.returncode)
        if time.monotonic() - self._started < BETWEEN_STARTS_S:
            raise OSError("it has just been started")
        self.stop()
        self._started = time.monotonic()
        self._control, theirs = socket.socketpair()
        self._control.setblocking(False)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603 - relay's own command
                self._command(theirs.fileno()),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                process_group=0,  # Ctrl-C is for ingest, which stops this one
                env={name: value for name, value in os.environ.items() if name != "RELAY_SUPERVISED"},
            )

    def stop(self) -> None:
        """End the process: it finishes the pages that it has begun."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            try:
                self._process.wait(END_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = self._control = None


class Passage:
    """The ASGI application that passes requests to the console's process."""

    def __init__(self, process: ConsoleProcess) -> None:
        self._process = process
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with what the process answers, or with 503."""
        if self._under_way >= MOST_REQUESTS:
            await _say(scope, receive, send, "Too many pages of the console are under way; try again.\n")
            return
        self._under_way += 1
        answer = _Answer(send)
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                await self._pass(scope, receive, answer)
        except (OSError, TimeoutError, httptools.HttpParserError) as error:
            log.warning("console_not_answering", error=type(error).__name__)
            if not answer.has_begun:
                await _say(scope, receive, send, "The console's process did not answer; it is started again.\n")
        finally:
            self._under_way -= 1

    async def _pass(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        reader, writer = await asyncio.open_unix_connection(sock=self._process.connect())
        sending = asyncio.create_task(_send_request(scope, receive, writer))
        try:
            while part := await reader.read(PART):
                await answer.feed(part)
            await answer.end()
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)
            writer.close()


async def _send_request(scope: Scope, receive: Receive, writer: asyncio.StreamWriter) -> None:
    query = scope["query_string"]
    path = scope["raw_path"] + (b"?" + query if query else b"")
    client = scope.get("client")
    headers = [one for one in scope["headers"] if one[0] not in _OF_THE_CONNECTION and one[0] != PEER]
    if client:
        headers.append((PEER, f"{client[0]} {client[1]}".encode()))
    has_body = scope["method"] not in ("GET", "HEAD")
    headers += [(b"connection", b"close"), *([(b"transfer-encoding", b"chunked")] if has_body else [])]
    lines = [scope["method"].encode() + b" " + path + b" HTTP/1.1", *map(b": ".join, headers)]
    writer.write(b"\r\n".join([*lines, b"", b""]))
    with contextlib.suppress(ConnectionError):  # the answer may come before the end of the request
        while has_body:
            message = await receive()
            if body := message.get("body", b""):
                writer.write(b"%x\r\n" % len(body) + body + b"\r\n")
                await writer.drain()
            if message["type"] != "http.request":
                writer.close()
                return
            if not message.get("more_body", False):
                writer.write(b"0\r\n\r\n")
                has_body = False
        await writer.drain()


class _Answer:
    """Reads an answer and sends it on as it comes."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._parser = httptools.HttpResponseParser(self)
        self._headers: list[tuple[bytes, bytes]] = []
        self._messages: list[Message] = []
        self.has_begun = False
        self._complete = False

    async def feed(self, part: bytes) -> None:
        """Send on what has come."""
        self._parser.feed_data(part)
        messages, self._messages = self._messages, []
        for message in messages:
            self.has_begun = True
            await self._send(message)

    async def end(self) -> None:
        """No more comes. Raises ConnectionError where that is too early."""
        if not self.has_begun:
            raise ConnectionError
        if not self._complete:
            await self._send({"type": "http.response.body", "body": b""})

    # What the parser calls

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name == b"content-length" or name not in _OF_THE_CONNECTION:
            self._headers.append((name, value))

    def on_headers_complete(self) -> None:
        status: Any = self._parser.get_status_code()
        self._messages.append({"type": "http.response.start", "status": status, "headers": self._headers})

    def on_body(self, body: bytes) -> None:
        self._messages.append({"type": "http.response.body", "body": body, "more_body": True})

    def on_message_complete(self) -> None:
        self._messages.append({"type": "http.response.body", "body": b""})
        self._complete = True


async def _say(scope: Scope, receive: Receive, send: Send, sentence: str) -> None:
    answer = secured(PlainTextResponse(sentence, 503, {"retry-after": "2"}))
    await answer(scope, receive, send)


@contextmanager
def console_process(command: Callable[[int], Sequence[str]]) -> Iterator[Passage]:
    """Keep a process for the console; it starts with the first request for a page."""
    process = ConsoleProcess(command)
    try:
        yield Passage(process)
    finally:
        process.stop()
