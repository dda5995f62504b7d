"""One HTTP connection: uvicorn's protocol with limits on headers, waiting, pipelining and slow readers.

The client still reads a refusal: the rest of its request is discarded, within limits, before the connection closes.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, cast

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from ingest.answers import (
    HEAD_TIMEOUT,
    HEAD_TOO_LARGE,
    MALFORMED,
    TOO_MANY_CONNECTIONS,
    RefusalKind,
    RequestRefused,
    refusal,
)
from ingest.http.connection_table import HttpConnections
from ingest.http.known_head import MOST_MISSES, KnownHead
from ingest.http.request_cycle import DISCARDED_HEADERS, RequestCycle, split_target
from ingest.http.transport import LingeringTransport, answer_bytes

LARGEST_HEAD: Final = 64 * 1024
"""Bytes of a request's line and headers. What uvloop reads at once may add to it, so at most 320 KiB are held."""
HEAD_WITHIN_S: Final = 30.0
LARGEST_REST: Final = 16 * 1024 * 1024
REST_WITHIN_S: Final = 10.0
"""How much of a refused request is discarded, and for how long, so that the client reads the refusal."""
ANSWER_READ_WITHIN_S: Final = 30.0
MOST_PIPELINED: Final = 16
_NEVER: Final = float("inf")

Take = Callable[[RequestCycle, bytes], bool]
"""Takes a request and its body."""


