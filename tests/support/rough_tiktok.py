"""A TikTok that answers at once, or in one of the ways in which an HTTP server can hold a worker."""

import asyncio
import json
import re
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.plant import Plant, Process

from sandbox.client import SandboxClient

_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_WAY: Final = re.compile(rb'"(?:event_source_id|pixel_code)":"C(HANG|HEAD|INFO|BODY)')
_BAD_SKU: Final = b'"bad-sku"'
_BAD_ID: Final = b'-bad"'
_DRIP_S: Final = 0.5
_HONEST: Final = "CHONEST000000000000"

_ENDLESS: Final = {
    b"HANG": (b"", b""),
    b"HEAD": (b"HTTP/1.1 200 OK\r\n", b"X-More: more\r\n"),
    b"INFO": (b"", b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"),
    b"BODY": (b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b" "),
}


class Log:
    """The requests, the events posted, and the accepted events as the sandbox lists them."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.posted = 0
        self.ids: Counter[tuple[str, str, str]] = Counter()
        self.arrived: dict[str, float] = {}

    def note(self, body: Any, events: list[Any]) -> str:
        """Count one request; return the refusal to answer, or an empty text."""
        source = str(body.get("event_source_id") or body.get("pixel_code"))
        self.requests[source] += 1
        self.posted += len(events)
        for event in events:
            text = json.dumps(event, separators=(",", ":")).encode()
            if _BAD_SKU in text:
                return 'properties.contents.0.content_id: "bad-sku" is not a product'
            if _BAD_ID in text:
                return "Invalid event"
        for event in events:
            self.ids[source, event["event"], event["event_id"]] += 1
            if source == _HONEST:
                self.arrived.setdefault(event["event_id"], time.time())
        return ""


class Connection(asyncio.Protocol):
    """One keep-alive connection; requests are not pipelined."""

    def __init__(self, log: Log) -> None:
        self._log, self._received, self._wanted = log, bytearray(), 0
        self._drip: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport, for answers."""
        self._transport: Any = transport

    def connection_lost(self, _: Exception | None) -> None:
        """Stop listening."""
        if self._drip:
            self._drip.cancel()

    def data_received(self, data: bytes) -> None:
        """Add more of a request; answer once it is complete."""
        self._received += data
        if not self._wanted:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return
            length = _LENGTH.search(self._received, 0, end + 2)
            self._wanted = end + 4 + (int(length[1]) if length else 0)
        if len(self._received) >= self._wanted:
            request, self._received, self._wanted = bytes(self._received), bytearray(), 0
            self._answer(*request.split(b"\r\n\r\n", 1))

    def _answer(self, head: bytes, body: bytes) -> None:
        path = head.split(b" ", 2)[1]
        if head.startswith(b"GET"):
            self._send(self._list(path))
        elif (way := _WAY.search(body)) is None:
            asked = json.loads(body)
            refusal = self._log.note(asked, asked.get("data") or asked.get("batch"))
            self._send({"code": 40002 if refusal else 0, "message": refusal or "OK", "request_id": "r", "data": {}})
        else:
            self._log.requests[way[1].decode()] += 1
            self._drip = asyncio.get_running_loop().create_task(self._go_on_for_ever(*_ENDLESS[way[1]]))

    def _list(self, path: bytes) -> Any:
        if path == b"/_rough/log":
            return {"requests": self._log.requests, "posted": self._log.posted, "arrived": self._log.arrived}
        return [[*event, count] for event, count in self._log.ids.items()]  # as the sandbox's /_sandbox/events?ids=1

    def _send(self, answer: Any) -> None:
        body = json.dumps(answer).encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
        self._transport.write(head + body)

    async def _go_on_for_ever(self, first: bytes, more: bytes) -> None:
        self._transport.write(first)
        while True:
            await asyncio.sleep(_DRIP_S)
            self._transport.write(more)


def start_rough_tiktok(relay: Plant, url: str) -> Process:
    """Start it at `url`, to which the relay posts; its list of accepted events replaces the sandbox's."""
    process = relay.add("rough-tiktok", [sys.executable, __file__, str(urlsplit(url).port)], {})
    relay.sandbox = SandboxClient(url)
    return process


async def serve(port: int) -> None:
    """Serve until the process is killed."""
    log = Log()
    server = await asyncio.get_running_loop().create_server(lambda: Connection(log), "127.0.0.1", port, backlog=1024)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
