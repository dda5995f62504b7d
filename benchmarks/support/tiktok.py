"""A light stand-in for TikTok in its own process: accept every event, answer as TikTok does, keep a log.

The sandbox checks events and needs more CPU than a worker. This one only counts them, and answers after DELAY_MS:
`python -m benchmarks.support.tiktok PORT DELAY_MS`.
"""

import asyncio
import json
import re
import sys
import time
from pathlib import Path
from typing import Any, Final, NamedTuple

import httpx
import uvloop

from benchmarks.support.processes import Process, free_port
from benchmarks.support.waiting import wait_for

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_EVENT: Final = b'"event_id":'
_EVENT_ID: Final = re.compile(rb'"event_id":"([^"]*)"')
_DONE: Final = b'{"code":0,"message":"OK","request_id":"bench","data":{}}'


class Arrival(NamedTuple):
    """One request: when it was complete, on the machine's monotonic clock, and how many events it had."""

    at_s: float
    events: int


class LightTikTok(Process):
    """The process, and the figures that it reports."""

    def __init__(self, directory: Path, delay_ms: int) -> None:
        port = free_port()
        command = [sys.executable, "-m", "benchmarks.support.tiktok", str(port), str(delay_ms)]
        super().__init__(command, {}, directory / "tiktok.log")
        self.url = f"http://127.0.0.1:{port}"
        self._http = httpx.Client(base_url=self.url, trust_env=False, timeout=30)
        wait_for(lambda: self._http.get("/count").raise_for_status(), "the stand-in TikTok")

    def count(self) -> int:
        """Return the number of events so far."""
        count: int = self._http.get("/count").json()
        return count

    def arrivals(self) -> list[Arrival]:
        """Return every request so far."""
        return [Arrival(*row) for row in self._http.get("/arrivals").json()]

    def times(self) -> dict[str, float]:
        """Return when each event arrived, by its id; only of requests with at most `_FEW` events."""
        times: dict[str, float] = self._http.get("/times").json()
        return times

    def clear(self) -> None:
        """Clear the log."""
        self._http.delete("/")

    def stop(self) -> None:
        """Close the connection, then end the process."""
        self._http.close()
        super().stop()


class _Log:
    """The requests that have arrived."""

    def __init__(self) -> None:
        self.count = 0
        self.arrivals: list[Arrival] = []
        self.times: dict[str, float] = {}

    def clear(self) -> None:
        """Clear the log."""
        self.count = 0
        self.arrivals.clear()
        self.times.clear()

    def note(self, body: bytearray) -> None:
        """Note the body of one request."""
        now = time.monotonic()
        events = body.count(_EVENT)
        self.count += events
        self.arrivals.append(Arrival(now, events))
        if events <= _FEW:
            self.times.update((event_id.decode(), now) for event_id in _EVENT_ID.findall(body))


_FEW: Final = 5
"""Requests with more events are sent by parts that do not read the times of single events."""


class _Connection(asyncio.Protocol):
    """One keep-alive HTTP/1.1 connection; requests are not pipelined."""

    def __init__(self, log: _Log, delay_s: float) -> None:
        self._log, self._delay_s = log, delay_s
        self._received, self._wanted = bytearray(), 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport for answers."""
        self._transport: Any = transport

    def data_received(self, data: bytes) -> None:
        """Collect a request, and answer it once it is complete."""
        self._received += data
        if not self._wanted:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _LENGTH.search(self._received, 0, end + 2)
            self._wanted = end + 4 + (int(length[1]) if length else 0)
        if len(self._received) >= self._wanted:
            request, self._received, self._wanted = self._received, bytearray(), 0
            self._answer(request)

    def _answer(self, request: bytearray) -> None:
        log, delay_s = self._log, 0.0
        match bytes(request[:64]).split(b" ", 2)[:2]:
            case [b"POST", _]:
                log.note(request)
                body, delay_s = _DONE, self._delay_s
            case [b"DELETE", _]:
                log.clear()
                body = b"null"
            case [_, path]:
                body = json.dumps(getattr(log, path.decode().strip("/"))).encode()
            case other:
                raise AssertionError(f"no request begins {other}")
        head = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body)
        if delay_s:
            asyncio.get_running_loop().call_later(delay_s, self._transport.write, head + body)
        else:
            self._transport.write(head + body)


async def _serve(port: int, delay_s: float) -> None:
    log, loop = _Log(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(log, delay_s), "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]), int(sys.argv[2]) / 1000))
