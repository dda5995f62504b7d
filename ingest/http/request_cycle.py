"""One request and its answer within a connection; the usual answer, 202, is written in one piece."""

import asyncio
import logging
from functools import cached_property, lru_cache, partial
from typing import Any, ClassVar, Final, NamedTuple
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from ingest.answers import ACCEPTED, Answer

LONGEST_KNOWN_TARGET: Final = 64
"""Targets up to this length are parsed once, as long as they are among the newest 64."""


class _Accepted(NamedTuple):
    """The bytes of the answer 202 with uvicorn's headers, which it renews once a second."""

    headers: list[tuple[bytes, bytes]]
    content: bytes

    @classmethod
    def of(cls, headers: list[tuple[bytes, bytes]]) -> "_Accepted":
        lines = [part for name, value in headers for part in (name, b": ", value, b"\r\n")]
        return cls(headers, b"".join((STATUS_LINE[202], *lines, b"content-length: 0\r\n\r\n")))


class RequestCycle(RequestResponseCycle):
    """Uvicorn's cycle, with a short way for the answer 202. What is equal for all requests at first is in the class."""

    logger, access_logger = logging.getLogger("uvicorn.error"), logging.getLogger("uvicorn.access")
    access_log = disconnected = waiting_for_100_continue = response_started = response_complete = False
    keep_alive = more_body = True
    chunked_encoding: bool | None = None
    expected_content_length = 0
    _accepted: ClassVar = _Accepted([], b"")
    target: object = None
    """What `Door.take` finds in the head; a known head comes with it."""

    def __init__(self, connection: HttpToolsProtocol, scope: Any, body: Any) -> None:
        """Set what differs; `body` is bytes if the request is whole, else it grows."""
        self._connection = connection
        self.scope, self.body = scope, body
        self.transport, self.flow = connection.transport, connection.flow
        self.default_headers = connection.server_state.default_headers

    def answer(self, answer: Answer) -> None:
        """Send the whole answer to a request for which no application runs."""
        if answer is not ACCEPTED or not self._accept():
            self._connection._start_asgi_task(self, partial(_send_whole, answer))  # noqa: SLF001 - as the connection does

    async def send(self, message: Any) -> None:
        """Send a part of the answer."""
        if message is ACCEPTED.start and self._accept():
            self.message_event.set()
        elif message is not ACCEPTED.body or not self.response_complete:
            await RequestResponseCycle.send(self, message)

    def _accept(self) -> bool:
        """Write 202 at once; return False where the usual way has to."""
        if not self.keep_alive or self.disconnected or self.flow.write_paused:
            return False
        self.response_started = self.response_complete = True
        self.waiting_for_100_continue = False
        accepted = RequestCycle._accepted
        if accepted.headers is not self.default_headers:
            accepted = RequestCycle._accepted = _Accepted.of(self.default_headers)
        self.transport.write(accepted.content)
        self._connection.on_response_complete()
        return True

    def on_response(self) -> None:
        """Tell the connection that the answer has ended."""
        self._connection.on_response_complete()

    @cached_property
    def message_event(self) -> asyncio.Event:  # type: ignore[override]
        """Set when more of the body has come, or the answer has ended; a request that is taken needs none."""
        return asyncio.Event()


async def _send_whole(answer: Answer, scope: Any, receive: Any, send: Any) -> None:
    """Send one answer, whatever was asked."""
    del scope, receive
    await send(answer.start)
    await send(answer.body)


def split_target(url: bytes) -> tuple[bytes, str, bytes]:
    """Return the path as it was sent, the path decoded, and the query of a request's target."""
    return _known_target(url) if len(url) <= LONGEST_KNOWN_TARGET else _split_target(url)


def _split_target(url: bytes) -> tuple[bytes, str, bytes]:
    parsed = httptools.parse_url(url)
    path = parsed.path.decode("ascii")
    return parsed.path, unquote(path) if "%" in path else path, parsed.query or b""


_known_target = lru_cache(maxsize=64)(_split_target)


class _DiscardedHeaders(list[tuple[bytes, bytes]]):
    """A list that stays empty: it takes the trailers of a chunked body, which relay does not read."""

    def append(self, header: tuple[bytes, bytes], /) -> None:
        """Discard the header."""


DISCARDED_HEADERS: Final = _DiscardedHeaders()