class HttpConnection(HttpToolsProtocol):
    """One connection. `deadline`: when it ends unless something happens before, in seconds of the loop's clock."""

    def __init__(self, connections: HttpConnections, take: Take, **of_uvicorn: Any) -> None:
        """`take` accepts a request that has arrived whole, or returns False: then the application runs in a task."""
        super().__init__(**of_uvicorn)
        self._take = take
        self._unstarted: RequestCycle | None = None
        self.deadline = _NEVER
        self._table = connections
        self.answers_ended = False
        """Whether no more answers are written, and data that still arrives is discarded."""
        self.is_reading = False
        self._known: KnownHead | None = None
        self._misses = 0
        self._in_head = False
        self._head_bytes = 0
        self._message_complete = True
        self._rest = 0
        self._write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request, or refuse where there are too many connections."""
        self._raw = cast("asyncio.Transport", transport)
        super().connection_made(cast("asyncio.Transport", LingeringTransport(self, self._raw)))
        self.deadline = self.loop.time() + HEAD_WITHIN_S
        if self._table.add(self, self.loop):
            self._table.waiting[self] = None
        else:
            self._refuse(TOO_MANY_CONNECTIONS, "Too many connections are open; try again.")

    def connection_lost(self, exc: Exception | None) -> None:
        """Remove the connection from the table."""
        self._table.remove(self)
        self.deadline = _NEVER
        if self._write_timer is not None:
            self._write_timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse the data, or discard it if its request has been answered."""
        begins_request = self._message_complete and self._no_answer_pending
        if begins_request and self._known is not None and self._take_known(self._known, data):
            return
        if self.answers_ended:
            self._discard(len(data))
            return
        is_rest = not (self._message_complete or self._in_head) and self._no_answer_pending
        self._feed(data)
        if self._unstarted is not None:
            self._start(self._unstarted, data if begins_request else b"")
        if self._message_complete:
            return
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > LARGEST_HEAD:
                self._refuse_head()
        elif is_rest:
            self._discard(len(data))
        elif not self.is_reading and not self.answers_ended:
            self.is_reading = True
            self._table.reading[self] = self.loop.time()

    def _take_known(self, known: KnownHead, data: bytes) -> bool:
        """Take a whole request with the head of the last one; otherwise return False, and the parser reads the data."""
        body = known.body_of(data)
        if body is None or self.answers_ended:
            return False
        cycle = RequestCycle(self, known.scope, body)
        cycle.target, cycle.more_body = known.target, False
        if not self._take(cycle, body):
            return False
        self._misses = 0
        self.cycle = cycle
        self._table.waiting.pop(self, None)
        self.deadline = _NEVER
        return True

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._ignore_upgrade(data[offer.args[0] :])
        except httptools.HttpParserError:
            if not self.answers_ended:
                self._refuse(MALFORMED, "The request is not HTTP/1.1 as RFC 9112 has it.")

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Continue in HTTP/1.1 where the parser expects the offered protocol, such as h2c from Java's client."""
        framing = [
            b": ".join((name, value))
            for name, value in self.scope["headers"]
            if name in (b"content-length", b"transfer-encoding")
        ]
        self.cycle.keep_alive = False  # the next parser reads this body only
        self.parser = httptools.HttpRequestParser(_BodyCallbacks(self))
        self._feed(b"\r\n".join((b"POST / HTTP/1.1", *framing, b"", b"")) + rest)

    # Callbacks of the parser and the cycle

    def on_message_begin(self) -> None:
        """Start the time limit of a new request."""
        HttpToolsProtocol.on_message_begin(self)
        self._in_head, self._message_complete, self._head_bytes = True, False, 0
        if self._no_answer_pending:
            self.deadline = self.loop.time() + HEAD_WITHIN_S

    def on_headers_complete(self) -> None:
        """Start to answer the request; its body may still be arriving."""
        self._in_head = False
        if self.answers_ended:
            return
        if len(self.pipeline) >= MOST_PIPELINED:
            self._refuse(MALFORMED, f"More than {MOST_PIPELINED} requests were sent before their answers.")
            return
        self._table.waiting.pop(self, None)
        self.deadline = _NEVER
        self.headers = DISCARDED_HEADERS
        self._begin_request()

    def _begin_request(self) -> None:
        """Pass the request to the application as uvicorn does, without what ingest does not use."""
        parser, scope = self.parser, self.scope
        version = parser.get_http_version()
        scope["method"] = parser.get_method().decode("ascii")
        if version != "1.1":
            scope["http_version"] = version
        raw_path, path, query = split_target(self.url)
        scope["path"], scope["raw_path"], scope["query_string"] = path, raw_path, query
        starts_now = self._no_answer_pending
        keep_alive = version != "1.0" and parser.should_keep_alive()
        self.cycle = cycle = RequestCycle(self, scope, bytearray())
        cycle.keep_alive, cycle.waiting_for_100_continue = keep_alive, self.expect_100_continue
        if starts_now:
            self._unstarted = cycle
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def _start(self, cycle: RequestCycle, data: bytes) -> None:
        """Answer the first request of the data: at once if it is whole and `take` takes it, else in a task."""
        self._unstarted = None
        if cycle.more_body or not self._take(cycle, bytes(cycle.body)):
            self._start_asgi_task(cycle, self.app)
        elif cycle.keep_alive and self._misses < MOST_MISSES:
            self._misses += 1
            self._known = KnownHead.of(data, cycle.body, cast("Any", cycle.scope), cycle.target)

    def on_message_complete(self) -> None:
        """Mark the request as whole, unless the parser stopped at an offer of another protocol."""
        if self.parser.should_upgrade():
            return
        self._message_complete = True
        if self.is_reading:
            self.is_reading = False
            self._table.reading.pop(self, None)
        if self.answers_ended:
            return
        cycle = self.cycle
        if cycle.response_complete:
            self._wait()
        else:
            cycle.more_body = False
            cycle.message_event.set()

    def on_response_complete(self) -> None:
        """Wait for the next request, after the rest of this one."""
        self.server_state.total_requests += 1
        if self.answers_ended or self._raw.is_closing():
            return
        if self.flow.read_paused:
            self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        elif self._message_complete:
            self._wait()
        elif self._in_head:
            self.deadline = self.loop.time() + HEAD_WITHIN_S
        else:
            self._rest = LARGEST_REST
            self.deadline = self.loop.time() + REST_WITHIN_S

    def _wait(self) -> None:
        self.deadline = self.loop.time() + self._table.keep_alive_s
        self._table.waiting[self] = None

    # Limits and the end of the connection

    @property
    def _no_answer_pending(self) -> bool:
        """Whether no request is without its answer."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def expire(self) -> None:
        """End the connection because its deadline has passed."""
        if self._in_head and not self.answers_ended:
            self._refuse(HEAD_TIMEOUT, f"The request's headers did not come within {HEAD_WITHIN_S:.0f} seconds.")
        else:
            self.drop()

    def drop(self) -> None:
        """Close the connection at once, and free its place."""
        self._table.remove(self)
        self._raw.abort()

    def pause_writing(self) -> None:
        """Give the client a time limit to read its answer."""
        super().pause_writing()
        if self._write_timer is None:
            self._write_timer = self.loop.call_later(ANSWER_READ_WITHIN_S, self.drop)

    def resume_writing(self) -> None:
        """Remove the time limit for reading the answer."""
        super().resume_writing()
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def linger(self) -> None:
        """End the answers and discard data that arrives: closed at once, the client might lose the answer."""
        self._rest = LARGEST_REST
        self.deadline = self.loop.time() + REST_WITHIN_S
        self._table.waiting.pop(self, None)
        self._table.reading.pop(self, None)
        if self._raw.can_write_eof():
            self._raw.write_eof()
        self.flow.resume_reading()

    @property
    def request_ended(self) -> bool:
        """Whether the last request has arrived whole."""
        return self._message_complete

    def _discard(self, size: int) -> None:
        self._rest -= size
        if self._rest < 0:
            self.drop()

    def _refuse_head(self) -> None:
        self._refuse(HEAD_TOO_LARGE, f"The request's headers have more than {LARGEST_HEAD} bytes.")

    def _refuse(self, kind: RefusalKind, message: str) -> None:
        """Refuse what is not a request yet. If an earlier request is not answered, its answer is the last one."""
        if not self._no_answer_pending:
            self.cycle.keep_alive = False
            return
        self._message_complete = False
        self._table.count(str(kind.status))
        self.transport.write(answer_bytes(refusal(RequestRefused(kind, message))))
        self.transport.close()


class _BodyCallbacks:
    """The callbacks of a parser that reads only a body, because the head was read before."""

    def __init__(self, connection: HttpConnection) -> None:
        self.on_body = connection.on_body
        self.on_message_complete = connection.on_message_complete
