"""Bounds for HTTP connections: uvicorn's protocol with limits on heads, waiting, numbers and slow readers.

A refusal is also heard: the rest of its request is read and forgotten, within bounds, before the connection closes.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, cast
from urllib.parse import unquote

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from ingest.answers import (
    ACCEPTED,
    HEAD_TIMEOUT,
    HEAD_TOO_LARGE,
    MALFORMED,
    TOO_MANY_CONNECTIONS,
    Answer,
    RefusalKind,
    RequestRefused,
    refusal,
)

LARGEST_HEAD: Final = 64 * 1024
"""Bytes of a request's line and headers; what uvloop reads at once may add to it, so 320 KiB are held at most."""
HEAD_WITHIN_S: Final = 30.0
LARGEST_REST: Final = 16 * 1024 * 1024
REST_WITHIN_S: Final = 10.0
"""How much of a refused request is read and forgotten, and for how long, so that the client hears the refusal."""
ANSWER_READ_WITHIN_S: Final = 30.0
SLOW_BODY_S: Final = 5.0
"""At the limit of connections, a body on its way for longer than this gives way to a new connection."""
LONGEST_KNOWN_TARGET: Final = 64
"""Targets up to this length are parsed once, as long as they are among the newest 64."""
MOST_PIPELINED: Final = 16
SWEEP_S: Final = 1.0
_NEVER: Final = float("inf")


