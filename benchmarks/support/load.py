"""Load from another process: several connections that each send the next request when the last is answered.

`python -m benchmarks.support.load HOST PORT PATH CONNECTIONS SECONDS FILE` reads bodies from FILE,
a list of bytes in msgpack, and prints an `Outcome` as JSON. With SECONDS 0 each body is sent once.
"""

import asyncio
import base64
import itertools
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import uvloop

KEY, SECRET = "bench-key", "bench-secret"
_AUTHORIZATION: Final = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()


class Outcome(msgspec.Struct):
    """The result of a load. Times are of the machine's monotonic clock."""

    requests: int
    began_s: float
    ended_s: float
    statuses: dict[str, int]
    median_ms: float
    p99_ms: float

    @property
    def seconds(self) -> float:
        """Seconds from the first request to the last answer."""
        return self.ended_s - self.began_s

    @property
    def rate(self) -> float:
        """Answers a second."""
        return self.requests / self.seconds

    def check(self) -> None:
        """Raise AssertionError unless every answer was a 202."""
        if set(self.statuses) != {"202"}:
            raise AssertionError(f"not every request was accepted: {self.statuses}")


def drive(url: str, path: str, bodies: Sequence[bytes], connections: int, seconds: float) -> Outcome:
    """Send the load to `url`, and return its result when it has ended."""
    with tempfile.NamedTemporaryFile() as file:
        Path(file.name).write_bytes(msgspec.msgpack.encode(bodies))
        place = urlsplit(url)
        arguments = [str(place.hostname), str(place.port), path, str(connections), str(seconds), file.name]
        command = [sys.executable, "-m", "benchmarks.support.load", *arguments]
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603 - this very file
    outcome = msgspec.json.decode(done.stdout, type=Outcome)
    outcome.check()
    return outcome


def _request(host: str, path: str, body: bytes) -> bytes:
    lines = (
        f"POST {path} HTTP/1.1",
        f"Host: {host}",
        f"Authorization: Basic {_AUTHORIZATION}",
        "Content-Type: application/json",
        "Accept: */*",
        "User-Agent: mparticle-sdk/bench",
        f"Content-Length: {len(body)}",
    )
    return "\r\n".join((*lines, "", "")).encode() + body


class _Sender(asyncio.Protocol):
    """One connection: send until there is nothing more to send."""

    def __init__(self, requests: Iterator[bytes], until_s: float, statuses: Counter[str], took: list[float]) -> None:
        self._requests, self._until_s, self._statuses, self._took = requests, until_s, statuses, took
        self._sent_at = 0.0
        self.over = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport: Any = transport
        self._send()

    def data_received(self, data: bytes) -> None:
        """Count an answer. It comes in one piece, or in two of which the first has the status line."""
        if not data.startswith(b"HTTP/1.1 "):
            return
        self._took.append(time.monotonic() - self._sent_at)
        self._statuses[data[9:12].decode()] += 1
        self._send()

    def connection_lost(self, error: Exception | None) -> None:
        """Fail: the server must not close the connection before the end."""
        if not self.over.done():
            self.over.set_exception(error or ConnectionResetError("closed before the answer"))

    def _send(self) -> None:
        now = time.monotonic()
        request = None if now > self._until_s else next(self._requests, None)
        if request is None:
            self.over.set_result(None)
            self._transport.close()
            return
        self._sent_at = now
        self._transport.write(request)


async def _load(host: str, port: int, path: str, connections: int, seconds: float, bodies: list[bytes]) -> Outcome:
    requests = [_request(f"{host}:{port}", path, body) for body in bodies]
    endless = itertools.cycle(requests) if seconds else iter(requests)
    statuses: Counter[str] = Counter()
    took: list[float] = []
    began = time.monotonic()
    until = began + seconds if seconds else float("inf")
    loop = asyncio.get_running_loop()
    senders = [
        (await loop.create_connection(lambda: _Sender(endless, until, statuses, took), host, port))[1]
        for _ in range(connections)
    ]
    await asyncio.gather(*(sender.over for sender in senders))
    ended = time.monotonic()
    took.sort()
    milliseconds = [took[int(len(took) * share)] * 1000 for share in (0.5, 0.99)]
    return Outcome(len(took), began, ended, dict(statuses), *milliseconds)


if __name__ == "__main__":
    host, port, path, connections, seconds, file = sys.argv[1:]
    bodies = msgspec.msgpack.decode(Path(file).read_bytes(), type=list[bytes])
    outcome = uvloop.run(_load(host, int(port), path, int(connections), float(seconds), bodies))
    sys.stdout.buffer.write(msgspec.json.encode(outcome))