class HttpConnections:
    """All connections of a server: at the limit, the one that has waited longest gives way to a new one."""

    def __init__(self, limit: int, keep_alive_s: float, count: Callable[[str], None] = lambda _: None) -> None:
        """`keep_alive_s`: how long a connection may be idle between requests; `count` hears each refusal's status."""
        self.limit = limit
        self.keep_alive_s = keep_alive_s
        self.count = count
        self.all: set[Connection] = set()
        self.waiting: OrderedDict[Connection, None] = OrderedDict()
        """Those with no request under way, the longest waiting first."""
        self.reading: OrderedDict[Connection, float] = OrderedDict()
        """Those whose body is on its way, and since when, the oldest first."""
        self._sweeping = False

    def add(self, connection: "Connection") -> bool:
        """Whether there is room for one more, which is made where another can give way."""
        self.all.add(connection)
        if not self._sweeping:
            self._sweeping = True
            connection.loop.call_later(SWEEP_S, self._sweep, connection.loop)
        if len(self.all) <= self.limit:
            return True
        return self._make_room(connection.loop.time())

    def protocol(self, **of_uvicorn: Any) -> "Connection":
        """A new connection; what uvicorn calls for each that it accepts."""
        return Connection(self, **of_uvicorn)

    def _make_room(self, now: float) -> bool:
        if self.waiting:
            next(iter(self.waiting)).drop()
            return True
        if self.reading:
            connection, since = next(iter(self.reading.items()))
            if now - since > SLOW_BODY_S:
                connection.drop()
                return True
        return False

    def _sweep(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for connection in [one for one in self.all if one.deadline < now]:
            connection.expire()
        self._sweeping = bool(self.all)
        if self._sweeping:
            loop.call_later(SWEEP_S, self._sweep, loop)


class Connection(HttpToolsProtocol):
    """One connection. `deadline`: when it ends unless something happens before."""

    def __init__(self, connections: HttpConnections, **of_uvicorn: Any) -> None:
        super().__init__(**of_uvicorn)
        self.deadline = _NEVER
        self._table = connections
        self.said_all = False
        """Whether there is no more to say, and what still comes is forgotten."""
        self.is_reading = False
        self._in_head = False
        self._head_bytes = 0
        self._message_complete = True
        self._rest = 0
        self._write_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request, or refuse where there are too many connections."""
        self._raw = cast("asyncio.Transport", transport)
        super().connection_made(cast("asyncio.Transport", _Lingering(self, self._raw)))
        self.deadline = self.loop.time() + HEAD_WITHIN_S
        if self._table.add(self):
            self._table.waiting[self] = None
        else:
            self._refuse(TOO_MANY_CONNECTIONS, "Too many connections are open; try again.")

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        self._table.all.discard(self)
        self._table.waiting.pop(self, None)
        self._table.reading.pop(self, None)
        self.deadline = _NEVER
        if self._write_timer is not None:
            self._write_timer.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what came; of a request that has been answered, forget it."""
        if self.said_all:
            self._forget(len(data))
            return
        is_rest = not (self._message_complete or self._in_head) and self._is_answered
        self._feed(data)
        if self._message_complete:
            return
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_bytes > LARGEST_HEAD:
                self._refuse_head()
        elif is_rest:
            self._forget(len(data))
        elif not self.is_reading and not self.said_all:
            self.is_reading = True
            self._table.reading[self] = self.loop.time()

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            self._ignore_upgrade(data[offer.args[0] :])
        except httptools.HttpParserError:
            if not self.said_all:
                self._refuse(MALFORMED, "The request is not HTTP/1.1 as RFC 9112 has it.")

    def _ignore_upgrade(self, rest: bytes) -> None:
        """Go on in HTTP/1.1, where the parser expects the protocol that was offered, such as h2c by Java's client."""
        framing = [
            b": ".join(one) for one in self.scope["headers"] if one[0] in (b"content-length", b"transfer-encoding")
        ]
        self.cycle.keep_alive = False  # the parser that follows knows no other request
        self.parser = httptools.HttpRequestParser(_BodyOf(self))
        self._feed(b"\r\n".join((b"POST / HTTP/1.1", *framing, b"", b"")) + rest)

    # What the parser finds

    def on_message_begin(self) -> None:
        """A request begins."""
        HttpToolsProtocol.on_message_begin(self)
        self._in_head, self._message_complete, self._head_bytes = True, False, 0
        if self._is_answered:
            self.deadline = self.loop.time() + HEAD_WITHIN_S

    def on_headers_complete(self) -> None:
        """Answer the request, beside its body if need be."""
        self._in_head = False
        if self.said_all:
            return
        if len(self.pipeline) >= MOST_PIPELINED:
            self._refuse(MALFORMED, f"More than {MOST_PIPELINED} requests were sent before their answers.")
            return
        self._table.waiting.pop(self, None)
        self.deadline = _NEVER
        self.headers = _NO_HEADERS
        self._begin_request()

    def _begin_request(self) -> None:
        """Hand the request to the application, as uvicorn does, but for what ingest has no use of."""
        parser, scope = self.parser, self.scope
        version = parser.get_http_version()
        scope["method"] = parser.get_method().decode("ascii")
        if version != "1.1":
            scope["http_version"] = version
        url = self.url
        raw_path, path, query = _known_target(url) if len(url) <= LONGEST_KNOWN_TARGET else _target(url)
        scope["path"], scope["raw_path"], scope["query_string"] = path, raw_path, query
        is_free = self._is_answered
        self.cycle = cycle = _Cycle(
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue,
            keep_alive=version != "1.0" and parser.should_keep_alive(),
            on_response=self.on_response_complete,
        )
        if is_free:
            self._start_asgi_task(cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))

    def on_message_complete(self) -> None:
        """The request has come whole, or the parser gives up at an offer of another protocol."""
        if self.parser.should_upgrade():
            return
        self._message_complete = True
        if self.is_reading:
            self.is_reading = False
            self._table.reading.pop(self, None)
        if self.said_all:
            return
        cycle = self.cycle
        if cycle.response_complete:
            self._wait()
        else:
            cycle.more_body = False
            cycle.message_event.set()

    def on_response_complete(self) -> None:
        """Wait for the next request, once the rest of this one has come."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
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

    # Ends

    @property
    def _is_answered(self) -> bool:
        """Whether no answer is under way."""
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is None or cycle.response_complete

    def expire(self) -> None:
        """End it, for its deadline has passed."""
        if self._in_head and not self.said_all:
            self._refuse(HEAD_TIMEOUT, f"The request's headers did not come within {HEAD_WITHIN_S:.0f} seconds.")
        else:
            self.drop()

    def drop(self) -> None:
        """End it at once."""
        self._table.all.discard(self)  # so that its place is free now
        self._table.waiting.pop(self, None)
        self._table.reading.pop(self, None)
        self._raw.abort()

    def pause_writing(self) -> None:
        """The client does not read its answer: it has a while to."""
        super().pause_writing()
        if self._write_timer is None:
            self._write_timer = self.loop.call_later(ANSWER_READ_WITHIN_S, self.drop)

    def resume_writing(self) -> None:
        """It reads again."""
        super().resume_writing()
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None

    def linger(self) -> None:
        """Say that all has been said, and forget what still comes: closed at once, the answer might be lost."""
        self._rest = LARGEST_REST
        self.deadline = self.loop.time() + REST_WITHIN_S
        self._table.waiting.pop(self, None)
        self._table.reading.pop(self, None)
        if self._raw.can_write_eof():
            self._raw.write_eof()
        self.flow.resume_reading()

    @property
    def is_read(self) -> bool:
        """Whether the client has nothing more to say, as far as is known."""
        return self._message_complete

    def _forget(self, size: int) -> None:
        self._rest -= size
        if self._rest < 0:
            self.drop()

    def _refuse_head(self) -> None:
        self._refuse(HEAD_TOO_LARGE, f"The request's headers have more than {LARGEST_HEAD} bytes.")

    def _refuse(self, row: RefusalKind, message: str) -> None:
        """Refuse what is no request yet; a request before it is answered first, and then all has been said."""
        if not self._is_answered:
            self.cycle.keep_alive = False
            return
        self._message_complete = False
        self._table.count(str(row.status))
        self.transport.write(_raw(refusal(RequestRefused(row, message))))
        self.transport.close()


class _Cycle(RequestResponseCycle):
    """A request and its answer; the usual answer, 202, is written in one piece."""

    async def send(self, message: Any) -> None:
        """Send a part of the answer."""
        if message is ACCEPTED.start and self.keep_alive and not (self.disconnected or self.flow.write_paused):
            self.response_started = self.response_complete = True
            self.waiting_for_100_continue = False
            defaults = [part for name, value in self.default_headers for part in (name, b": ", value, b"\r\n")]
            self.transport.write(b"".join((STATUS_LINE[202], *defaults, b"content-length: 0\r\n\r\n")))
            self.message_event.set()
            self.on_response()
        elif message is not ACCEPTED.body or not self.response_complete:
            await RequestResponseCycle.send(self, message)


def _target(url: bytes) -> tuple[bytes, str, bytes]:
    """Return the path as it was sent, decoded, and the query of a request's target."""
    parsed = httptools.parse_url(url)
    path = parsed.path.decode("ascii")
    return parsed.path, unquote(path) if "%" in path else path, parsed.query or b""


_known_target = lru_cache(maxsize=64)(_target)


class _NoHeaders(list[tuple[bytes, bytes]]):
    """Where what follows a chunked body goes: it is no header, and nobody reads it."""

    def append(self, header: tuple[bytes, bytes], /) -> None:
        """Forget it."""


_NO_HEADERS: Final = _NoHeaders()


class _BodyOf:
    """What a parser tells of a body whose head has been read already."""

    def __init__(self, connection: Connection) -> None:
        self.on_body = connection.on_body
        self.on_message_complete = connection.on_message_complete


class _Lingering:
    """A transport whose `close` lets the client hear what was said last."""

    def __init__(self, connection: Connection, raw: asyncio.Transport) -> None:
        self._connection = connection
        self.pause_reading = raw.pause_reading
        self.resume_reading = raw.resume_reading
        self.get_extra_info = raw.get_extra_info
        self._raw = raw

    def write(self, data: bytes) -> None:
        if not self._connection.said_all:
            self._raw.write(data)

    def is_closing(self) -> bool:
        return self._connection.said_all or self._raw.is_closing()

    def close(self) -> None:
        if self.is_closing():
            return
        self._connection.said_all = True
        if self._connection.is_read:
            self._raw.close()
        else:
            self._connection.linger()


def _raw(answer: Answer) -> bytes:
    """An answer as it is written."""
    headers = b"".join(name + b": " + value + b"\r\n" for name, value in answer.start["headers"])
    return b"".join((STATUS_LINE[answer.start["status"]], headers, b"\r\n", answer.body["body"]))
